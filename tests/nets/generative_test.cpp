// SPDX-License-Identifier: MIT
#include "strata/nets/generative.hpp"

#include <numbers>

#include "nets/enumeration.hpp"
#include "nets/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// log_probability() of numbers, and of the same states as bits.
template <UnitLayer U>
void check_log_probability(const U& units, const Matrix<double>& x, const Matrix<double>& s,
                           const Row<double>& expected) {
  CHECK(distance(log_probability(units, x, States<double>(s)), expected) < 1e-12);
  if ((s.array() * (1 - s.array())).isZero(0))
    CHECK(distance(log_probability(units, x, States<double>(BinaryStates(s))), expected) < 1e-12);
}

template <UnitLayer U>
Vector<double> flatten_gradient(typename Dense<U>::Gradient& g) {
  Dense<U> held(g.weights.cols(), g.units);
  held.weights = g.weights.matrix();
  return flatten(held);
}

/// add_conditional_gradient() beside finite differences, for inputs and states that are bits or
/// numbers, in a model to which it adds and in a gradient.
template <UnitLayer U>
void check_conditional_gradient(U kind, Random& rng) {
  Dense<U> layer(3, std::move(kind));
  layer = randomised(layer, rng);
  const Index n = 12;
  const Row<double> w = 0.2 * rng.normal<double>(1, n);
  const Matrix<double> inputs[] = {random_states<double>(3, n, rng, 0.5), rng.normal<double>(3, n)};
  const Matrix<double> s =
      sample(layer.units, Matrix<double>(rng.normal<double>(layer.units.size(), n)), rng);
  for (const Matrix<double>& y : inputs)
    for (const bool bits : {false, true}) {
      const bool binary = bits && !std::is_same_v<U, G>;
      const States<double> states = binary ? States<double>(BinaryStates(s)) : States<double>(s);
      const bool input_bits = bits && &y == &inputs[0];
      const States<double> input = input_bits ? States<double>(BinaryStates(y)) : States<double>(y);
      const Vector<double> expected = finite_differences(layer, [&](const Dense<U>& changed) {
        return log_probability(changed.units, Matrix<double>(changed.weights * y), states).dot(w);
      });
      Conditional<double> c;
      c.x = layer.weights * y;
      c.mean = mean(layer.units, c.x);
      Dense<U> g = layer;
      add_conditional_gradient(layer, input, states, w, c, g);
      CHECK(distance(flatten(g) - flatten(layer), expected) < 1e-8);
      auto later = layer.zero_gradient();
      add_conditional_gradient(layer, input, states, w, c, later);
      CHECK(distance(flatten_gradient<U>(later), expected) < 1e-8);
      CHECK(expected.cwiseAbs().minCoeff() > 1e-4);  // no parameter is left out
    }
}

/// A trace of n visible states, recognised.
template <GenerativeNet Net>
Trace<double> recognised(const Net& net, const Matrix<double>& v, Random& rng, bool bits = true) {
  auto t = Trace<double>::of(net);
  t.s[0] = bits ? States<double>(BinaryStates(v)) : States<double>(v);
  recognise(net, t, rng);
  expect_by_generation(net, t);
  return t;
}

JointStates states_of(const Trace<double>& t) {
  JointStates s;
  for (const auto& layer : t.s) s.push_back(layer.matrix());
  return s;
}

/// log_weights() of recognised states beside log p − log q written out, for bits and numbers.
template <GenerativeNet Net>
void check_log_weights(const Net& net, double log_z, Random& rng) {
  const Matrix<double> v = random_states<double>(input_size(net), 40, rng, 0.5);
  for (const bool bits : {true, false}) {
    const auto t = recognised(net, v, rng, bits);
    const JointStates s = states_of(t);
    const Row<double> expected = (log_generation(net, s) - log_recognition(net, s)).array() + log_z;
    CHECK(distance(log_weights(net, t), expected) < 1e-12);
  }
}

/// The states of some layers of a trace as one.
Matrix<double> stacked(const JointStates& s, std::size_t begin, std::size_t end) {
  Matrix<double> all(0, s[0].cols());
  for (std::size_t i = begin; i < end; ++i) {
    const Matrix<double> below = all;
    all.resize(below.rows() + s[i].rows(), s[i].cols());
    all << below, s[i];
  }
  return all;
}

}  // namespace

TEST_CASE("log p(s | x) is xᵀs − E(s), less the log of its sum over all states") {
  Random rng(1);
  const auto check_kind = [&](auto kind) {
    const auto units = random_units(kind, rng);
    const Matrix<double> s = every_state(units).states;
    for (const double scale : {0.0, 1.0, 5.0}) {
      const Vector<double> x = scale * rng.normal<double>(units.size(), 1);
      const Row<double> exponent = (x + units.bias).transpose() * s;
      check_log_probability(units, x.replicate(1, s.cols()), s,
                            exponent.array() - std::log(exponent.array().exp().sum()));
    }
  };
  check_kind(B(4));
  check_kind(S(3, 2));
}

