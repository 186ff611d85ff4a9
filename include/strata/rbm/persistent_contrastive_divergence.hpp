// SPDX-License-Identifier: MIT
// Persistent contrastive divergence: "Training restricted Boltzmann machines using approximations
// to the likelihood gradient" (Tieleman 2008). The negative chains go on from one batch to the
// next.
#pragma once

#include "strata/core/schedule.hpp"
#include "strata/rbm/coordinates.hpp"
#include "strata/rbm/gibbs.hpp"
#include "strata/rbm/statistics.hpp"

namespace strata {

namespace detail {

template <AnyRBM M>
void check_chains(std::string_view where, const Schedule& steps, int chains) {
  static_assert(!ConservingUnits<decltype(M::visible)>,
                "chains that are kept would keep the first batch's numbers of words; use "
                "ContrastiveDivergence");
  whole_steps(where, steps, 0);
  check(chains >= 0, where, ": chains has ", chains, ", but at least 0 is needed");
}

/// Moves the chains of a state on by so many sweeps of the model m. At first they set out from hidden
/// states of the batch v0, whose hidden input the state has.
template <AnyRBM M, class State>
void move_chains(const M& m, const States<ScalarOf<M>>& v0, int steps, Index chains, State& s,
                 Random& rng) {
  auto& p = s.negative;
  if (p.h.size() == 0) {
    const Index n = chains > 0 ? chains : v0.cols();
    sample(m.hidden, round_and_round(s.x0, n), rng, p.h);
  }
  for (int k = 0; k < steps; ++k) {
    if (k == 0)
      reconstruct(m, {}, {}, p, rng);  // the last input was that of other weights
    else
      reconstruct(m, p, rng);
    sample(m.hidden, p.x, rng, p.h, &s.mean);
  }
}

}  // namespace detail

/// PCD-k. Differs from CD-k only in where the chains start: where the last gradient left them.
struct PersistentContrastiveDivergence {
  Schedule steps = 1;  // k, for each gradient; a number or a function of the epoch
  int chains = 0;      // 0: as many as the first batch has samples
  Coordinates coordinates = Coordinates::centred;
  static constexpr auto where = "PersistentContrastiveDivergence";

  template <AnyRBM M>
  struct State {
    Matrix<ScalarOf<M>> x0, mean0;    // hidden input and means of the data
    Particles<ScalarOf<M>> negative;  // its hidden states are what persists
    Matrix<ScalarOf<M>> mean;         // its hidden means
    double epoch = 0;                 // the time, set by the training loop

    template <class F>
    void visit(F&& f) {
      f("chains", negative.h);
    }
  };

  /// Throws if steps < 1 or chains < 0.
  template <AnyRBM M>
  State<M> start(const M&) const {
    detail::check_chains<M>(where, steps, chains);
    return {};
  }

  template <AnyRBM M, class G>
  void gradient(const M& m, const States<ScalarOf<M>>& v0, State<M>& s, G& g, Random& rng) const {
    hidden_input(m, v0, s.x0);
    m.hidden.mean(s.x0, s.mean0);
    detail::move_chains(m, v0, whole_steps(where, steps, s.epoch), chains, s, rng);
    contrast(m, {v0, s.x0, s.mean0}, {s.negative.v, s.negative.x, s.mean}, g);
  }
};

}  // namespace strata
