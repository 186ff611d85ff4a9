// SPDX-License-Identifier: MIT
// What backpropagation lowers at the top of a net.
#pragma once

#include "strata/units/differentiable.hpp"

namespace strata {

/// −log p(target | x) of the top units, in nats: cross-entropy for Bernoulli and Softmax units,
/// half the squared error (and a constant) for Gaussian ones with σ = 1.
struct CrossEntropy {
  static constexpr const char* name = "cross-entropy";

  /// Summed over the batch; x is the input of the units and y their mean.
  template <UnitLayer U, class S>
  double value(const U& units, const Matrix<S>& x, const Matrix<S>&,
               const Matrix<S>& target) const {
    const Row<S> e = units.energy(target), gamma = units.log_partition(x);
    const Matrix<S>& t = statistic(units, target);
    double sum = 0;  // of E(target) + Γ(x) − xᵀ t(target)
    for (Index j = 0; j < x.cols(); ++j)
      sum += static_cast<double>(e(j)) + static_cast<double>(gamma(j));
    for (Index i = 0; i < x.size(); ++i)
      sum -= static_cast<double>(x(i)) * static_cast<double>(t(i));
    return sum;
  }
  /// ∂value/∂x = E[t(s) | x] − t(target).
  template <UnitLayer U, class S>
  void gradient(const U& units, const Matrix<S>&, const Matrix<S>& y, const Matrix<S>& target,
                Matrix<S>& delta) const {
    delta = statistic(units, y) - statistic(units, target);
  }
  /// h = H d: the second derivative by x, that of the log-partition, times a change of x.
  template <DifferentiableUnits U, class S>
  void curvature(const U& units, const Matrix<S>& x, const Matrix<S>& y, const Matrix<S>& d,
                 Matrix<S>& h) const {
    h = d;
    units.mean_gradient(x, y, h);
    h = statistic(units, h);
  }
};

/// ½ ‖y − target‖² for units of any kind.
struct SquaredError {
  static constexpr const char* name = "half squared error";

  template <DifferentiableUnits U, class S>
  double value(const U&, const Matrix<S>&, const Matrix<S>& y, const Matrix<S>& target) const {
    return 0.5 * (y - target).template cast<double>().squaredNorm();
  }
  template <DifferentiableUnits U, class S>
  void gradient(const U& units, const Matrix<S>& x, const Matrix<S>& y, const Matrix<S>& target,
                Matrix<S>& delta) const {
    delta = y - target;
    units.mean_gradient(x, y, delta);
  }
  /// The same without the second derivatives of the units, which may bend either way.
  template <DifferentiableUnits U, class S>
  void curvature(const U& units, const Matrix<S>& x, const Matrix<S>& y, const Matrix<S>& d,
                 Matrix<S>& h) const {
    h = d;
    units.mean_gradient(x, y, h);
    units.mean_gradient(x, y, h);
  }
};

}  // namespace strata
