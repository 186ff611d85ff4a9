// SPDX-License-Identifier: MIT
// Contrastive divergence: "Training products of experts by minimizing contrastive divergence"
// (Hinton 2002). The negative phase starts at the data and takes k steps of Gibbs sampling.
#pragma once

#include "strata/rbm/gibbs.hpp"
#include "strata/rbm/statistics.hpp"

namespace strata {

/// CD-k. A gradient estimator is a value with options. start(m) gives the state of one run, and
/// gradient(m, v0, state, g, rng) writes the estimate of ∂ log p(v0)/∂θ, averaged over the columns,
/// to g.
struct ContrastiveDivergence {
  int steps = 1;               // k
  bool sample_visible = true;  // false: the negative phase has the means of the visible units

  template <AnyRBM M>
  struct State {
    Matrix<ScalarOf<M>> x0;  // hidden input of the data
    Particles<M> negative;
    Matrix<ScalarOf<M>> scratch;
  };

  /// Throws if steps < 1.
  template <AnyRBM M>
  State<M> start(const M&) const {
    check(steps >= 1, "ContrastiveDivergence: steps has ", steps, ", but at least 1 is needed");
    return {};
  }

  template <AnyRBM M, class States>
  void gradient(const M& m, const States& v0, State<M>& s, M& g, Random& rng) const {
    hidden_input(m, v0, s.x0);
    m.hidden.sample(s.x0, rng, s.negative.h);
    reconstruct(m, s.negative, rng, sample_visible);
    for (int k = 1; k < steps; ++k) {
      m.hidden.sample(s.negative.x, rng, s.negative.h);
      reconstruct(m, s.negative, rng, sample_visible);
    }
    contrast(m, v0, s.x0, s.negative.v, s.negative.x, g, s.scratch);
  }
};

}  // namespace strata
