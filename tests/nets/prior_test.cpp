// SPDX-License-Identifier: MIT
#include "strata/nets/prior.hpp"

#include "nets/testing.hpp"
#include "rbm/enumeration.hpp"
#include "strata/nets/dbn.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using Ordered = AutoregressivePrior<double>;

Ordered random_ordered(Index n, Random& rng) {
  Ordered prior(n);
  prior.units = random_units(B(n), rng);
  prior.weights = rng.normal<double>(n, n).triangularView<Eigen::StrictlyLower>();
  return prior;
}

template <class Prior>
Distribution enumerated(const Prior& prior) {
  const Matrix<double> s = every_state(prior.units).states;
  return {s, log_prior(prior, States<double>(s)).array().exp()};
}

template <class Prior>
void check_sums_to_one(const Prior& prior) {
  const EveryState all = every_state(prior.units);
  CHECK(log_sum_exp(log_prior(prior, States<double>(all.states))) + all.log_weight ==
        near(0, 1e-13));
}

/// add_statistics is the derivative of Σ w log p and adds to what is there already; of numbers and
/// of bits.
template <class Prior>
void check_gradient(const Prior& prior, const Matrix<double>& s, Random& rng) {
  const Row<double> w = rng.normal<double>(1, s.cols());
  const auto value = [&](const Prior& changed) {
    return log_prior(changed, States<double>(s)).dot(w);
  };
  const Vector<double> expected = finite_differences(prior, value);
  Prior g = prior;
  add_statistics(prior, States<double>(s), w, g);
  Vector<double> slope = flatten(g) - flatten(prior);
  if constexpr (std::is_same_v<Prior, Ordered>) {  // of weights that are none there is no gradient
    CHECK(Matrix<double>((g.weights - prior.weights).template triangularView<Eigen::Upper>())
              .isZero(0));
    const Index n = prior.units.size();
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < i; ++j) CHECK(slope(i + n * j) == near(expected(i + n * j), 1e-8));
    CHECK(distance(slope.tail(n), expected.tail(n)) < 1e-8);
  } else {
    CHECK(distance(slope, expected) < 1e-8);
  }
  if constexpr (BinaryUnits<decltype(prior.units)>) {
    Prior of_bits = prior;
    add_statistics(prior, States<double>(BinaryStates(s)), w, of_bits);
    CHECK(distance(flatten(of_bits), flatten(g)) < 1e-13);
  }
}

