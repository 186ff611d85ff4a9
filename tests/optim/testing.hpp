// SPDX-License-Identifier: MIT
// What the tests of optimisers share: a model of a few parameters, and a run on a given gradient.
#pragma once

#include "fixtures.hpp"

namespace strata::testing {

/// Two parameters and a scale, as an optimiser sees them.
struct Toy {
  using Scalar = double;
  Matrix<double> weights;
  Vector<double> bias, log_sigma;

  template <class F>
  void visit(F&& f) {
    f("weights", weights, Role::weights);
    f("bias", bias, Role::bias);
    f("log_sigma", log_sigma, Role::log_scale);
  }
};

/// 2 × 3 weights, two biases and one scale, all different.
inline Toy toy() {
  return {Matrix<double>{{0.5, -1.0, 2.0}, {-0.25, 0.0, 1.5}}, Vector<double>{{0.75, -0.5}},
          Vector<double>{{0.3}}};
}

/// A gradient that differs from step to step and from entry to entry.
inline Toy gradient_at(int step) {
  Toy g = toy();
  for (auto& p : parameters(g))
    for (Index i = 0; i < p.value.size(); ++i)
      p.value(i) = std::sin(1.0 + 3.0 * step + 0.7 * static_cast<double>(i)) *
                   static_cast<double>(p.value.size());
  return g;
}

/// What an optimiser would add to each parameter of `model` for the gradient g.
template <class Optimiser, class State>
std::vector<Matrix<double>> steps(const Optimiser& optimiser, double epoch, Toy& model, Toy g,
                                  State& state) {
  auto theta = parameters(model), gradient = parameters(g);
  const auto to_step = optimiser.step(epoch, state);
  for (std::size_t i = 0; i < theta.size(); ++i)
    for_each_piece(theta, gradient, i, [&](Piece<double>& p) { p.gradient = to_step(p); });
  return values(gradient);
}

/// `count` steps of an optimiser up the gradient(θ), a whole epoch each.
template <class Optimiser, class Gradient>
Vector<double> ascend_vector(const Optimiser& optimiser, Vector<double> start, int count,
                             Gradient&& gradient) {
  Toy model{Matrix<double>(0, 0), std::move(start), Vector<double>()};
  auto state = optimiser.start(parameters(model));
  for (int t = 0; t < count; ++t) {
    const Toy g{Matrix<double>(0, 0), gradient(model.bias), Vector<double>()};
    model.bias += steps(optimiser, t, model, g, state)[1];
  }
  return model.bias;
}

}  // namespace strata::testing
