// SPDX-License-Identifier: MIT
// What backpropagation asks of a kind of units: no distribution, but a mean with derivatives.
#pragma once

#include "strata/units/concept.hpp"

namespace strata {

/// Units whose mean is a function of b + x and can be differentiated: mean_gradient(x, y, g) turns g
/// from ∂L/∂y into ∂L/∂x, where y = mean(x). As ∂y/∂x is symmetric in all kinds, the same turns a
/// change of x into the change of y.
template <class U>
concept DifferentiableUnits = UnitsWithMean<U> &&
    requires(const U& units, const Matrix<ScalarOf<U>>& y, Matrix<ScalarOf<U>>& g) {
  units.bias;
  units.mean_gradient(y, y, g);
};

/// Units each of which depends on its own input alone: derivatives(y, first, second) writes f′ and f″
/// of the mean y = f(b + x), entry by entry.
template <class U>
concept ElementwiseUnits = DifferentiableUnits<U> &&
    requires(const U& units, const Matrix<ScalarOf<U>>& y, Matrix<ScalarOf<U>>& out) {
  units.derivatives(y, out, out);
};

}  // namespace strata
