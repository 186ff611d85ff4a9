// SPDX-License-Identifier: MIT
#include "strata/evaluate/bound.hpp"

#include <numbers>

#include "nets/enumeration.hpp"
#include "strata/evaluate/likelihood.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Weights near enough to one another for a thousand of them to tell their mean.
SBN<double> net_of_mild_weights(Random& rng) {
  auto net = randomised(sbn<double>({3, 2, 2}), rng);
  for (auto& p : parameters(net)) p.value *= 0.7;
  return net;
}

/// The variance of w / E[w] over recognitions of each visible state.
Row<double> relative_variance(const SBN<double>& net) {
  const JointStates s = joint_states(net);
  const Row<double> log_q = log_recognition(net, s);
  const Row<double> log_w =
      log_generation(net, s) - log_q - for_each_joint(enumerated_likelihood(net), s);
  return marginal((log_q + 2 * log_w).array().exp(), s[0]).array() - 1;
}

/// Layers of tied weights, `depth` of them, that go down through an RBM by turns from its visible
/// units' side to its hidden units', under a prior of the last.
SBN<double> tied_net(const RBM<double>& m, int depth) {
  std::vector<Directed<double>> layers;
  const auto down = directed(m), up = directed(transposed(m));
  for (int i = 0; i < depth; ++i) layers.push_back(i % 2 == 0 ? down : up);
  return stack(DirectedLayers(layers), FactorialPrior<B>(layers.back().recognition.units));
}

}  // namespace

TEST_CASE("the exact likelihood is the sum over all joint states, and over all v it sums to one") {
  Random rng(1);
  const auto check_net = [&](const auto& net) {
    const Matrix<double> v = all_states(input_size(net));
    const Row<double> log_p = exact_log_likelihood(net, v);
    CHECK(distance(log_p, enumerated_likelihood(net)) < 1e-12);
    CHECK(log_p.array().exp().sum() == near(1, 1e-12));
  };
  check_net(randomised(sbn<double>({3, 2}), rng));
  check_net(randomised(sbn<double>({4, 3, 2, 3}), rng));
  check_net(random_autoregressive_net({4, 2, 3}, rng));
  check_net(randomised(stack(DirectedLayers({4, 3, 2}), RBM<double>(2, 3)), rng));
  check_net(randomised(stack(DirectedLayers({3, 2}), labelled_rbm<double>(2, 3, 2)), rng));
}

TEST_CASE("a net of an RBM below its transpose has that RBM's likelihood, and each weight is it") {
  Random rng(2);
  const auto m = random_rbm<B, B>(5, 4, rng, 1.0);
  const auto net = untied(stack(m, transposed(m)));
  const Matrix<double> v = all_states(5);
  const double log_z = log_partition(top_layer(net));
  CHECK(log_z == near(log_partition(m)));
  const Row<double> exact = log_likelihood(m, v, log_partition(m));
  CHECK(distance(exact_log_likelihood(net, v), exact) < 1e-10);
  for (const Index k : {1, 20}) {
    const auto estimate = estimate_likelihood(net, v, k, rng, log_z);
    CHECK(distance(estimate.bound, exact) < 1e-10);
    CHECK(distance(estimate.log_likelihood, exact) < 1e-10);
    CHECK(estimate.standard_error.maxCoeff() < 1e-10);
  }
}

TEST_CASE(
    "with one weight for each sample the estimate averages to the bound, never above log p(v)") {
  const ThreadCount one_thread(1);
  Random rng(3);
  const Index n = 1000;
  const auto check_net = [&](const auto& net, double log_z) {
    const Row<double> exact = exact_log_likelihood(net, all_states(3));
    const Row<double> bound = enumerated_bound(net);
    CHECK((bound.array() < exact.array()).all());
    for (const Index state : {0, 3, 6}) {
      const Matrix<double> v = all_states(3).col(state).replicate(1, n);
      const auto one = estimate_likelihood(net, v, 1, rng, log_z);
      CHECK(largest_z(one.bound, Vector<double>{{bound(state)}}) < 5);
      CHECK(one.log_likelihood == one.bound);
      CHECK(one.standard_error.isZero(0));
      const auto three = estimate_likelihood(net, v, 3, rng, log_z);
      CHECK(largest_z(three.bound, Vector<double>{{bound(state)}}) < 5);
      CHECK((three.log_likelihood - three.bound).minCoeff() > -1e-12);  // log mean w ≥ mean log w
    }
  };
  check_net(net_of_mild_weights(rng), 0);
  const auto dbn = randomised(stack(DirectedLayers({3, 2}), RBM<double>(2, 3)), rng);
  check_net(dbn, enumerated_log_z(top_layer(dbn)));
  const auto labelled =
      randomised(stack(DirectedLayers({3, 2}), labelled_rbm<double>(2, 3, 2)), rng);
  check_net(labelled, enumerated_log_z(top_layer(labelled)));
}

