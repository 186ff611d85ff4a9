// SPDX-License-Identifier: MIT
// The special functions of Boltzmann machines, stable over the whole range of their arguments.
#pragma once

#include <cmath>
#include <limits>

#include "strata/core/types.hpp"

namespace strata {

/// σ(x) = 1 / (1 + e⁻ˣ), entry by entry. Relative error below 8 ulp where it is a normal number,
/// for x > −87.3 (float) or −708.3 (double); below that the result is at most the smallest such.
/// Never above 1.
template <class D>
Matrix<typename D::Scalar> sigmoid(const Eigen::DenseBase<D>& x) {
  using S = typename D::Scalar;
  return (S(1) + (-x.derived().array()).exp()).inverse();
}

/// log(1 + eˣ) = max(x, 0) + log(1 + e^{−|x|}), entry by entry. Absolute error below 4 ulp of
/// max(x, 1).
template <class D>
Matrix<typename D::Scalar> softplus(const Eigen::DenseBase<D>& x) {
  using S = typename D::Scalar;
  const Matrix<S> y = x.derived();  // read three times below
  return y.array().max(S(0)) + (S(1) + (-y.array().abs()).exp()).log();
}

/// log Σ eˣ over all entries, in double whatever the scalar. −∞ for no entries or all −∞.
template <class D>
double log_sum_exp(const Eigen::DenseBase<D>& x) {
  if (x.size() == 0) return -std::numeric_limits<double>::infinity();
  const Matrix<double> y = x.derived().template cast<double>();
  const double top = y.maxCoeff();
  if (!std::isfinite(top)) return top;
  return top + std::log((y.array() - top).exp().sum());
}

/// x ← e^{xᵢ} / Σⱼ e^{xⱼ} within each group of `group` successive rows of a column, groups × group
/// rows in all. Returns log Σⱼ e^{xⱼ}, the groups of each column summed.
template <class S>
Row<S> softmax_in_place(Matrix<S>& x, Index group) {
  Row<S> log_sum = Row<S>::Zero(x.cols());
  for (Index i = 0; i < x.size(); i += group) {
    Eigen::Map<Eigen::Array<S, Eigen::Dynamic, 1>> g(x.data() + i, group);
    const S top = g.maxCoeff();
    g = (g - top).exp();
    const S sum = g.sum();
    g /= sum;
    log_sum(i / x.rows()) += top + std::log(sum);
  }
  return log_sum;
}

/// Softmax over each whole column.
template <class D>
Matrix<typename D::Scalar> softmax(const Eigen::DenseBase<D>& x) {
  Matrix<typename D::Scalar> y = x.derived();
  softmax_in_place(y, y.rows());
  return y;
}

}  // namespace strata
