// SPDX-License-Identifier: MIT
#include "strata/rbm/gibbs.hpp"

#include <doctest/doctest.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include "rbm/enumeration.hpp"

using namespace strata;
using namespace strata::testing;

// Chains that start as the exact distribution has them, to the nearest whole number, and take a few
// steps. Were the chain another's, it would leave for that one's distribution.
TEST_CASE_TEMPLATE("Gibbs sampling keeps the exact distribution", M, BB, BG, BS, SB, SG, SS) {
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const auto exact = exact_distribution(m);
  const Matrix<double> start = exact.columns(40'000);
  for (const int steps : {1, 3}) {
    const Matrix<double> v = gibbs(m, start, steps, rng);
    const auto [distance, error] = exact.total_variation(v);
    CHECK(distance < error);
    CHECK((v.array() != start.array()).any());
  }
}

TEST_CASE_TEMPLATE(
    "Gibbs sampling of real-valued units keeps the distribution of the hidden states", M, GB, GS) {
  Random rng(2);
  const M m = small_rbm<M>(rng);
  const auto exact = exact_distribution(transposed(m));
  const Matrix<double> start = sample_visible(m, exact.columns(40'000), rng);
  const Matrix<double> h = sample_hidden(m, gibbs(m, start, 3, rng), rng);
  const auto [distance, error] = exact.total_variation(h);
  CHECK(distance < error);
}

// u = (v/σ, h/τ) has precision P = [[1, −Wᵀ], [−W, 1]] and mean P⁻¹ (b/σ, c/τ).
TEST_CASE("Gibbs sampling keeps the moments of a Gaussian–Gaussian RBM") {
  Random rng(7);
  const auto m = random_rbm<G, G>(2, 2, rng, 0.3);
  Matrix<double> precision = Matrix<double>::Identity(4, 4);
  precision.topRightCorner(2, 2) = -m.weights.transpose();
  precision.bottomLeftCorner(2, 2) = -m.weights;
  Vector<double> mu(4);
  mu << m.visible.bias.cwiseQuotient(m.visible.sigma()),
      m.hidden.bias.cwiseQuotient(m.hidden.sigma());
  const Matrix<double> covariance = precision.inverse().topLeftCorner(2, 2);
  const Vector<double> mean = (precision.inverse() * mu).head(2);
  const Matrix<double> root = covariance.llt().matrixL();

  const Matrix<double> u = (root * rng.normal<double>(2, 100'000)).colwise() + mean;
  const Matrix<double> v = gibbs(m, m.visible.sigma().asDiagonal() * u, 3, rng);
  const Matrix<double> z = (m.visible.sigma().cwiseInverse().asDiagonal() * v).colwise() - mean;
  Matrix<double> moments(5, v.cols());
  moments << z, z.array().square().matrix(), z.row(0).cwiseProduct(z.row(1));
  CHECK(largest_z(moments, Vector<double>{
                               {0, 0, covariance(0, 0), covariance(1, 1), covariance(0, 1)}}) < 5);
}

TEST_CASE("Gibbs sampling reaches the exact distribution from anywhere") {
  Random rng(3);
  const auto m = small_rbm<BB>(rng);
  const auto exact = exact_distribution(m);
  const auto [distance, error] =
      exact.total_variation(gibbs(m, Matrix<double>::Zero(4, 40'000), 50, rng));
  CHECK(distance < error);
}

TEST_CASE("the states after one step are spread as the exact kernel says") {
  Random rng(4);
  const auto m = small_rbm<BB>(rng);
  const Matrix<double> s = all_states(4);
  for (const Index from : {0, 5, 15})
    for (const int steps : {1, 2}) {
      const auto [distance, error] =
          after_sweeps(m, s.col(from), steps)
              .total_variation(gibbs(m, s.col(from).replicate(1, 40'000), steps, rng));
      CHECK(distance < error);
    }
}

TEST_CASE("no steps leave the states, and fewer are an error") {
  Random rng(5);
  const auto m = small_rbm<BB>(rng);
  const Matrix<double> v = all_states(4);
  CHECK(gibbs(m, v, 0, rng) == v);
  CHECK(rng.counter() == [&] {
    Random same(5);
    small_rbm<BB>(same);
    return same.counter();
  }());
  CHECK(message_of([&] { gibbs(m, v, -1, rng); }) ==
        "gibbs: steps has -1, but at least 0 is needed");
  CHECK(message_of([&] { gibbs(m, Matrix<double>(3, 2), 1, rng); }) ==
        "gibbs: v has 3 rows, but the model has 4 visible units");
}

TEST_CASE("a reconstruction is a sample, or the mean, with its hidden input") {
  Random rng(6);
  const auto m = small_rbm<BB>(rng);
  Particles<double> p{.v = {}, .h = all_states(3), .x = {}, .y = {}};
  reconstruct(m, p, rng, false);
  CHECK(distance(p.v.matrix(), visible_mean(m, p.h)) < 1e-15);
  CHECK(distance(p.x, hidden_input(m, p.v)) < 1e-15);
  Random same = rng;
  reconstruct(m, p, rng);
  CHECK(p.v.matrix() == sample_visible(m, p.h, same));
  CHECK(distance(p.x, hidden_input(m, p.v)) < 1e-15);
}

TEST_CASE("sweeps sum the hidden input anew, though few units change") {
  Random rng(8);
  auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(200, 30, rng, 0.1);
  m.visible.bias.head(80).array() += 6;
  m.visible.bias.tail(120).array() -= 6;
  Particles<float> p;
  p.h = States<float>(random_states<float>(30, 9, rng));
  sweep(m, p, 40, rng);
  Matrix<float> x;
  hidden_input(m, p.v, x);
  CHECK(p.x == x);
}
