// SPDX-License-Identifier: MIT
// Logarithms of factorials, which the energies of counts are made of.
#pragma once

#include <cmath>
#include <numbers>

namespace strata {

/// log n! = log Γ(n + 1) for real n ≥ 0, with an absolute error below 4 ulp of max(1, log n!). Unlike
/// std::lgamma it writes no global variable, so threads may call it.
inline double log_factorial(double n) {
  double product = 1;
  if (n <= 16 && n == std::floor(n)) {
    for (; n > 1; --n) product *= n;
    return std::log(product);
  }
  while (n < 16) product *= ++n;  // n! = (n + k)! / ((n + 1) … (n + k))
  // Stirling's series, of which the first term left out is 691/(360360 n¹¹) < 2e-16
  const double r = 1 / n, r2 = r * r;
  const double series =
      r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680 - r2 / 1188))));
  return (n + 0.5) * std::log(n) - n + 0.5 * std::log(2 * std::numbers::pi) + series -
         std::log(product);
}

/// log C(n, k) = log n! / (k! (n − k)!).
inline double log_binomial(double n, double k) {
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

}  // namespace strata
