// SPDX-License-Identifier: MIT
#include "strata/rbm/exact.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"
#include "rbm/oracles.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

template <class M>
M exact_gradient(const M& m, const Matrix<ScalarOf<M>>& data) {
  const ExactGradient exact;
  auto state = exact.start(m);
  M g = m;
  Random unused;
  exact.gradient(m, data, state, g, unused);
  return g;
}

/// Plain gradient ascent, on log p less ½ l2 |W|².
RBM<double> trained(RBM<double> m, const Matrix<double>& data, double l2) {
  for (int i = 0; i < 200'000; ++i) {
    auto g = exact_gradient(m, data);
    g.weights -= l2 * m.weights;
    auto to = parameters(m);
    const auto from = parameters(g);
    double largest = 0;
    for (std::size_t p = 0; p < to.size(); ++p) {
      to[p].value += 0.5 * from[p].value;
      largest = std::max(largest, from[p].value.cwiseAbs().maxCoeff());
    }
    if (largest < 1e-10) break;
  }
  return m;
}

/// ⟨h vᵀ⟩ of the data, and of the model by summing over all of its states.
Matrix<double> data_correlation(const RBM<double>& m, const Matrix<double>& data) {
  return hidden_mean(m, data) * data.transpose() / static_cast<double>(data.cols());
}
Matrix<double> model_correlation(const RBM<double>& m) {
  const auto [v, p] = exact_distribution(m);
  return hidden_mean(m, v) * p.asDiagonal() * v.transpose();
}

/// Every state of three units, all on and all off more often than others.
Matrix<double> spread_data() {
  const Matrix<double> s = all_states(3);
  Matrix<double> data(3, 20);
  const std::array<Index, 20> order{0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7, 7};
  for (std::size_t i = 0; i < order.size(); ++i) data.col(static_cast<Index>(i)) = s.col(order[i]);
  return data;
}

}  // namespace

TEST_CASE("log Z has the known values") {
  CHECK(log_partition(five_by_six()) == near(10.78466077978926, 1e-14));
  CHECK(log_partition(three_by_two()) == near(2.075626124609836, 1e-14));
}

TEST_CASE("log Z of huge weights is finite, and the same over visible and over hidden states") {
  const auto m = huge_weights();
  CHECK(log_partition(m) == near(59.674901965, 1e-10));
  CHECK(log_partition(transposed(m)) == near(log_partition(m), 1e-14));
  CHECK(flatten(exact_gradient(m, bars_and_stripes(2))).allFinite());
}

TEST_CASE_TEMPLATE("log Z sums e^−E over all states of both layers", M, BB, BG, BS, GB, GS, SB, SG,
                   SS) {
  Random rng(1);
  for (int i = 0; i < 3; ++i) {
    const M m = small_rbm<M>(rng);
    const auto v = every_state(m.visible);
    const double sum = log_sum_exp(log_joint(m, v.states, every_state(m.hidden))) + v.log_weight;
    CHECK(log_partition(m) == near(sum));
    CHECK(log_partition(transposed(m)) == near(sum));
  }
}

TEST_CASE("states are enumerated block by block") {
  Random rng(2);
  const auto m = random_rbm<B, B>(12, 13, rng, 0.2);
  const double log_z = log_sum_exp(-free_energy(m, all_states(12)));
  CHECK(log_partition(m) == near(log_z, 1e-13));
  CHECK(log_partition(transposed(m)) == near(log_z, 1e-13));
}

TEST_CASE("log Z and the exact gradient are the same bits at any number of threads") {
  Random rng(9);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(70, 13, rng, 0.2);
  const Matrix<float> data = random_states<float>(70, 20, rng);
  const ThreadCount one(1);
  const double log_z = log_partition(m);
  const Vector<double> g = flatten(exact_gradient(m, data));
  for (const int n : {2, 3, 5}) {
    set_threads(n);
    CHECK(log_partition(m) == log_z);
    CHECK(flatten(exact_gradient(m, data)) == g);
  }
  // 8 blocks of states: all of them count, in the gradient too.
  const RBM<double> wide = [&] {
    RBM<double> d(70, 13);
    auto to = parameters(d);
    auto copy = m;
    const auto from = parameters(copy);
    for (std::size_t i = 0; i < to.size(); ++i) to[i].value = from[i].value.cast<double>();
    return d;
  }();
  const Matrix<double> h = all_states(13);
  const Row<double> log_p = -free_energy(transposed(wide), h);
  CHECK(log_z == near(log_sum_exp(log_p), 1e-6));
  const Row<double> p = (log_p.array() - log_sum_exp(log_p)).exp();
  const auto exact = exact_gradient(wide, data.cast<double>());
  const Vector<double> expected =
      hidden_mean(wide, data.cast<double>()).rowwise().mean() - h * p.transpose();
  CHECK(distance(exact.hidden.bias, expected) < 1e-10);
}