TEST_CASE("the mean of the weights averages to p(v) at any K, and its log rises with K") {
  const ThreadCount one_thread(1);
  Random rng(4);
  const auto net = net_of_mild_weights(rng);
  const double exact = exact_log_likelihood(net, all_states(3).col(5))(0);
  double mean = enumerated_bound(net)(5);
  for (const auto& [k, n] : {std::pair<Index, Index>{2, 4000}, {10, 2000}, {600, 100}}) {
    const Matrix<double> v = all_states(3).col(5).replicate(1, n);
    const Row<double> log_p = estimate_likelihood(net, v, k, rng).log_likelihood;
    CHECK(largest_z((log_p.array() - exact).exp().matrix(), Vector<double>{{1}}) < 5);
    const double next = log_p.mean();
    const double error = std::sqrt((log_p.array() - next).square().mean() / static_cast<double>(n));
    CHECK(next - mean > 5 * error);
    CHECK(next - exact < 5 * error);
    mean = next;
    // Jensen's gap is half the variance of the mean weight, to the first order.
    const double gap = relative_variance(net)(5) / static_cast<double>(2 * k);
    if (k == 600) CHECK(largest_z(log_p, Vector<double>{{exact - gap}}) < 5);
  }
}

TEST_CASE("the standard error is the spread of the estimates") {
  const ThreadCount one_thread(1);
  Random rng(5);
  const auto net = net_of_mild_weights(rng);
  const Index k = 200, n = 200;
  const Row<double> variance = relative_variance(net) / k;
  for (const Index state : {1, 6}) {
    const Matrix<double> v = all_states(3).col(state).replicate(1, n);
    const auto estimate = estimate_likelihood(net, v, k, rng);
    const double exact = exact_log_likelihood(net, v.leftCols(1))(0);
    const Row<double> error = estimate.log_likelihood.array() - (exact - variance(state) / 2);
    const Row<double> z = error.cwiseQuotient(estimate.standard_error);
    // z² of a normal number has the mean 1 and the variance 2.
    CHECK(std::abs(z.squaredNorm() / n - 1) < 5 * std::sqrt(2.0 / n));
    CHECK(largest_z(estimate.standard_error.cwiseAbs2() / variance(state), Vector<double>{{1}}) <
          5);
  }
}

TEST_CASE("samples as bits are worth what they are as numbers, a batch of them or one by one") {
  const ThreadCount one_thread(1);
  Random rng(6);
  const auto net = randomised(stack(DirectedLayers({3, 2, 2}), RBM<double>(2, 3)), rng);
  const Matrix<double> v = random_states<double>(3, 23, rng, 0.5);
  for (const Index k : {1, 7, 600}) {  // 600: in two goes for each sample
    Random one(7), same(7);
    const auto numbers = estimate_likelihood(net, v, k, one, 0);
    const auto bits = estimate_likelihood(net, BinaryStates(v), k, same, 0);
    CHECK(distance(numbers.bound, bits.bound) < 1e-12);
    CHECK(distance(numbers.log_likelihood, bits.log_likelihood) < 1e-12);
    CHECK(distance(numbers.standard_error, bits.standard_error) < 1e-12);
    CHECK(one.counter() == same.counter());
  }
  // log Z is taken off each.
  Random one(8), same(8);
  const auto plain = estimate_likelihood(net, v, 5, one, 0);
  const auto less = estimate_likelihood(net, v, 5, same, 2.5);
  CHECK(distance((plain.bound.array() - 2.5).matrix(), less.bound) < 1e-12);
  CHECK(distance((plain.log_likelihood.array() - 2.5).matrix(), less.log_likelihood) < 1e-12);
}