TEST_CASE("log p(s | x) of Gaussian units is the normal density around b + σx") {
  Random rng(2);
  const G units = random_units(G(3), rng);
  const Matrix<double> x = rng.normal<double>(3, 10);
  const auto check_states = [&](const Matrix<double>& s) {
    const Matrix<double> mean = (units.sigma().asDiagonal() * x).colwise() + units.bias;
    const Matrix<double> z = units.sigma().cwiseInverse().asDiagonal() * (s - mean);
    const double constant = units.log_sigma.sum() + 1.5 * std::log(2 * std::numbers::pi);
    check_log_probability(units, x, s, -0.5 * z.colwise().squaredNorm().array() - constant);
  };
  check_states(rng.normal<double>(3, 10));
  check_states(random_states<double>(3, 10, rng));
  CHECK(units.log_sigma.cwiseAbs().minCoeff() > 0.01);
}

TEST_CASE("the gradient of a conditional is the slope of Σ w log p(s | y) in every parameter") {
  Random rng(3);
  check_conditional_gradient(B(4), rng);
  check_conditional_gradient(G(3), rng);
  check_conditional_gradient(S(3), rng);
  check_conditional_gradient(S(2, 2), rng);
}

TEST_CASE("a trace's gradients are the slopes of Σ w log q and of Σ w log p, layer by layer") {
  Random rng(9);
  const auto net = randomised(sbn<double>({3, 2, 2}), rng);
  auto t = recognised(net, random_states<double>(3, 20, rng, 0.5), rng);
  const JointStates s = states_of(t);
  const Row<double> w = 0.2 * rng.normal<double>(1, 20);
  auto g = randomised(net, rng);
  const Vector<double> prior = top_layer(g).units.bias;
  zero_directed(g);
  CHECK(top_layer(g).units.bias == prior);
  add_recognition_gradient(net, t, w, g);
  add_generation_gradient(net, t, w, g);
  top_layer(g).units.bias.setZero();
  const Vector<double> expected = finite_differences(net, [&](const SBN<double>& m) {
    return w.dot(log_recognition(m, s)) + w.dot(log_descent(m, s));
  });
  CHECK(distance(flatten(g), expected) < 1e-8);
}

TEST_CASE("what is recognised several times is told once, and is the same") {
  Random rng(10);
  const auto check_net = [&](const auto& net, const States<double>& v) {
    auto once = Trace<double>::of(net), each = Trace<double>::of(net);
    once.s[0] = v;
    repeat_columns(v, 3, each.s[0]);
    Random one(1), same(1);
    recognise(net, once, one, 3);
    recognise(net, each, same);
    CHECK(once.s[0].cols() == 8);
    CHECK(once.s[1].cols() == 24);
    expect_by_generation(net, once);
    expect_by_generation(net, each);
    for (std::size_t i = 1; i < each.s.size(); ++i) CHECK(once.s[i].matrix() == each.s[i].matrix());
    CHECK(distance(log_weights(net, once), log_weights(net, each)) < 1e-12);

    const Row<double> w = rng.normal<double>(1, 24);
    const auto gradient = [&](Trace<double>& t) {
      auto g = zeros_like(net);
      add_recognition_gradient(net, t, w, g);
      add_generation_gradient(net, t, w, g);
      return flatten(g);
    };
    CHECK(distance(gradient(once), gradient(each)) < 1e-12);
    // By hand: one column of states for all three of inputs.
    const auto& units = bottom_layer(net).generation.units;
    const Matrix<double> x = once.generation[0].x.leftCols(3);
    const Row<double> log_p = log_probability(units, x, States<double>(v.matrix().leftCols(1)));
    for (Index c = 0; c < 3; ++c)
      CHECK(log_p(c) ==
            doctest::Approx(log_probability(units, Matrix<double>(x.col(c)),
                                            States<double>(v.matrix().leftCols(1)))(0)));
  };
  const Matrix<double> pixels = random_states<double>(3, 8, rng, 0.5);
  const auto net = randomised(sbn<double>({3, 2, 2}), rng);
  check_net(net, pixels);
  check_net(net, BinaryStates(pixels));
  const auto reals = randomised(stack(DirectedLayer(G(3), B(2)), FactorialPrior(B(2))), rng);
  check_net(reals, Matrix<double>(rng.normal<double>(3, 8)));
  const auto codes = randomised(stack(DirectedLayer(B(3), G(2)), FactorialPrior(G(2))), rng);
  check_net(codes, BinaryStates(pixels));
}

