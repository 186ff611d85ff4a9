// SPDX-License-Identifier: MIT
// Block Gibbs sampling: all hidden units given the visible ones, then all visible units given them.
#pragma once

#include <utility>

#include "strata/rbm/rbm.hpp"

namespace strata {

/// Particles of a Gibbs chain, one per column, and the memory that its steps reuse.
template <class S>
struct Particles {
  States<S> v;  // visible states, n_v × B
  States<S> h;  // hidden states, n_h × B
  Matrix<S> x;  // hidden input W t(v)
  Matrix<S> y;  // visible input Wᵀ t(h)

  // Of the step before.
  States<S> last_v = {};
  Matrix<S> last_x = {};

  // The visible units that are on here keep these states, if there are any; both n_v × B. Bits where
  // the kind has them.
  BinaryStates held = {};
  States<S> clamped = {};
};

/// n columns: those of x, taken round and round.
template <class S>
Matrix<S> round_and_round(const Matrix<S>& x, Index n) {
  Matrix<S> columns(x.rows(), n);
  for (Index j = 0; j < n; ++j) columns.col(j) = x.col(j % x.cols());
  return columns;
}

/// v ~ p(v | h), or its mean, and its hidden input. `other` are the states before, `x` their hidden input:
/// where few units changed only those are summed. Numbers of words are those of `other`, or without others
/// those of the particles.
template <AnyRBM M>
void reconstruct(const M& m, const States<ScalarOf<M>>& other, const Matrix<ScalarOf<M>>& x,
                 Particles<ScalarOf<M>>& p, Random& rng, bool sampled = true) {
  visible_input(m, p.h, p.y);
  const auto& units = like(m.visible, other.size() > 0 ? other : p.v);
  if (sampled)
    sample(units, p.y, rng, p.v);
  else
    units.mean(p.y, p.v.as_numbers());
  if (p.clamped.size() > 0) p.v.set_where(p.held, p.clamped);
  hidden_input(m, p.v, other, x, p.x);
}
/// Given the visible states that the particles have.
template <AnyRBM M>
void reconstruct(const M& m, Particles<ScalarOf<M>>& p, Random& rng, bool sampled = true) {
  std::swap(p.v, p.last_v);
  p.x.swap(p.last_x);
  reconstruct(m, p.last_v, p.last_x, p, rng, sampled);
}

/// Sweeps h → v → h. The hidden input is summed anew each time, so that what has gone before, many sweeps
/// or another model, leaves no rounding behind.
template <AnyRBM M>
void sweep(const M& m, Particles<ScalarOf<M>>& p, int sweeps, Random& rng) {
  for (int k = 0; k < sweeps; ++k) {
    reconstruct(m, {}, {}, p, rng);
    sample(m.hidden, p.x, rng, p.h);
  }
}

/// The visible states after `steps` sweeps v → h → v from v.
template <AnyRBM M, class AnyStates>
Matrix<ScalarOf<M>> gibbs(const M& m, const AnyStates& v, int steps, Random& rng) {
  using S = ScalarOf<M>;
  check(steps >= 0, "gibbs: steps has ", steps, ", but at least 0 is needed");
  check_rows("gibbs", "v", v.rows(), m.visible.size(), "visible units");
  check_weights("gibbs", m);
  Particles<S> p;
  p.v = States<S>(v);
  hidden_input(m, p.v, p.x);
  for (int k = 0; k < steps; ++k) {
    sample(m.hidden, p.x, rng, p.h);
    reconstruct(m, p, rng);
  }
  return p.v.matrix();
}

}  // namespace strata
