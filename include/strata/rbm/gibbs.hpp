// SPDX-License-Identifier: MIT
// Block Gibbs sampling: all hidden units given the visible ones, then all visible units given them.
#pragma once

#include "strata/rbm/rbm.hpp"

namespace strata {

/// Particles of a Gibbs chain, one per column, and the memory that its steps reuse.
template <AnyRBM M>
struct Particles {
  Matrix<ScalarOf<M>> v;  // visible states, n_v × B
  Matrix<ScalarOf<M>> h;  // hidden states, n_h × B
  Matrix<ScalarOf<M>> x;  // hidden input W t(v)
  Matrix<ScalarOf<M>> y;  // visible input Wᵀ t(h)
};

/// v ~ p(v | h), or its mean, and the hidden input that comes with it.
template <AnyRBM M>
void reconstruct(const M& m, Particles<M>& p, Random& rng, bool sampled = true) {
  visible_input(m, p.h, p.y);
  if (sampled)
    m.visible.sample(p.y, rng, p.v);
  else
    m.visible.mean(p.y, p.v);
  hidden_input(m, p.v, p.x);
}

/// The visible states after `steps` sweeps v → h → v from v.
template <AnyRBM M, class States>
Matrix<ScalarOf<M>> gibbs(const M& m, const States& v, int steps, Random& rng) {
  check(steps >= 0, "gibbs: steps has ", steps, ", but at least 0 is needed");
  Particles<M> p{.v = v, .h = {}, .x = hidden_input(m, v), .y = {}};
  for (int k = 0; k < steps; ++k) {
    m.hidden.sample(p.x, rng, p.h);
    reconstruct(m, p, rng);
  }
  return p.v;
}

}  // namespace strata
