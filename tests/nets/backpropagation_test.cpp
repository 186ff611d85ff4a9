// SPDX-License-Identifier: MIT
#include "strata/nets/backpropagation.hpp"

#include "nets/testing.hpp"
#include "strata/nets/classifier.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// backward() beside finite differences of the loss per sample, to 1e-8 in each parameter.
template <class Loss, class Net>
void check_gradient(const Net& net, Index batch, Random& rng) {
  const Loss loss;
  const Matrix<double> input = random_batch(input_size(net), batch, rng);
  const Matrix<double> target = rng.uniform<double>(output_size(net), batch);
  Activations<double> a(depth(net));
  const auto value = [&](const Net& m) {
    Net unused = m;
    forward(m, input, a);
    return backward(m, input, target, loss, a, unused);
  };
  Net g = net;  // what it holds is overwritten
  const auto& y = forward(net, input, a);
  CHECK(distance(y, up(net, input)) < 1e-14);
  const double sum = backward(net, input, target, loss, a, g);
  CHECK(sum == value(net));
  Net learned = net;  // σ is not
  for (auto& p : parameters(learned)) p.value.setConstant(p.role == Role::log_scale ? 0 : 1);
  const Vector<double> slopes =
      finite_differences(net, [&](const Net& m) { return -value(m) / static_cast<double>(batch); });
  const Vector<double> expected = slopes.cwiseProduct(flatten(learned));
  CAPTURE(describe(net));
  CAPTURE(Loss::name);
  CHECK(distance(flatten(g), expected) < 1e-8);
  CHECK(expected.cwiseAbs().maxCoeff() > 1e-3);
}

template <class... Layers>
void check_gradients(Random& rng, const Layers&... layers) {
  for (const Index batch : {1, 4}) {
    check_gradient<CrossEntropy>(stack(layers...), batch, rng);
    check_gradient<SquaredError>(stack(layers...), batch, rng);
  }
}

/// Each kind of units on top of what is given, 3 inputs.
template <class... Layers>
void check_tops(Random& rng, const Layers&... below) {
  check_gradients(rng, below..., random_dense(4, B(3), rng));
  check_gradients(rng, below..., random_dense(4, G(2), rng));
  check_gradients(rng, below..., random_dense(4, S(3), rng));
}

}  // namespace

TEST_CASE("backpropagation gives the slopes of the loss for one layer of each kind") {
  Random rng(1);
  check_tops(rng);
}

TEST_CASE("backpropagation gives the slopes of the loss for each kind below each kind") {
  Random rng(2);
  check_tops(rng, random_dense(3, B(4), rng));
  check_tops(rng, random_dense(3, G(4), rng));
  check_tops(rng, random_dense(3, S(2, 2), rng));
}

TEST_CASE("backpropagation gives the slopes of the loss for three layers, mixed and nested") {
  Random rng(3);
  check_gradients(rng, random_dense(2, B(3), rng), random_dense(3, G(4), rng),
                  random_dense(4, S(3), rng));
  check_gradients(rng, random_dense(2, S(3), rng), random_dense(3, B(4), rng),
                  random_dense(4, G(2), rng));
  check_gradients(rng, random_dense(2, G(3), rng), random_dense(3, S(4), rng),
                  random_dense(4, B(2), rng));
  check_gradients(rng, random_dense(2, B(3), rng), random_dense(3, B(4), rng),
                  random_dense(4, B(2), rng));
  check_gradients(rng, stack(random_dense(2, B(3), rng), random_dense(3, B(4), rng)),
                  random_dense(4, S(3), rng));
}

TEST_CASE("top_only gives the top layer its gradient and leaves the others") {
  Random rng(4);
  const auto net =
      stack(random_dense(3, B(4), rng), random_dense(4, B(3), rng), random_dense(3, S(2), rng));
  const Matrix<double> input = random_batch(3, 5, rng), target = rng.uniform<double>(2, 5);
  Activations<double> a(3);
  forward(net, input, a);
  auto all = net, top = net;
  const double value = backward(net, input, target, CrossEntropy{}, a, all);
  CHECK(backward(net, input, target, CrossEntropy{}, a, top, true) == value);
  CHECK(std::get<2>(top.layers).weights == std::get<2>(all.layers).weights);
  CHECK(std::get<2>(top.layers).units.bias == std::get<2>(all.layers).units.bias);
  CHECK(std::get<1>(top.layers).weights == std::get<1>(net.layers).weights);
  CHECK(std::get<0>(top.layers).weights == std::get<0>(net.layers).weights);
  CHECK(std::get<0>(top.layers).units.bias == std::get<0>(net.layers).units.bias);
  CHECK(std::get<0>(all.layers).weights != std::get<0>(net.layers).weights);
}

TEST_CASE("with noise the layers hand on samples, and the slopes are those at the means") {
  Random rng(5);
  const auto net =
      stack(random_dense(3, B(4), rng), random_dense(4, B(5), rng), random_dense(5, S(2), rng));
  const auto& [first, second, top] = net.layers;
  const Matrix<double> input = random_batch(3, 6, rng), target = rng.uniform<double>(2, 6);
  Activations<double> a(3);
  Random noise(6), same(6);
  const Matrix<double> y = forward(net, input, a, {.sample = true}, &noise);

  // By hand, with the samples that were kept.
  const Matrix<double> y0 = up(first, input);
  const Matrix<double> s0 = sample(first.units, Matrix<double>(first.weights * input), same);
  const Matrix<double> y1 = up(second, s0);
  const Matrix<double> s1 = sample(second.units, Matrix<double>(second.weights * s0), same);
  CHECK(a.states[0].matrix() == s0);
  CHECK(a.states[1].matrix() == s1);
  CHECK((s0.array() * (1 - s0.array())).isZero(0));
  CHECK(distance(y, up(top, s1)) < 1e-14);
  const Matrix<double> d2 = y - target;
  const Matrix<double> d1 = (top.weights.transpose() * d2).array() * y1.array() * (1 - y1.array());
  const Matrix<double> d0 =
      (second.weights.transpose() * d1).array() * y0.array() * (1 - y0.array());
  auto g = net;
  backward(net, input, target, CrossEntropy{}, a, g);
  const auto& [g0, g1, g2] = g.layers;
  CHECK(distance(g2.weights, -d2 * s1.transpose() / 6) < 1e-14);
  CHECK(distance(g1.weights, -d1 * s0.transpose() / 6) < 1e-14);
  CHECK(distance(g0.weights, -d0 * input.transpose() / 6) < 1e-14);
  CHECK(distance(g0.units.bias, -d0.rowwise().sum() / 6) < 1e-14);
  CHECK(distance(g1.units.bias, -d1.rowwise().sum() / 6) < 1e-14);

  // A pass without noise forgets the samples of the one before.
  CHECK(distance(forward(net, input, a), up(net, input)) < 1e-14);
}
