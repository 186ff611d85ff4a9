// SPDX-License-Identifier: MIT
// Data of any range brought to [0, 1], where Bernoulli units take them. Gaussian units do not need it.
#pragma once

#include <string_view>

#include "strata/core/checks.hpp"
#include "strata/core/types.hpp"

namespace strata {

/// The smallest and the largest value that each row had in some data: `min_max(train)` is learned once,
/// and used on all else.
template <class S>
struct MinMax {
  Vector<S> lowest, highest;  // n

  /// (x − lowest) / (highest − lowest), n × N: what lies outside becomes 0 or 1; a row that was constant
  /// becomes 0, where x is larger 1.
  Matrix<S> to_unit(const Batch<S>& x) const {
    check_shape("MinMax::to_unit", x);
    const Vector<S> range = highest - lowest;
    const Vector<S> divisor = (range.array() > 0).select(range, Vector<S>::Ones(range.size()));
    Matrix<S> y = (x.colwise() - lowest).array().colwise() / divisor.array();
    for (Index i = 0; i < y.rows(); ++i)
      if (range(i) == 0) y.row(i) = (y.row(i).array() > 0).template cast<S>();
    return y.cwiseMax(S(0)).cwiseMin(S(1));
  }
  /// The way back, in the data's own units.
  Matrix<S> from_unit(const Batch<S>& y) const {
    check_shape("MinMax::from_unit", y);
    return ((highest - lowest).asDiagonal() * y).colwise() + lowest;
  }

 private:
  void check_shape(std::string_view where, const Batch<S>& x) const {
    check(x.rows() == lowest.size(), where, ": x has ", x.rows(), " rows, but the data had ",
          lowest.size());
  }
};

/// Of data n × N with one sample per column. Throws if there is none, or a value or a row's range is not
/// finite.
template <class X>
MinMax<ScalarOf<X>> min_max(const Eigen::MatrixBase<X>& x) {
  check(x.cols() > 0, "min_max: x has 0 columns, but at least 1 is needed");
  check_values("min_max", "x", x);
  MinMax<ScalarOf<X>> found{x.rowwise().minCoeff(), x.rowwise().maxCoeff()};
  check_values("min_max", "the range of x", found.highest - found.lowest);
  return found;
}

}  // namespace strata
