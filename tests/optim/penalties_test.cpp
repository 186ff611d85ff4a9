// SPDX-License-Identifier: MIT
#include "strata/optim/penalties.hpp"

#include <doctest/doctest.h>

#include <numbers>

#include "optim/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// What a decay makes of a gradient g at θ.
Toy penalised(const WeightDecay& decay, Toy model, Toy g) {
  auto theta = parameters(model), gradient = parameters(g);
  for (std::size_t i = 0; i < theta.size(); ++i)
    for_each_piece(theta, gradient, i, [&](Piece<double>& p) { decay.penalise(p); });
  return g;
}

/// What it adds to a gradient of zero.
Toy penalty(const WeightDecay& decay, const Toy& model) {
  return penalised(decay, model, zeros_like(model));
}

/// l2 · Σ w²/2 + l1 · Σ |w|
double cost(const WeightDecay& decay, const Matrix<double>& w) {
  return decay.l2 * w.squaredNorm() / 2 + decay.l1 * w.cwiseAbs().sum();
}

Matrix<double> constrained(double limit, const Matrix<double>& weights) {
  Toy model = toy();
  model.weights = weights;
  auto theta = parameters(model);
  MaxNorm{limit}.constrain(theta);
  CHECK(model.bias == toy().bias);
  CHECK(model.log_sigma == toy().log_sigma);
  return model.weights;
}

}  // namespace

TEST_CASE("weight decay adds −l2 · w to the gradient of weights and of nothing else") {
  const Toy g = penalty({.l2 = 0.25}, toy());
  CHECK(g.weights == -0.25 * toy().weights);
  CHECK(g.bias.isZero(0));
  CHECK(g.log_sigma.isZero(0));
}

TEST_CASE("L1 decay is the sign of the weight, and 0 at 0") {
  const Toy g = penalty({.l1 = 0.25}, toy());
  CHECK(g.weights == Matrix<double>{{-0.25, 0.25, -0.25}, {0.25, 0, -0.25}});
  CHECK(g.bias.isZero(0));
  CHECK(g.log_sigma.isZero(0));
}

TEST_CASE("decay is the derivative of its cost, uphill") {
  const WeightDecay decay{.l2 = 0.3, .l1 = 0.2};
  const Toy g = penalty(decay, toy());
  const double d = 1e-6;
  for (Index i = 0; i < g.weights.size(); ++i) {
    if (toy().weights(i) == 0) continue;  // the corner of |w|
    Matrix<double> more = toy().weights, less = more;
    more(i) += d;
    less(i) -= d;
    CHECK(std::abs(-(cost(decay, more) - cost(decay, less)) / (2 * d) - g.weights(i)) < 1e-9);
  }
}

TEST_CASE("decay adds to the gradient that is there") {
  const Toy model = toy();
  const Toy g = penalised({.l2 = 0.5, .l1 = 0.25}, model, gradient_at(3));
  const Matrix<double> sign = model.weights.array().sign();
  CHECK(g.weights.isApprox(gradient_at(3).weights - 0.5 * model.weights - 0.25 * sign, 1e-15));
  CHECK(g.bias == gradient_at(3).bias);
}

TEST_CASE("a max-norm scales the rows above the limit down to it, and no others") {
  const Matrix<double> w =
      constrained(2, Matrix<double>{{3, 4, 0}, {1, -1, 1}, {0, 0, 0}, {0, 2, 0}});
  CHECK((w.row(0) - Row<double>{{1.2, 1.6, 0}}).norm() < 1e-15);
  CHECK(w.row(1) == Row<double>{{1, -1, 1}});
  CHECK(w.row(2) == Row<double>{{0, 0, 0}});
  CHECK(w.row(3) == Row<double>{{0, 2, 0}});
  CHECK(constrained(1e300, toy().weights) == toy().weights);
}

TEST_CASE("sparsity pulls each unit's mean activity to the target") {
  const Vector<double> q{{0.1, 0.5, 0.02, 0.9}};
  const Vector<double> pull = Sparsity{.target = 0.1, .strength = 2}.pull(q);
  CHECK(pull(0) == 0);
  CHECK(pull(1) == doctest::Approx(-0.8).epsilon(1e-15));
  CHECK(pull(2) == doctest::Approx(0.16).epsilon(1e-15));
  CHECK(pull(3) == doctest::Approx(-1.6).epsilon(1e-15));
}

TEST_CASE("the pull is the slope of the cross-entropy between target and activity") {
  // C(x) = p log σ(x) + (1 − p) log(1 − σ(x)) has C' = p − σ(x).
  const double p = 0.2, x = 0.7, d = 1e-5;
  const auto c = [&](double at) {
    return -p * std::log1p(std::exp(-at)) - (1 - p) * std::log1p(std::exp(at));
  };
  const Vector<double> q{{1 / (1 + std::exp(-x))}};
  const double pull = Sparsity{.target = p, .strength = 1}.pull(q)(0);
  CHECK(std::abs((c(x + d) - c(x - d)) / (2 * d) - pull) < 1e-10);
}

TEST_CASE("penalties refuse options without a meaning") {
  const auto error = [](const auto& penalty) {
    return message_of([&] { penalty.check_options(); });
  };
  CHECK(error(WeightDecay{.l2 = -1}) == "WeightDecay: l2, l1 has -1, 0, but at least 0 is needed");
  CHECK(error(WeightDecay{.l1 = -0.5}) ==
        "WeightDecay: l2, l1 has 0, -0.5, but at least 0 is needed");
  CHECK(error(MaxNorm{0}) == "MaxNorm: limit has 0, but more than 0 is needed");
  for (const double target : {0.0, 1.0, -0.1})
    CHECK(error(Sparsity{.target = target}) ==
          text("Sparsity: target has ", target, ", but a value in (0, 1) is needed"));
}
