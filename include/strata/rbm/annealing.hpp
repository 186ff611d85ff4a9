// SPDX-License-Identifier: MIT
// Models on the way between an easy one and an RBM, for annealing and tempering.
#pragma once

#include "strata/rbm/rbm.hpp"

namespace strata::detail {

/// Units on their way from no parameters (β = 0) to their own.
template <UnitLayer U>
U annealed(const U& units, double beta) {
  U none = units;
  zero_units(none);
  return between(none, units, beta);
}

/// β x as units `to` receive it, where x is an input by the statistic of units `from`.
template <UnitLayer U>
Matrix<ScalarOf<U>> scaled_input(const U& from, const U& to, double beta,
                                 const Batch<ScalarOf<U>>& x) {
  using S = ScalarOf<U>;
  if constexpr (HasStatistic<U>) {
    const Vector<S> scale = statistic_scale(from).cwiseQuotient(statistic_scale(to));
    return (static_cast<S>(beta) * scale).asDiagonal() * x;
  } else {
    return static_cast<S>(beta) * x;
  }
}

}  // namespace strata::detail