TEST_CASE("without weights log Z is the sum of both layers' own") {
  Random rng(3);
  auto m = random_rbm<Bernoulli<double>, Softmax<double>>(B(10), S(3, 4), rng, 0);
  const double own =
      softplus(m.visible.bias).sum() + m.hidden.log_partition(Vector<double>::Zero(12))(0);
  CHECK(log_partition(m) == near(own, 1e-13));
}

TEST_CASE("the visible marginals have the known values") {
  const Vector<double> known{{0.52685332, 0.61127017, 0.68884838, 0.75622495, 0.81209184}};
  const auto m = five_by_six();
  CHECK(distance(-exact_gradient(m, Matrix<double>::Zero(5, 1)).visible.bias, known) < 6e-9);
  const auto t = transposed(m);  // by enumeration of the other layer
  CHECK(distance(-exact_gradient(t, Matrix<double>::Zero(6, 1)).hidden.bias +
                     mean(t.hidden, Matrix<double>::Zero(5, 1)),
                 known) < 6e-9);
}

TEST_CASE_TEMPLATE("the exact gradient is the derivative of the mean log-likelihood", M, BB, BG, BS,
                   GB, GS, SB, SG, SS) {
  Random rng(4);
  const auto check = [&](const auto& m) {
    const Matrix<double> data = sample(m.visible, 2 * rng.normal<double>(m.visible.size(), 6), rng);
    const auto likelihood = [&](const auto& changed) {
      return -free_energy(changed, data).mean() - log_partition(changed);
    };
    CHECK(distance(flatten(exact_gradient(m, data)), finite_differences(m, likelihood)) < 1e-8);
  };
  const M m = small_rbm<M>(rng);
  check(m);
  check(transposed(m));  // where the other layer is the smaller one
}

TEST_CASE_TEMPLATE("single precision gives the exact gradient to rounding", K, Bernoulli<float>,
                   Gaussian<float>) {
  Random rng(5), same(5);
  const auto m = random_rbm<K, Bernoulli<float>>(3, 4, rng);
  using Double = std::conditional_t<std::is_same_v<K, Gaussian<float>>, G, B>;
  const auto exact = random_rbm<Double, B>(3, 4, same);
  const Matrix<double> data = all_states(3);
  CHECK(log_partition(m) == near(log_partition(exact), 1e-5));
  CHECK(distance(flatten(exact_gradient(m, data.cast<float>())),
                 flatten(exact_gradient(exact, data))) < 1e-5);
}

TEST_CASE("after exact training the model's correlations are those of the data") {
  Random rng(6);
  const auto m = trained(random_rbm<B, B>(3, 1, rng), spread_data(), 0);
  CHECK(distance(data_correlation(m, spread_data()), model_correlation(m)) < 1e-8);
  const auto [v, p] = exact_distribution(m);
  CHECK(distance(v * p, spread_data().rowwise().mean()) < 1e-8);
}

TEST_CASE("after exact training with L2 they differ by the gradient of the penalty") {
  Random rng(7);
  const auto m = trained(random_rbm<B, B>(3, 2, rng), spread_data(), 0.01);
  CHECK(m.weights.norm() > 0.5);
  CHECK(distance(data_correlation(m, spread_data()) - model_correlation(m), 0.01 * m.weights) <
        1e-8);
}

TEST_CASE("a constant column, a zero weight column and a batch of one give finite gradients") {
  Random rng(8);
  auto m = random_rbm<B, B>(4, 3, rng);
  m.weights.col(1).setZero();
  CHECK(flatten(exact_gradient(m, Matrix<double>::Ones(4, 1))).allFinite());
  CHECK(flatten(exact_gradient(m, Matrix<double>::Zero(4, 9))).allFinite());
}

TEST_CASE("more than 2^30 states are an error") {
  CHECK(message_of([] { log_partition(RBM<float>(40, 32)); }) ==
        "log_partition: the smaller layer has 4.29497e+09 states, but at most 2^30 can be "
        "enumerated");
  CHECK(message_of([] { ExactGradient{}.start(RBM<float>(32, 40)); }) ==
        "log_partition: the smaller layer has 4.29497e+09 states, but at most 2^30 can be "
        "enumerated");
  CHECK(message_of([] { log_partition(GaussianRBM<float>(2, 5000)); }) ==
        "log_partition: the smaller layer has inf states, but at most 2^30 can be enumerated");
}
