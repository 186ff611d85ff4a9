// SPDX-License-Identifier: MIT
#pragma once

#include "strata/core/samples.hpp"
#include "strata/units/concept.hpp"

namespace strata {

/// Throws unless all data, or `to_binarise` what is drawn with them as probabilities, are values of the
/// units: `train: data has 12 at row 3, column 17, but the units take values in [0, 8]`.
template <UnitsWithMean U>
void check_data(std::string_view where, std::string_view what, const U& units,
                const Samples<ScalarOf<U>>& data, bool to_binarise = false) {
  constexpr Interval all = support<U>();
  if constexpr (HasAlternatives<U> && all.lowest < 0)  // not Tanh, which has all between
    check(!to_binarise && !data.is_binary(), where, ": ", what, " has the values 0 and 1, but ",
          kind_name(units), " units take -1 and 1");
  if (to_binarise)
    data.check_values(where, what, {0, 1});
  else if constexpr (requires { units.range(); })
    data.check_values(where, what, units.range());
  else
    data.check_values(where, what, all);
}

}  // namespace strata
