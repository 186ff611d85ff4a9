// SPDX-License-Identifier: MIT
// A line search for the strong Wolfe conditions: "Numerical Optimization" (Nocedal and Wright 2006),
// chapter 3, with safeguards like those of "Line search algorithms with guaranteed sufficient
// decrease" (Moré and Thuente 1994).
#pragma once

#include <algorithm>
#include <cmath>

#include "strata/core/checks.hpp"

namespace strata {

/// A point of a line through θ: φ(α) = f(θ + α d), and its slope φ'(α) = dᵀ ∂f(θ + α d).
struct LinePoint {
  double length = 0;  // α
  double value = 0;
  double slope = 0;

  bool finite() const { return std::isfinite(value) && std::isfinite(slope); }
};

namespace detail {

/// aᵀ b, summed in double whatever the scalar.
template <class A, class B>
double dot(const Eigen::MatrixBase<A>& a, const Eigen::MatrixBase<B>& b) {
  return a.template cast<double>().dot(b.template cast<double>());
}

/// Where the cubic through both points, with their slopes, is lowest; nan or infinite where it has
/// no minimum.
inline double cubic_minimum(const LinePoint& a, const LinePoint& b) {
  const double width = b.length - a.length;
  const double d1 = a.slope + b.slope - 3 * (b.value - a.value) / width;
  const double d2 = std::copysign(std::sqrt(d1 * d1 - a.slope * b.slope), width);
  return b.length - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
}

}  // namespace detail

/// Looks along a line that goes downhill for a point where
///   φ(α) ≤ φ(0) + decrease · α φ'(0)   and   |φ'(α)| ≤ curvature · |φ'(0)|.
/// The smaller `curvature`, the nearer to a minimum of φ; conjugate directions want it well below
/// 0.5.
struct LineSearch {
  double decrease = 1e-4;
  double curvature = 0.1;
  int evaluations = 20;  // of φ, at most

  /// Throws unless 0 < decrease < curvature < 1, without which there may be no such point.
  void check_options() const {
    check(decrease > 0 && decrease < 1, "LineSearch: decrease has ", decrease,
          ", but a value in (0, 1) is needed");
    check(curvature > decrease && curvature < 1, "LineSearch: curvature has ", curvature,
          ", but a value in (decrease, 1) = (", decrease, ", 1) is needed");
    check(evaluations >= 1, "LineSearch: evaluations has ", evaluations,
          ", but at least 1 is needed");
  }

  /// Returns such a point, or the lowest with sufficient decrease that was seen (`start` if there
  /// was none), where phi(α) gives a LinePoint and `length` is the first α to be tried. A point
  /// that is not finite counts as too far.
  template <class Phi>
  LinePoint operator()(Phi&& phi, const LinePoint& start, double length) const {
    LinePoint low = start;     // the best so far: φ falls from here towards `high`, ...
    LinePoint high{HUGE_VAL};  // ... beyond which there is no need to look
    for (int i = 0; i < evaluations; ++i) {
      const LinePoint tried = phi(length);
      const double enough = start.value + decrease * tried.length * start.slope;
      if (!tried.finite() || tried.value > enough || tried.value > low.value) {
        high = tried;
        length = inside(low, high);
        continue;
      }
      if (std::abs(tried.slope) <= -curvature * start.slope) return tried;
      const LinePoint before = low;
      if (tried.slope * (high.length - low.length) >= 0) high = low;
      low = tried;
      length = std::isinf(high.length) ? beyond(before, low) : inside(low, high);
    }
    return low;
  }

 private:
  /// Between two points, where the cubic is lowest, but never so near to an end that a bad guess
  /// would cost more than a tenth of the interval. A high end that is not finite says only "far
  /// less than that".
  static double inside(const LinePoint& low, const LinePoint& high) {
    const double width = high.length - low.length;
    if (!high.finite()) return low.length + 0.25 * width;
    const double share = (detail::cubic_minimum(low, high) - low.length) / width;
    return low.length + (std::isfinite(share) ? std::clamp(share, 0.1, 0.9) : 0.5) * width;
  }
  /// Ahead of two points between which φ still falls, at most ten times as far.
  static double beyond(const LinePoint& from, const LinePoint& to) {
    const double guess = detail::cubic_minimum(from, to), most = 10 * to.length;
    if (!(guess > to.length)) return most;  // no minimum, or one left behind
    return std::clamp(guess, to.length + 0.1 * (to.length - from.length), most);
  }
};

}  // namespace strata
