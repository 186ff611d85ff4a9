// SPDX-License-Identifier: MIT
#include "strata/evaluate/likelihood.hpp"

#include <doctest/doctest.h>

#include <set>

#include "rbm/enumeration.hpp"
#include "rbm/oracles.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE_TEMPLATE("the likelihoods of all states sum to one", M, BB, BG, BS, GB, GG, GS, SB, SG,
                   SS) {
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const auto [v, log_weight] = every_state(m.visible);
  const Row<double> log_p = log_likelihood(m, v, log_partition(m));
  CHECK(log_p.array().exp().sum() * std::exp(log_weight) == near(1));
  CHECK(mean_log_likelihood(m, v.leftCols(3)) == near(log_p.head(3).mean()));
}

TEST_CASE("huge weights have the known likelihood of bars and stripes") {
  const double best = (6 * std::log(8.0) - 4 * std::log(2.0) + 2 * std::log(8.0)) / 8;
  const double mean = mean_log_likelihood(huge_weights(), bars_and_stripes(2));
  CHECK(mean == near(-1.7328699078, 1e-10));
  CHECK(-best == near(-1.732867951, 1e-9));
  CHECK(mean < -best);
}

TEST_CASE("bars and stripes have the known likelihoods under the best and the uniform model") {
  const Matrix<double> data = bars_and_stripes(4);
  std::map<std::vector<double>, double> counts;
  for (const auto& c : data.colwise()) ++counts[{c.begin(), c.end()}];
  CHECK(data.cols() == 32);
  CHECK(counts.size() == 30);
  double best = 0;
  for (const auto& [picture, n] : counts) best -= n * std::log(n / 32);
  CHECK(best == near(108.13096016735147, 1e-14));
  CHECK(-32 * mean_log_likelihood(RBM<double>(16, 4), data) == near(354.891356446692, 1e-14));
}

TEST_CASE("log Z of a Gaussian–Gaussian RBM is the integral of e^−E") {
  Random rng(4);
  for (const double w : {-0.7, 0.0, 0.3, 0.6}) {
    auto m = random_rbm<G, G>(1, 1, rng);
    m.weights << w;
    const auto v = every_state(m.visible);
    const double integral =
        log_sum_exp(log_joint(m, v.states, every_state(m.hidden))) + v.log_weight;
    CHECK(log_partition(m) == near(integral));
  }
  for (int i = 0; i < 5; ++i) {  // the hidden units summed out by their own law
    const auto m = small_rbm<GG>(rng);
    const auto v = every_state(m.visible);
    CHECK(log_partition(m) == near(log_sum_exp(-free_energy(m, v.states)) + v.log_weight));
    CHECK(log_partition(transposed(m)) == near(log_partition(m)));
  }
}

TEST_CASE("log Z of a Gaussian–Gaussian RBM is infinite where its energy has no bottom") {
  Random rng(5);
  auto m = random_rbm<G, G>(1, 1, rng);
  for (const double w : {1.0, -1.0, 1.5, 100.0}) {
    m.weights << w;
    CHECK(log_partition(m) == std::numeric_limits<double>::infinity());
    CHECK(mean_log_likelihood(m, Matrix<double>::Zero(1, 2)) ==
          -std::numeric_limits<double>::infinity());
  }
  m.weights << 0.999;
  CHECK(std::isfinite(log_partition(m)));
  auto wide = random_rbm<G, G>(2, 2, rng);
  wide.weights << 0.6, 0.6, 0.6, 0.6;  // of norm 1.2, though no entry is large
  CHECK(log_partition(wide) == std::numeric_limits<double>::infinity());
}

TEST_CASE("likelihoods are sums in double, of float models too") {
  Random rng(6), same(6);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(6, 4, rng);
  const auto exact = random_rbm<B, B>(6, 4, same);
  const Matrix<double> v = all_states(6);
  CHECK(mean_log_likelihood(m, v.cast<float>()) == near(mean_log_likelihood(exact, v), 1e-5));
}

TEST_CASE("likelihoods refuse data of another size") {
  const RBM<float> m(5, 6);
  const Matrix<float> v = Matrix<float>::Zero(4, 2);
  CHECK(message_of([&] { log_likelihood(m, v, 0); }) ==
        "free_energy: v has 4 rows, but the model has 5 visible units");
  const std::string message =
      "mean_log_likelihood: v has 4 rows, but the model has 5 visible units";
  CHECK(message_of([&] { mean_log_likelihood(m, v); }) == message);
  CHECK(message_of([&] { mean_log_likelihood(m, v, 0); }) == message);
  CHECK(message_of([&] { mean_log_likelihood(m, Matrix<float>::Constant(5, 2, 3)); }) ==
        "mean_log_likelihood: v has 3 at row 0, column 0, but the units take values in [0, 1]");
  CHECK(message_of([&] { mean_log_likelihood(m, Matrix<float>(5, 0)); }) ==
        "mean_log_likelihood: v has 0 columns, but at least 1 is needed");
}

TEST_CASE("mean log-likelihoods take samples however they are kept, and a log Z from elsewhere") {
  Random rng(7);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(9, 4, rng);
  const Matrix<float> v = random_states<float>(9, 2'345, rng);
  const Matrix<std::uint8_t> bytes = v.cast<std::uint8_t>() * std::uint8_t{255};
  const double mean = log_likelihood(m, v, log_partition(m)).mean();
  CHECK(mean_log_likelihood(m, v) == near(mean, 1e-6));
  CHECK(mean_log_likelihood(m, BinaryStates(v)) == near(mean, 1e-6));
  CHECK(mean_log_likelihood(m, GreyLevels<float>(bytes)) == near(mean, 1e-6));
  CHECK(mean_log_likelihood(m, v, log_partition(m) + 2) == near(mean - 2, 1e-6));

  const auto labelled = random_rbm(Joint<B, S>(B(4), S(3)), B(2), rng);
  const LabelledData<double> data{all_states(4).leftCols(4), {2, 0, 1, 2}};
  Matrix<double> both(7, 4);
  both << data.images, one_hot(data.labels, 3).matrix<double>();
  CHECK(mean_log_likelihood(labelled, data) == near(mean_log_likelihood(labelled, both)));
  // A model without labels does not look at them.
  CHECK(mean_log_likelihood(random_rbm<B, B>(4, 2, rng), data) < 0);
  const LabelledData<double> wrong{data.images, {2, 0, 1, 3}};
  CHECK(message_of([&] { mean_log_likelihood(labelled, wrong); }) ==
        "mean_log_likelihood: data has label 3 at column 3, but the model has classes 0 to 2");
}