template <class Prior>
void check_samples(const Prior& prior, Random& rng) {
  States<double> s;
  sample(prior, 40'000, rng, s);
  REQUIRE(s.is_binary());
  REQUIRE(s.cols() == 40'000);
  const auto [distance, error] = enumerated(prior).total_variation(s.matrix());
  CHECK(distance < error);
}

double logit(double p) { return std::log(p / (1 - p)); }

}  // namespace

static_assert(AnyPrior<Ordered> && AnyPrior<const FactorialPrior<B>> && !AnyPrior<BB>);
static_assert(GenerativeLayer<Ordered> && GenerativeLayer<FactorialPrior<G>>);

TEST_CASE("the probabilities of all states add up to 1") {
  Random rng(1);
  check_sums_to_one(FactorialPrior<B>(random_units(B(5), rng)));
  check_sums_to_one(FactorialPrior<S>(random_units(S(3, 2), rng)));
  check_sums_to_one(FactorialPrior<G>(random_units(G(2), rng)));
  for (const Index n : {1, 2, 5}) check_sums_to_one(random_ordered(n, rng));
}

TEST_CASE("each unit of an autoregressive prior has its probability given those before it") {
  Random rng(2);
  const auto prior = random_ordered(4, rng);
  const Matrix<double> s = all_states(4);
  const Row<double> log_p = log_prior(prior, States<double>(s));
  const Row<double> of_bits = log_prior(prior, States<double>(BinaryStates(s)));
  CHECK(distance(of_bits, log_p) < 1e-14);
  for (Index k = 0; k < 16; ++k) {
    double p = 1;
    for (Index i = 0; i < 4; ++i) {
      double x = prior.units.bias(i);
      for (Index j = 0; j < i; ++j) x += prior.weights(i, j) * s(j, k);
      p /= 1 + std::exp(s(i, k) == 1 ? -x : x);
    }
    CHECK(log_p(k) == near(std::log(p), 1e-13));
  }
}

TEST_CASE("an autoregressive prior without weights is a factorial one") {
  Random rng(3);
  const FactorialPrior<B> factorial(random_units(B(4), rng));
  Ordered ordered(4);
  ordered.units = factorial.units;
  CHECK(ordered.weights == Matrix<double>::Zero(4, 4));
  CHECK(distance(enumerated(ordered).p, enumerated(factorial).p) < 1e-15);
}

TEST_CASE("what a prior learns from is the derivative of its log probability") {
  Random rng(4);
  check_gradient(FactorialPrior<B>(random_units(B(4), rng)), random_states<double>(4, 9, rng), rng);
  const FactorialPrior<S> label(random_units(S(3, 2), rng));
  check_gradient(label, sample(label.units, Matrix<double>::Zero(6, 9), rng), rng);
  check_gradient(FactorialPrior<G>(random_units(G(2), rng)), rng.normal<double>(2, 9), rng);
  for (const Index n : {1, 5})
    check_gradient(random_ordered(n, rng), random_states<double>(n, 9, rng, 0.5), rng);
}

TEST_CASE("samples of a prior are spread as its probabilities say") {
  Random rng(5);
  check_samples(FactorialPrior<B>(random_units(B(4), rng)), rng);
  check_samples(FactorialPrior<S>(random_units(S(3, 2), rng)), rng);
  check_samples(random_ordered(4, rng), rng);
  Ordered strong(3);  // where the order of the draws shows most
  strong.weights << 0, 0, 0, 4, 0, 0, -3, 5, 0;
  strong.units.bias << 0.5, -2, -1;
  check_samples(strong, rng);
}

TEST_CASE("an autoregressive prior can be any distribution of two units, and is then at rest") {
  const Row<double> p{{0.4, 0.1, 0.2, 0.3}};  // of 00, 10, 01, 11
  Ordered prior(2);
  prior.units.bias << logit(p(1) + p(3)), logit(p(2) / (p(0) + p(2)));
  prior.weights(1, 0) = logit(p(3) / (p(1) + p(3))) - prior.units.bias(1);
  CHECK(distance(enumerated(prior).p.transpose(), p) < 1e-15);
  Ordered g(2);
  add_statistics(prior, States<double>(all_states(2)), p, g);
  CHECK(flatten(g).cwiseAbs().maxCoeff() < 1e-15);
}

TEST_CASE("an autoregressive prior that learns finds the distribution of its data") {
  Random rng(6);
  const auto target = random_ordered(3, rng);
  const auto [states, p] = enumerated(target);
  const States<double> data(states);
  const Row<double> w = p.transpose();
  Ordered prior(3), g(3);
  for (int k = 0; k < 3000; ++k) {
    set_zero(g);
    add_statistics(prior, data, w, g);
    prior.units.bias += 2 * g.units.bias;
    prior.weights += 2 * g.weights;
  }
  CHECK(distance(enumerated(prior).p, p) < 1e-10);
  CHECK(distance(prior.weights, target.weights) < 1e-8);
  CHECK(distance(prior.units.bias, target.units.bias) < 1e-8);
}

TEST_CASE("a prior's gradient is the mean over its data, and its dreams are its samples") {
  Random rng(7);
  const auto prior = random_ordered(3, rng);
  const States<double> data(BinaryStates(random_states<double>(3, 10, rng, 0.5)));
  auto state = PriorGradient{}.start(prior);
  Ordered g = prior, expected(3);  // what was there before goes
  Random one(8), other(8);
  PriorGradient{}.gradient(prior, data, state, g, one);
  add_statistics(prior, data, equal_weights<double>(10), expected);
  CHECK(flatten(g) == flatten(expected));
  States<double> dreams;
  sample(prior, 10, other, dreams);
  CHECK(state.negative.v.bits() == dreams.bits());
}

TEST_CASE("a prior hands on what comes from below, and lists its parameters") {
  Random rng(9);
  auto ordered = random_ordered(3, rng);
  FactorialPrior<G> real(2);
  CHECK(input_size(ordered) == 3);
  CHECK(output_size(ordered) == 3);
  const Matrix<double> x = random_batch(3, 4, rng);
  CHECK(up(ordered, x) == x);
  CHECK(down(ordered, x) == x);
  CHECK(describe(ordered) == "autoregressive prior of 3");
  CHECK(describe(real) == "prior of 2 (Gaussian)");
  const auto list = parameters(ordered);
  REQUIRE(list.size() == 2);
  CHECK(list[0].name == "weights");
  CHECK(list[0].role == Role::weights);
  CHECK(list[1].name == "bias");
  real.units.log_sigma << -50, 50;
  real.constrain();
  CHECK(real.units.log_sigma == Vector<double>{{-23, 23}});
}

TEST_CASE("a new net under an autoregressive prior starts with weights below the diagonal alone") {
  Random rng(10);
  auto net = stack(Directed<double>(5, 4), Ordered(4));
  initialise(net, rng.uniform<double>(5, 30), rng);
  const Ordered& prior = top_layer(net);
  CHECK(Matrix<double>(prior.weights.triangularView<Eigen::Upper>()).isZero(0));
  CHECK((prior.weights.array() != 0).count() == 6);
  check_sums_to_one(prior);
  Ordered full(3);
  full.weights.setOnes();
  full.constrain();
  CHECK(full.weights == Matrix<double>{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}});
}
