// SPDX-License-Identifier: MIT
// The tail Q(x) = ∫_x^∞ φ of the standard normal distribution, and the moments and quantiles of what
// lies in it, over the whole range of x: Laplace's continued fraction where x is large.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

namespace strata {

namespace detail {

/// From here on the continued fraction is quicker and more accurate than φ/Q − x.
inline constexpr double normal_tail_begins = 3;

/// k of E[n − x | n > x] = 1/(x + 2k), k = 1/(x + 3/(x + 4/(x + …))), for x ≥ normal_tail_begins. The
/// fraction stops where what follows is nearly its own fixed point, y = x + n/y; the relative error
/// is below 1e-15.
inline double second_fraction(double x) {
  constexpr int terms = 32;
  double y = 0.5 * (x + std::sqrt(x * x + 4 * (terms + 1.5)));
  for (int n = terms + 1; n >= 3; --n) y = x + n / y;
  return 1 / y;
}

}  // namespace detail

/// φ(x)/Q(x), how likely a number above x is to lie next to it: relative error below 1e-14.
inline double normal_hazard(double x) {
  if (x >= detail::normal_tail_begins) return x + 1 / (x + 2 * detail::second_fraction(x));
  return std::exp(-0.5 * x * x) * std::sqrt(2 / std::numbers::pi) /
         std::erfc(x / std::numbers::sqrt2);
}

/// E[n − x | n > x] = φ(x)/Q(x) − x of a normal number n, about 1/x where x is large: relative error
/// below 3e-14.
inline double normal_excess(double x) {
  if (x >= detail::normal_tail_begins) return 1 / (x + 2 * detail::second_fraction(x));
  return normal_hazard(x) - x;
}

/// Var[n | n > x] = 1 − m (m + x) of the excess m, about 1/x² where x is large. As m (x + 2k) = 1 for
/// k of the continued fraction, it is m (2k − m), in which nothing cancels: relative error
/// below 5e-13.
inline double normal_excess_variance(double x) {
  if (x >= detail::normal_tail_begins) {
    const double k = detail::second_fraction(x), m = 1 / (x + 2 * k);
    return m * (2 * k - m);
  }
  const double hazard = normal_hazard(x);
  return 1 - hazard * (hazard - x);
}

/// log Q(x)/φ(x) of Mills' ratio.
inline double log_mills_ratio(double x) {
  if (x >= detail::normal_tail_begins) return -std::log(normal_hazard(x));
  return 0.5 * x * x +
         std::log(std::sqrt(std::numbers::pi / 2) * std::erfc(x / std::numbers::sqrt2));
}

/// The s ≥ 0 at which log Q(x + s) = log Q(x) − t, for x ≥ 0 and t ≥ 0, to within tolerance³ of itself
/// or the rounding of t: by Halley's steps on f(s) = log Q(x) − log Q(x + s) − t, which rises ever
/// steeper, from a bound above (f is above its tangent at 0, and above xs + s²/2 − t).
inline double normal_excess_quantile(double x, double t, double tolerance = 1e-5) {
  const double first = normal_hazard(x);  // φ/Q: log Q(x) = −x²/2 − log first + constant
  double s = std::min(t / first, 2 * t / (x + std::sqrt(x * x + 2 * t)));
  if (!(s > 0)) return 0;
  for (int step = 0; step < 10; ++step) {  // of which 1 to 3 are needed
    const double hazard = normal_hazard(x + s);
    const double newton = (s * (x + 0.5 * s) + std::log(hazard / first) - t) / hazard;
    const double change = newton / (1 - 0.5 * newton * (hazard - x - s));
    s -= change;
    if (std::abs(change) <= tolerance * s) break;
  }
  return std::max(s, 0.0);
}

}  // namespace strata
