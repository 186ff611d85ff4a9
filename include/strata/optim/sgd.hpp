// SPDX-License-Identifier: MIT
// Stochastic gradient steps with momentum; the look-ahead form of Nesterov's momentum is that of
// "On the importance of initialization and momentum in deep learning" (Sutskever, Martens, Dahl and
// Hinton 2013), written for parameters that are already ahead.
#pragma once

#include "strata/core/checks.hpp"
#include "strata/core/parameters.hpp"
#include "strata/core/schedule.hpp"

namespace strata {

/// velocity ← momentum · velocity + learning_rate · gradient; the step is the velocity, or with
/// `nesterov` momentum · velocity + learning_rate · gradient once more. An optimiser is a value
/// with options. start(θ) gives the state of one run; step(epoch, state), called for each batch,
/// returns a function that takes a Piece and returns what to add to its parameters: the piece's
/// gradient, made a step, or numbers that are kept.
struct SGD {
  Schedule learning_rate = 0.1;
  Schedule momentum = 0.0;
  bool nesterov = false;
  double scale_rate = 0.1;  // of log σ, relative to learning_rate; 0 leaves σ as it is

  template <class S>
  struct State {
    std::vector<Matrix<S>> velocity;

    template <class F>
    void visit(F&& f) {
      f("velocity", velocity);
    }
  };

  /// Throws if a rate is negative or not finite or momentum is outside [0, 1) at the start.
  void check_options() const {
    check_rate("SGD", "learning_rate", learning_rate(0));
    check_rate("SGD", "scale_rate", scale_rate);
    check(momentum(0) >= 0 && momentum(0) < 1, "SGD: momentum has ", momentum(0),
          ", but a value in [0, 1) is needed");
  }
  template <class S>
  State<S> start(const Parameters<S>& theta) const {
    return {zeros(theta)};
  }

  template <class S>
  auto step(double epoch, State<S>& s) const {
    const auto mu = static_cast<S>(momentum(epoch));
    const double rate = learning_rate(epoch);
    return [=, this, &s](Piece<S>& p) -> typename Piece<S>::Values {
      const auto r = static_cast<S>(p.role == Role::log_scale ? scale_rate * rate : rate);
      auto v = p.of(s.velocity);
      v = mu * v + r * p.gradient;
      if (!nesterov) return v;
      p.gradient = mu * v + r * p.gradient;
      return p.gradient;
    };
  }
};

}  // namespace strata
