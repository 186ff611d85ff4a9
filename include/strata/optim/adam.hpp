// SPDX-License-Identifier: MIT
// "Adam: a method for stochastic optimization" (Kingma and Ba 2015).
#pragma once

#include "strata/core/checks.hpp"
#include "strata/core/parallel.hpp"
#include "strata/core/parameters.hpp"
#include "strata/optim/schedule.hpp"

namespace strata {

/// Steps of about learning_rate in each parameter, by running averages of its gradient and of the
/// square of it, both corrected for their start at 0.
struct Adam {
  Schedule learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double scale_rate = 0.1;  // of log σ, relative to learning_rate; 0 leaves σ as it is

  template <class S>
  struct State {
    std::vector<Matrix<S>> first, second, steps;
    double count = 0;
  };

  /// Throws if the rate is negative or a beta is outside [0, 1).
  template <class S>
  State<S> start(const Parameters<S>& theta) const {
    check(learning_rate(0) >= 0, "Adam: learning_rate has ", learning_rate(0),
          ", but at least 0 is needed");
    for (const double beta : {beta1, beta2})
      check(beta >= 0 && beta < 1, "Adam: beta has ", beta, ", but a value in [0, 1) is needed");
    return {zeros(theta), zeros(theta), zeros(theta), 0};
  }

  template <class S>
  const std::vector<Matrix<S>>& step(const Parameters<S>& gradient, double epoch,
                                     State<S>& s) const {
    ++s.count;
    const auto b1 = static_cast<S>(beta1), b2 = static_cast<S>(beta2);
    const auto c1 = static_cast<S>(1 / (1 - std::pow(beta1, s.count)));
    const auto c2 = static_cast<S>(1 / (1 - std::pow(beta2, s.count)));
    const auto tiny = static_cast<S>(epsilon);
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      const double relative = gradient[i].role == Role::log_scale ? scale_rate : 1;
      const auto rate = static_cast<S>(relative * learning_rate(epoch));
      for_each_piece(
          [=](auto step, auto m, auto v, auto g) {
            m = b1 * m + (1 - b1) * g;
            v = b2 * v + (1 - b2) * g.square();
            step = rate * c1 * m / ((c2 * v).sqrt() + tiny);
          },
          s.steps[i], s.first[i], s.second[i], gradient[i].value);
    }
    return s.steps;
  }
};

}  // namespace strata
