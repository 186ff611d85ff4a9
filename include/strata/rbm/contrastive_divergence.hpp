// SPDX-License-Identifier: MIT
// Contrastive divergence: "Training products of experts by minimizing contrastive divergence"
// (Hinton 2002). The negative phase starts at the data and takes k steps of Gibbs sampling.
#pragma once

#include "strata/core/schedule.hpp"
#include "strata/rbm/coordinates.hpp"
#include "strata/rbm/gibbs.hpp"
#include "strata/rbm/statistics.hpp"

namespace strata {

/// CD-k. A gradient estimator is a value with options. start(m) gives the state of one run, and
/// gradient(m, v0, state, g, rng) writes the estimate of ∂ log p(v0)/∂θ, averaged over the columns,
/// to g: a model of m's type or, in training, its Gradient, which refers to v0 and the state.
struct ContrastiveDivergence {
  Schedule steps = 1;          // k, a number or a function of the epoch
  bool sample_visible = true;  // false: the negative phase has the means of the visible units
  Coordinates coordinates = Coordinates::plain;  // as in the papers

  template <AnyRBM M>
  struct State {
    Matrix<ScalarOf<M>> x0, mean0;  // hidden input and means of the data
    Particles<ScalarOf<M>> negative;
    Matrix<ScalarOf<M>> mean;  // hidden means of the negative phase
    double epoch = 0;          // the time, set by the training loop

    template <class F>
    void visit(F&&) {}  // nothing is kept from one batch to the next
  };

  /// Throws if steps < 1.
  template <AnyRBM M>
  State<M> start(const M&) const {
    whole_steps("ContrastiveDivergence", steps, 0);
    return {};
  }

  template <AnyRBM M, class G>
  void gradient(const M& m, const States<ScalarOf<M>>& v0, State<M>& s, G& g, Random& rng) const {
    hidden_input(m, v0, s.x0);
    sample(m.hidden, s.x0, rng, s.negative.h, &s.mean0);
    reconstruct(m, v0, s.x0, s.negative, rng, sample_visible);
    const int k = whole_steps("ContrastiveDivergence", steps, s.epoch);
    for (int step = 1; step < k; ++step) {
      sample(m.hidden, s.negative.x, rng, s.negative.h);
      reconstruct(m, s.negative, rng, sample_visible);
    }
    m.hidden.mean(s.negative.x, s.mean);
    contrast(m, {v0, s.x0, s.mean0}, {s.negative.v, s.negative.x, s.mean}, g);
  }
};

}  // namespace strata
