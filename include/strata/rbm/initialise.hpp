// SPDX-License-Identifier: MIT
// Where learning starts: section 8 of "A practical guide to training restricted Boltzmann machines"
// (Hinton 2012).
#pragma once

#include "strata/rbm/rbm.hpp"

namespace strata {

/// Small normal weights; visible parameters under which the data are likeliest on their own (for
/// Bernoulli units the logit of the clamped mean); hidden biases 0. data is n_v × N.
template <AnyRBM M>
void initialise(M& m, const Batch<ScalarOf<M>>& data, Random& rng, double deviation = 0.01) {
  using S = ScalarOf<M>;
  check_rows("initialise", "data", data.rows(), m.visible.size(), "visible units");
  check(data.cols() > 0, "initialise: data has 0 columns, but at least 1 is needed");
  m.weights = static_cast<S>(deviation) * rng.normal<S>(m.hidden.size(), m.visible.size());
  fit(m.visible, data);
  zero_units(m.hidden);
}

}  // namespace strata
