// SPDX-License-Identifier: MIT
// Nonlinear conjugate gradient after Polak and Ribière, as "Reducing the dimensionality of data with
// neural networks" (Hinton and Salakhutdinov 2006) fine-tuned by: three line searches on each
// minibatch of 1,000.
#pragma once

#include "strata/optim/line_search.hpp"
#include "strata/optim/objective.hpp"

namespace strata {

/// Line searches along d ← −g + β d with β = max(0, gᵀ(g − g₋) / g₋ᵀg₋), where g₋ is the gradient
/// before: PR+ of Nocedal and Wright, which starts anew by itself where the directions have ceased
/// to be conjugate. A value with options, like SGD; but it works on an Objective.
struct ConjugateGradient {
  int line_searches = 3;  // in each call of improve()
  double first_step = 1;  // the distance in θ that the first line search of a run tries first
  LineSearch line_search = {};  // how exact they are

  template <class S>
  struct State {
    Vector<S> gradient, direction;  // n; no direction yet, or none any more: the steepest
    double length = 0, slope = 0;  // α of the last line search, and the φ'(0) that it set out with
    Vector<S> trial, trial_gradient;  // scratch

    template <class F>
    void visit(F&& f) {
      f("direction", direction), f("gradient", gradient), f("length", length), f("slope", slope);
    }
  };

  /// Throws if there are no line searches to be made, or by options that cannot be met.
  void check_options() const {
    check(line_searches >= 1, "ConjugateGradient: line_searches has ", line_searches,
          ", but at least 1 is needed");
    check(first_step > 0, "ConjugateGradient: first_step has ", first_step,
          ", but more than 0 is needed");
    check_rate("ConjugateGradient", "first_step", first_step);
    line_search.check_options();
  }
  template <class S>
  State<S> start() const {
    return {};
  }

  /// Lowers f from θ. Leaves θ as it is where f or its gradient is not finite, or no step lowers f.
  template <Objective F>
  void improve(F& f, Vector<ScalarOf<F>>& theta, State<ScalarOf<F>>& s) const {
    if (f.changed() || s.direction.size() != theta.size()) s.direction.resize(0);
    s.gradient.resize(theta.size());
    s.trial_gradient.resize(theta.size());
    double value = f.value(theta, &s.gradient);
    if (!std::isfinite(value)) return;
    for (int i = 0; i < line_searches; ++i)
      if (!search(f, theta, value, s)) return;
  }

 private:
  /// One line search. Returns whether another may help; moves θ, its value and its gradient, and
  /// turns the direction.
  template <class F, class S>
  bool search(F& f, Vector<S>& theta, double& value, State<S>& s) const {
    const double square = detail::dot(s.gradient, s.gradient);
    if (!(square > 0 && std::isfinite(square))) return false;
    double slope = s.direction.size() > 0 ? detail::dot(s.direction, s.gradient) : 0;
    const bool steepest = !(slope < 0);  // so is a direction that leads uphill, or nowhere
    if (steepest) {
      s.direction = -s.gradient;
      slope = -square;
    }

    double at = 0;
    const auto phi = [&](double length) -> LinePoint {
      at = length;
      s.trial = theta + static_cast<S>(length) * s.direction;
      const double height = f.value(s.trial, &s.trial_gradient);
      return {length, height, detail::dot(s.trial_gradient, s.direction)};
    };
    const LinePoint end = line_search(phi, {0, value, slope}, first_length(s, slope, square));
    if (!(end.length > 0)) {
      s.direction.resize(0);
      s.length = 0;
      return !steepest;
    }
    if (at != end.length) phi(end.length);  // the gradient there has been written over
    value = end.value;
    s.length = end.length;
    s.slope = slope;
    theta.swap(s.trial);
    turn(s, square);
    return true;
  }

  /// As far as is expected to lower f as much as the last line search did to first order, but with
  /// caution where the slope has become small.
  template <class S>
  double first_length(const State<S>& s, double slope, double square) const {
    if (!(s.length > 0)) return first_step / std::sqrt(square);
    return s.length * std::min(10.0, s.slope / slope);
  }

  /// d ← −g + β d, and g for the gradient before, of which `square` is the squared norm.
  template <class S>
  static void turn(State<S>& s, double square) {
    const double change =
        detail::dot(s.trial_gradient, s.trial_gradient) - detail::dot(s.trial_gradient, s.gradient);
    const auto beta = static_cast<S>(std::max(0.0, change / square));
    s.direction = beta * s.direction - s.trial_gradient;
    s.gradient.swap(s.trial_gradient);
  }
};

}  // namespace strata
