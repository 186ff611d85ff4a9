// SPDX-License-Identifier: MIT
// How far random numbers are from what they should be, in standard deviations.
#pragma once

#include <cmath>
#include <vector>

#include "strata/core/types.hpp"

namespace strata::testing {

/// z of the mean of independent numbers whose expectation is 0.
template <class D>
double mean_z(const Eigen::DenseBase<D>& x) {
  const Eigen::ArrayXXd y = x.derived().array();
  return y.mean() / std::sqrt(y.square().mean() / static_cast<double>(y.size()));
}

/// z of χ² for counts that should be equal.
inline double chi_square_z(const std::vector<double>& counts) {
  const auto n = static_cast<Index>(counts.size());
  const Eigen::Map<const Eigen::ArrayXd> c(counts.data(), n);
  const double freedom = static_cast<double>(n - 1);
  return ((c - c.mean()).square().sum() / c.mean() - freedom) / std::sqrt(2 * freedom);
}

}  // namespace strata::testing
