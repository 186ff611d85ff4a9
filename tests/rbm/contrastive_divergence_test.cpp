// SPDX-License-Identifier: MIT
#include "strata/rbm/contrastive_divergence.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"
#include "rbm/oracles.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("CD-1 on bars and stripes averages to its exact expectation") {
  Random rng(1);
  const auto m = random_rbm<B, B>(16, 4, rng);
  const Matrix<double> data = bars_and_stripes(4);
  const auto [v, p] = after_sweeps(m, data, 1);  // 2⁴ hidden and 2¹⁶ visible states
  const Matrix<double> h0 = hidden_mean(m, data), h1 = hidden_mean(m, v) * p.asDiagonal();
  RBM<double> expected(16, 4);
  expected.weights = h0 * data.transpose() / 32 - h1 * v.transpose();
  expected.visible.bias = data.rowwise().mean() - v * p;
  expected.hidden.bias = h0.rowwise().mean() - h1.rowwise().sum();
  CHECK(largest_z(gradient_draws(ContrastiveDivergence{.steps = 1}, m, data, 5000, rng),
                  flatten(expected)) < 5);
}

TEST_CASE_TEMPLATE("CD-k averages to its exact expectation", M, BB, BG, BS, GB, GS, SB, SG, SS) {
  Random rng(2);
  const M m = small_rbm<M>(rng);
  const Matrix<double> data = sample(m.visible, rng.normal<double>(m.visible.size(), 5), rng);
  for (const int k : {1, 2, 3}) {
    const Vector<double> expected = expected_contrast(m, data, after_sweeps(m, data, k));
    CHECK(largest_z(gradient_draws(ContrastiveDivergence{.steps = k}, m, data, 2000, rng),
                    expected) < 5);
  }
}

TEST_CASE("CD with many steps averages to the gradient of the log-likelihood") {
  Random rng(3);
  const auto m = small_rbm<BB>(rng);
  const Matrix<double> data = all_states(4).leftCols(3);
  const Vector<double> expected = expected_contrast(m, data, exact_distribution(m));
  CHECK(largest_z(gradient_draws(ContrastiveDivergence{.steps = 30}, m, data, 2000, rng),
                  expected) < 5);
}

TEST_CASE_TEMPLATE("the negative phase has the visible means if they are not sampled", M, BB, GB,
                   SB) {
  Random rng(4);
  const M m = small_rbm<M>(rng);
  const Matrix<double> data = sample(m.visible, rng.normal<double>(m.visible.size(), 6), rng);
  const ContrastiveDivergence cd{.steps = 2, .sample_visible = false};
  auto state = cd.start(m);
  M g = m, expected = m;
  Random same = rng;
  cd.gradient(m, data, state, g, rng);

  Matrix<double> v = visible_mean(m, sample_hidden(m, data, same));
  v = visible_mean(m, sample_hidden(m, v, same));
  contrast_of(m, data, v, expected);
  CHECK(distance(flatten(g), flatten(expected)) < 1e-14);
  CHECK(rng.counter() == same.counter());
}

TEST_CASE("real-valued reconstructions are sampled with their noise") {
  Random rng(5);
  GaussianRBM<double> m(1, 1);
  m.visible.log_sigma << std::log(3.0);
  const ContrastiveDivergence cd;
  auto state = cd.start(m);
  auto g = m;
  cd.gradient(m, constant(1, 10'000, 0), state, g, rng);
  const Matrix<double> square = state.negative.v.numbers().array().square();
  CHECK(largest_z(square, Vector<double>{{9}}) < 5);
}

TEST_CASE("a short batch has a negative phase of its own size") {
  Random rng(6);
  RBM<double> m(3, 2);
  m.visible.bias.setConstant(50);  // every reconstruction is all ones
  const ContrastiveDivergence cd;
  auto state = cd.start(m);
  auto g = m;
  for (const Index n : {10, 3, 1}) {
    cd.gradient(m, constant(3, n, 0), state, g, rng);
    CHECK(state.negative.v.cols() == n);
    CHECK(distance(g.visible.bias, constant(3, 1, -1)) < 1e-15);
    CHECK(distance(g.weights, Matrix<double>::Constant(2, 3, -0.5)) < 1e-15);
  }
}

TEST_CASE_TEMPLATE("every parameter learns", M, BB, BG, BS, GB, GG, GS, SB, SG, SS) {
  Random rng(7);
  const M m = small_rbm<M>(rng);
  const Matrix<double> data = sample(m.visible, rng.normal<double>(m.visible.size(), 3), rng);
  const Matrix<double> draws = gradient_draws(ContrastiveDivergence{}, m, data, 20, rng);
  CHECK((draws.cwiseAbs().rowwise().maxCoeff().array() > 0).all());
}

TEST_CASE_TEMPLATE("constant columns, zero weights and a batch of one give finite gradients", M, BB,
                   GB, SB, BS, BG) {
  Random rng(8);
  M m = small_rbm<M>(rng);
  m.weights.col(0).setZero();
  const Matrix<double> one = every_state(m.visible).states.leftCols(1);
  for (const Index n : {1, 4}) {
    const Matrix<double> constant = one.replicate(1, n);
    CHECK(gradient_draws(ContrastiveDivergence{.steps = 2}, m, constant, 5, rng).allFinite());
  }
  m.weights.setZero();
  CHECK(gradient_draws(ContrastiveDivergence{}, m, one, 5, rng).allFinite());
}

TEST_CASE("a seed gives the same gradient, in float as well") {
  Random rng(9);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(20, 30, rng);
  const Matrix<float> data = rng.bernoulli<float>(Matrix<float>::Constant(20, 10, 0.3F));
  const auto draw = [&](std::uint64_t seed) {
    return one_gradient(ContrastiveDivergence{}, m, data, seed);
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
}

TEST_CASE("CD without steps is an error") {
  CHECK(message_of([] { ContrastiveDivergence{.steps = 0}.start(RBM<float>(2, 2)); }) ==
        "ContrastiveDivergence: steps has 0, but at least 1 is needed");
}
