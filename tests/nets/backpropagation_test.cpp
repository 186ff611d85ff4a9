// SPDX-License-Identifier: MIT
#include "strata/nets/backpropagation.hpp"

#include "nets/testing.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/units/activation.hpp"

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

/// 0 or 1 / (1 − p) for each of n units: all 2ⁿ masks of dropout p, one a column.
Matrix<double> all_kept(Index n, double p) { return all_states(n) / (1 - p); }

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

TEST_CASE("units that are their mean alone may be on top, of the squared error") {
  Random rng(7);
  check_gradient<SquaredError>(
      stack(random_dense(3, Softplus<double>(4), rng), random_dense(4, Tanh<double>(2), rng)), 4,
      rng);
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

TEST_CASE("with dropout the layers hand on what is kept, scaled, and slopes go the same way") {
  Random rng(8);
  const auto net = stack(random_dense(3, Tanh<double>(40), rng), random_dense(40, B(50), rng),
                         random_dense(50, S(2), rng));
  const auto& [first, second, top] = net.layers;
  const Matrix<double> input = random_batch(3, 60, rng), target = rng.uniform<double>(2, 60);
  for (const bool sampled : {false, true}) {
    Activations<double> a(3);
    Random noise(9);
    const Matrix<double> y = forward(net, input, a, {sampled, 0.25}, &noise);

    // By hand, with the masks that were kept: tanh units are their mean alone, and have no samples.
    const Matrix<double>&k0 = a.kept[0], &k1 = a.kept[1];
    const Matrix<double> y0 = up(first, input), s0 = y0.cwiseProduct(k0);
    const Matrix<double> y1 = up(second, s0), s1 = a.states[1].matrix();
    CHECK(distance(a.states[0].matrix(), s0) < 1e-15);
    CHECK(distance(y, up(top, s1)) < 1e-13);
    if (sampled)
      CHECK(((s1.array() == 0) || (s1.array() == k1.array())).all());
    else
      CHECK(distance(s1, y1.cwiseProduct(k1)) < 1e-15);
    const Matrix<double> d2 = y - target;
    const Matrix<double> d1 =
        (top.weights.transpose() * d2).array() * k1.array() * y1.array() * (1 - y1.array());
    const Matrix<double> d0 =
        (second.weights.transpose() * d1).array() * k0.array() * (1 - y0.array().square());
    auto g = net;
    backward(net, input, target, CrossEntropy{}, a, g);
    const auto& [g0, g1, g2] = g.layers;
    CHECK(distance(g2.weights, -d2 * s1.transpose() / 60) < 1e-14);
    CHECK(distance(g1.weights, -d1 * s0.transpose() / 60) < 1e-14);
    CHECK(distance(g0.weights, -d0 * input.transpose() / 60) < 1e-14);
    CHECK(distance(g0.units.bias, -d0.rowwise().sum() / 60) < 1e-14);

    // Masks and samples are what they should be: one in four units is left out, each by itself.
    for (const auto* k : {&k0, &k1}) {
      CHECK((k->array() * (k->array() - 1 / 0.75)).abs().maxCoeff() < 1e-15);
      const Row<double> left_out = (k->array() == 0).cast<double>().reshaped().transpose();
      CHECK(largest_z(left_out, Vector<double>{{0.25}}) < 5);
    }
    CHECK((k0.topRows(20) - k0.bottomRows(20)).cwiseAbs().maxCoeff() > 1);
    if (!sampled) continue;
    const Matrix<double> surprise = (s1 - y1.cwiseProduct(k1)).reshaped().transpose();
    CHECK(largest_z(surprise, Vector<double>{{0}}) < 5);
  }

  Activations<double> a(3);  // a pass without noise forgets all of it
  Random noise(9);
  forward(net, input, a, {.dropout = 0.25}, &noise);
  CHECK(distance(forward(net, input, a), up(net, input)) < 1e-13);
  auto g = net, plain = net;
  backward(net, input, target, CrossEntropy{}, a, g);
  Activations<double> fresh(3);
  forward(net, input, fresh);
  backward(net, input, target, CrossEntropy{}, fresh, plain);
  CHECK(flatten(g) == flatten(plain));
}

TEST_CASE("the gradient under dropout is the slope of the loss with the same masks") {
  Random rng(10);
  const auto net =
      stack(random_dense(3, G(4), rng), random_dense(4, B(4), rng), random_dense(4, S(3), rng));
  const Matrix<double> input = random_batch(3, 5, rng), target = rng.uniform<double>(3, 5);
  Activations<double> a(3);
  const auto loss = [&](const auto& m, auto& g) {
    Random same(11);
    forward(m, input, a, {.dropout = 0.5}, &same);
    return backward(m, input, target, CrossEntropy{}, a, g) / 5;
  };
  auto g = net, unused = net, learned = net;
  loss(net, g);
  for (auto& p : parameters(learned)) p.value.setConstant(p.role == Role::log_scale ? 0 : 1);
  const Vector<double> slopes =
      finite_differences(net, [&](const auto& m) { return -loss(m, unused); });
  CHECK(distance(flatten(g), slopes.cwiseProduct(flatten(learned))) < 1e-8);
}

TEST_CASE("the mean over all masks of a linear net's output is that of the net itself") {
  Random rng(12);
  const auto net = stack(random_dense(3, G(6), rng), random_dense(6, G(2), rng));
  const auto& top = net.layers[1];
  const Matrix<double> x = random_batch(3, 1, rng), h = up(net.layers[0], x);
  for (const double p : {0.5, 0.2}) {
    const Matrix<double> kept = all_kept(6, p);
    Vector<double> expected = Vector<double>::Zero(2);
    for (Index k = 0; k < 64; ++k) {
      const auto on = static_cast<int>((kept.col(k).array() > 0).count());
      expected += std::pow(1 - p, on) * std::pow(p, 6 - on) *
                  up(top, Matrix<double>(h.cwiseProduct(kept.col(k))));
    }
    CHECK(distance(up(net, x), expected) < 1e-14);

    // And over many that are drawn.
    Activations<double> a(2);
    Random noise(13);
    const Matrix<double> draws =
        forward(net, Matrix<double>(x.replicate(1, 20'000)), a, {.dropout = p}, &noise);
    CHECK(largest_z(draws, expected) < 5);
  }
}

TEST_CASE("the geometric mean over all masks of a softmax, normalised, is the softmax of the net") {
  // Hinton, Srivastava, Krizhevsky, Sutskever and Salakhutdinov 2012.
  Random rng(14);
  const auto top = random_dense(6, S(3), rng);
  const Matrix<double> h = random_batch(6, 1, rng), kept = all_kept(6, 0.5);
  Vector<double> mean_log = Vector<double>::Zero(3);
  for (Index k = 0; k < 64; ++k)
    mean_log +=
        up(top, Matrix<double>(h.cwiseProduct(kept.col(k)))).array().log().matrix().col(0) / 64;
  CHECK(distance(up(top, h), softmax(mean_log)) < 1e-14);
}

TEST_CASE("noise of nothing draws no random number and is no noise") {
  Random rng(15);
  const auto net = stack(random_dense(3, B(4), rng), random_dense(4, S(2), rng));
  const Matrix<double> input = random_batch(3, 5, rng);
  Activations<double> a(2);
  Random noise(16);
  CHECK(forward(net, input, a, {.dropout = 0}, &noise) == forward(net, input, a));
  CHECK(noise.counter() == 0);
  forward(net, input, a, {.sample = true, .dropout = 0.5}, nullptr);
  CHECK(!a.noisy);
}
