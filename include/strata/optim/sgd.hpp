// SPDX-License-Identifier: MIT
// Stochastic gradient steps with momentum; the look-ahead form of Nesterov's momentum is that of
// "On the importance of initialization and momentum in deep learning" (Sutskever, Martens, Dahl and
// Hinton 2013), written for parameters that are already ahead.
#pragma once

#include "strata/core/checks.hpp"
#include "strata/core/parallel.hpp"
#include "strata/core/parameters.hpp"
#include "strata/optim/schedule.hpp"

namespace strata {

/// velocity ← momentum · velocity + learning_rate · gradient; the step is the velocity, or with
/// `nesterov` momentum · velocity + learning_rate · gradient once more. An optimiser is a value
/// with options. start(θ) gives the state of one run, and step(gradient, epoch, state) returns what
/// to add to θ.
struct SGD {
  Schedule learning_rate = 0.1;
  Schedule momentum = 0.0;
  bool nesterov = false;
  double scale_rate = 0.1;  // of log σ, relative to learning_rate; 0 leaves σ as it is

  template <class S>
  struct State {
    std::vector<Matrix<S>> velocity, ahead;
  };

  /// Throws if a rate is negative or momentum is outside [0, 1) at the start.
  template <class S>
  State<S> start(const Parameters<S>& theta) const {
    check(learning_rate(0) >= 0, "SGD: learning_rate has ", learning_rate(0),
          ", but at least 0 is needed");
    check(momentum(0) >= 0 && momentum(0) < 1, "SGD: momentum has ", momentum(0),
          ", but a value in [0, 1) is needed");
    return {zeros(theta), nesterov ? zeros(theta) : std::vector<Matrix<S>>{}};
  }

  template <class S>
  const std::vector<Matrix<S>>& step(const Parameters<S>& gradient, double epoch,
                                     State<S>& s) const {
    const auto mu = static_cast<S>(momentum(epoch));
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      const double relative = gradient[i].role == Role::log_scale ? scale_rate : 1;
      const auto rate = static_cast<S>(relative * learning_rate(epoch));
      for_each_piece([=](auto v, auto g) { v = mu * v + rate * g; }, s.velocity[i],
                     gradient[i].value);
      if (nesterov)
        for_each_piece([=](auto a, auto v, auto g) { a = mu * v + rate * g; }, s.ahead[i],
                       s.velocity[i], gradient[i].value);
    }
    return nesterov ? s.ahead : s.velocity;
  }
};

}  // namespace strata
