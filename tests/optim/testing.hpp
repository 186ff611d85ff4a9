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

/// `steps` steps of an optimiser up the gradient(θ), a whole epoch each.
template <class Optimiser, class Gradient>
Vector<double> ascend_vector(const Optimiser& optimiser, Vector<double> start, int steps,
                             Gradient&& gradient) {
  Toy model{Matrix<double>(0, 0), std::move(start), Vector<double>()};
  Toy g = model;
  auto theta = parameters(model);
  auto slope = parameters(g);
  auto state = optimiser.start(theta);
  for (int t = 0; t < steps; ++t) {
    slope[1].value = gradient(model.bias);
    const auto& step = optimiser.step(slope, t, state);
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i].value += step[i];
  }
  return model.bias;
}

}  // namespace strata::testing