TEST_CASE("directed layers are numbered from the bottom, up and down, and the top has no number") {
  using Pixels = Directed<Gaussian<double>, Bernoulli<double>>;
  auto net = stack(Pixels(5, 4), DirectedLayers({4, 3, 2}), RBM<double>(2, 6));
  const auto other = net;
  std::vector<std::size_t> numbers;
  std::vector<Index> inputs;
  const auto note = [&](auto& layer, const auto& same, std::size_t i) {
    CHECK(output_size(layer) == output_size(same));
    numbers.push_back(i);
    inputs.push_back(input_size(layer));
  };
  for_each_directed(note, net, other);
  for_each_directed_down(note, net, other);
  CHECK(numbers == std::vector<std::size_t>{0, 1, 2, 2, 1, 0});
  CHECK(inputs == std::vector<Index>{5, 4, 3, 3, 4, 5});
}

TEST_CASE("a weight is log p(v, h) − log q(h | v), under an RBM up to its log Z") {
  Random rng(4);
  check_log_weights(randomised(sbn<double>({3, 2, 2}), rng), 0, rng);
  check_log_weights(random_autoregressive_net({3, 2, 3}, rng), 0, rng);
  const auto dbn = randomised(stack(DirectedLayers({3, 2, 2}), RBM<double>(2, 3)), rng);
  check_log_weights(dbn, enumerated_log_z(top_layer(dbn)), rng);
  const auto labelled =
      randomised(stack(DirectedLayers({3, 2, 2}), labelled_rbm<double>(2, 3, 2)), rng);
  check_log_weights(labelled, enumerated_log_z(top_layer(labelled)), rng);
}

TEST_CASE("recognition draws each layer from q given the one below, and keeps what q expects") {
  Random rng(5);
  const auto net = randomised(sbn<double>({3, 2, 2}), rng);
  const Vector<double> v{{1, 0, 1}};
  auto t = recognised(net, v.replicate(1, 20'000), rng);
  const JointStates s = states_of(t);
  CHECK(t.s[1].is_binary());

  const JointStates all = joint_states(net);
  const Row<double> q = log_recognition(net, all).array().exp();
  Vector<double> given_v(16);  // visible state number 5, then every eighth
  for (Index k = 0; k < 16; ++k) given_v(k) = q(8 * k + 5);
  CHECK(largest_z(indicators(stacked(s, 1, 3)), given_v) < 5);
  const auto& [low, high] =
      std::tie(std::get<0>(net.layers).layers[0], std::get<0>(net.layers).layers[1]);
  CHECK(t.recognition[0].mean == up(low.recognition, s[0]));
  CHECK(distance(t.recognition[1].mean, up(high.recognition, s[1])) < 1e-15);
  const auto expected = t.recognition;
  expect_by_recognition(net, t);
  for (const std::size_t i : {0U, 1U}) {
    CHECK(t.recognition[i].x == expected[i].x);
    CHECK(distance(t.recognition[i].mean, expected[i].mean) < 1e-15);
    CHECK(t.s[i + 1].bits() == BinaryStates(s[i + 1]));
  }
}

TEST_CASE("generation draws each layer from p given the one above, or leaves the means below") {
  const ThreadCount one_thread(1);
  Random rng(6);
  const auto net = randomised(sbn<double>({3, 2, 2}), rng);
  auto t = Trace<double>::of(net);
  t.s[2] = BinaryStates(Vector<double>{{0, 1}}.replicate(1, 20'000));
  generate(net, t, rng);
  const Matrix<double> drawn = stacked(states_of(t), 0, 2);
  CHECK(t.s[0].is_binary());
  const JointStates all = joint_states(net);
  const Row<double> p = log_descent(net, all).array().exp();  // state 2 of the highest layer
  CHECK(largest_z(indicators(drawn), p.segment(2 * 32, 32).transpose()) < 5);

  Random one(7), same(7);
  generate(net, t, one, false);
  const auto& [low, high] =
      std::tie(std::get<0>(net.layers).layers[0], std::get<0>(net.layers).layers[1]);
  const Matrix<double> s1 = sample(high.generation.units,
                                   Matrix<double>(high.generation.weights * t.s[2].matrix()), same);
  CHECK(t.s[1].matrix() == s1);
  CHECK(distance(t.s[0].numbers(), up(low.generation, s1)) < 1e-15);
  CHECK(one.counter() == same.counter());
  const auto expected = t.generation;
  expect_by_generation(net, t);
  for (const std::size_t i : {0U, 1U})
    CHECK(distance(t.generation[i].mean, expected[i].mean) < 1e-15);
}

TEST_CASE("ancestral samples are pixels whose averages are the enumerated marginals") {
  Random rng(8);
  const auto check_marginals = [&](const auto& net) {
    const Vector<double> p = enumerated_likelihood(net).array().exp();
    const Matrix<double> pixels = ancestral_samples(net, 20'000, rng);
    CHECK(largest_z(pixels, all_states(input_size(net)) * p) < 5);
    CHECK(pixels.minCoeff() > 0);  // means, no samples
    CHECK(pixels.maxCoeff() < 1);
  };
  check_marginals(randomised(sbn<double>({3, 2, 2}), rng));
  check_marginals(random_autoregressive_net({3, 3}, rng));
}
