// SPDX-License-Identifier: MIT
// Where learning starts: section 8 of "A practical guide to training restricted Boltzmann machines"
// (Hinton 2012).
#pragma once

#include "strata/rbm/rbm.hpp"

namespace strata {

/// Small normal weights; visible parameters under which the data are likeliest on their own (for
/// Bernoulli units the logit of the clamped mean); hidden biases 0, or under real-valued units those that
/// make up for the input of their mean. data is n_v × N.
template <AnyRBM M>
void initialise(M& m, const Batch<ScalarOf<M>>& data, Random& rng, double deviation = 0.01) {
  using S = ScalarOf<M>;
  using V = decltype(M::visible);
  using H = decltype(M::hidden);
  check_rows("initialise", "data", data.rows(), m.visible.size(), "visible units");
  check(data.cols() > 0, "initialise: data has 0 columns, but at least 1 is needed");
  check_rate("initialise", "deviation", deviation);
  m.weights = static_cast<S>(deviation) * rng.normal<S>(m.hidden.size(), m.visible.size());
  fit(m.visible, data);
  zero_units(m.hidden);
  // Real values may lie far off 0: their mean is to be no input.
  if constexpr (ScaledUnits<V>) {
    const Vector<S> at_mean = hidden_input(m, mean(m.visible, Matrix<S>::Zero(data.rows(), 1)));
    absorb<H>(m.hidden, -at_mean, m.hidden);
  }
}

}  // namespace strata
