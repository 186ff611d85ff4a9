// SPDX-License-Identifier: MIT
// "Adam: a method for stochastic optimization" (Kingma and Ba 2015).
#pragma once

#include "strata/core/checks.hpp"
#include "strata/core/parameters.hpp"
#include "strata/core/schedule.hpp"

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
    std::vector<Matrix<S>> first, second;
    double count = 0;

    template <class F>
    void visit(F&& f) {
      f("first", first), f("second", second), f("count", count);
    }
  };

  /// Throws if a rate is negative or not finite, epsilon likewise or 0, or a beta outside [0, 1).
  void check_options() const {
    check_rate("Adam", "learning_rate", learning_rate(0));
    check_rate("Adam", "scale_rate", scale_rate);
    check(epsilon > 0, "Adam: epsilon has ", epsilon, ", but more than 0 is needed");
    check_rate("Adam", "epsilon", epsilon);
    for (const double beta : {beta1, beta2})
      check(beta >= 0 && beta < 1, "Adam: beta has ", beta, ", but a value in [0, 1) is needed");
  }
  template <class S>
  State<S> start(const Parameters<S>& theta) const {
    return {zeros(theta), zeros(theta)};
  }

  template <class S>
  auto step(double epoch, State<S>& s) const {
    ++s.count;
    const auto b1 = static_cast<S>(beta1), b2 = static_cast<S>(beta2);
    const auto c1 = static_cast<S>(1 / (1 - std::pow(beta1, s.count)));
    const auto c2 = static_cast<S>(1 / (1 - std::pow(beta2, s.count)));
    const auto tiny = static_cast<S>(epsilon);
    const double rate = learning_rate(epoch);
    return [=, this, &s](Piece<S>& p) {
      const auto r = static_cast<S>(p.role == Role::log_scale ? scale_rate * rate : rate);
      auto m = p.of(s.first), v = p.of(s.second);
      m = b1 * m + (1 - b1) * p.gradient;
      v = b2 * v + (1 - b2) * p.gradient.square();
      p.gradient = r * c1 * m / ((c2 * v).sqrt() + tiny);
      return p.gradient;
    };
  }
};

}  // namespace strata