TEST_CASE("an infinitely deep sigmoid belief net with tied weights is the RBM") {
  Random rng(9);
  const auto m = random_rbm<B, B>(4, 3, rng, 1.0);
  const Matrix<double> v = all_states(4);
  const Row<double> exact = log_likelihood(m, v, log_partition(m)).array().exp();
  const Matrix<double> sweep = enumerated_sweep(m);
  double last = 1;
  for (const int depth : {2, 4, 8, 16, 64}) {
    // Visible units are at the top: a chain from their base rates, of half as many sweeps.
    Row<double> chain =
        log_conditional(Dense<B>(1, m.visible), constant(1, 16, 0), v).array().exp();
    for (int i = 0; i < depth / 2; ++i) chain = chain * sweep;
    const Row<double> p = exact_log_likelihood(tied_net(m, depth), v).array().exp();
    CHECK(distance(p, chain) < 1e-12);
    const double off = (p - exact).cwiseAbs().sum() / 2;
    CHECK(off < last);
    last = off;
  }
  CHECK(last < 1e-12);
}

TEST_CASE("zero weights give each pixel its base rate") {
  auto net = sbn<double>({3, 2, 2});
  auto dbn = stack(DirectedLayers({3, 2}), RBM<double>(2, 3));
  const Vector<double> rate{{0.2, 0.5, 0.9}};
  const Vector<double> bias = (rate.array() / (1 - rate.array())).log();
  bottom_layer(net).generation.units.bias = bias;
  bottom_layer(dbn).generation.units.bias = bias;
  const Matrix<double> v = all_states(3);
  Row<double> expected = Row<double>::Zero(8);
  for (Index k = 0; k < 8; ++k)
    for (Index i = 0; i < 3; ++i) expected(k) += std::log(v(i, k) > 0 ? rate(i) : 1 - rate(i));
  CHECK(distance(exact_log_likelihood(net, v), expected) < 1e-10);
  CHECK(distance(exact_log_likelihood(dbn, v), expected) < 1e-10);
  Random rng(10);
  const auto estimate = estimate_likelihood(net, v, 3, rng);
  CHECK(distance(estimate.log_likelihood, expected) < 1e-10);
  CHECK(distance(estimate.bound, expected) < 1e-10);
}

TEST_CASE("the pixels may be real, the layers above may not") {
  const ThreadCount one_thread(1);
  Random rng(12);
  using RealPixels = Directed<Gaussian<double>, Bernoulli<double>>;
  const auto net = randomised(stack(RealPixels(2, 3), FactorialPrior<B>(3)), rng);
  const Matrix<double> v = rng.normal<double>(2, 5);
  const auto& pixels = bottom_layer(net).generation;
  const Matrix<double> h = all_states(3);
  const Matrix<double> means =
      (pixels.units.sigma().asDiagonal() * (pixels.weights * h)).colwise() + pixels.units.bias;
  const Row<double> prior = log_top(top_layer(net), h);
  const Row<double> log_p = exact_log_likelihood(net, v);
  for (Index j = 0; j < 5; ++j) {  // a mixture of eight normal densities
    const Matrix<double> z =
        pixels.units.sigma().cwiseInverse().asDiagonal() * (means.colwise() - v.col(j));
    const Row<double> densities = -0.5 * z.colwise().squaredNorm().array() -
                                  pixels.units.log_sigma.sum() - std::log(2 * std::numbers::pi);
    CHECK(log_p(j) == near(log_sum_exp(prior + densities)));
    const auto estimate = estimate_likelihood(net, v.col(j).replicate(1, 1000), 5, rng);
    const Row<double> ratio = (estimate.log_likelihood.array() - log_p(j)).exp();
    CHECK(largest_z(ratio, Vector<double>{{1}}) < 5);
  }
  const auto real = stack(RealPixels(2, 3), Directed<B, G>(3, 2), FactorialPrior<G>(2));
  CHECK(message_of([&] { exact_log_likelihood(real, v); }) ==
        "exact_log_likelihood: a layer has inf states, but at most 2^20 can be enumerated");
}

TEST_CASE("data of another size, no samples and layers too large to enumerate are errors") {
  Random rng(11);
  const auto net = sbn<double>({3, 2, 2});
  const Matrix<double> v = Matrix<double>::Zero(4, 2);
  CHECK(message_of([&] { estimate_likelihood(net, v, 3, rng); }) ==
        "estimate_likelihood: v has 4 rows, but the model has 3 visible units");
  CHECK(message_of([&] { exact_log_likelihood(net, v); }) ==
        "exact_log_likelihood: v has 4 rows, but the model has 3 visible units");
  CHECK(message_of([&] { estimate_likelihood(net, v.topRows(3), 0, rng); }) ==
        "estimate_likelihood: k has 0, but at least 1 is needed");
  CHECK(message_of([&] {
          exact_log_likelihood(sbn<double>({3, 21}), v.topRows(3));
        }) ==
        "exact_log_likelihood: a layer has 2.09715e+06 states, but at most 2^20 can be enumerated");
}
