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

/// PCD-k. Differs from CD-k only in where the chains start: where the last gradient left them.
struct PersistentContrastiveDivergence {
  Schedule steps = 1;  // k, for each gradient; a number or a function of the epoch
  int chains = 0;      // 0: as many as the first batch has samples
  Coordinates coordinates = Coordinates::centred;

  template <AnyRBM M>
  struct State {
    Matrix<ScalarOf<M>> x0, mean0;    // hidden input and means of the data
    Particles<ScalarOf<M>> negative;  // its hidden states are what persists
    Matrix<ScalarOf<M>> mean;         // its hidden means
    double epoch = 0;                 // the time, set by the training loop
  };

  /// Throws if steps < 1 or chains < 0.
  template <AnyRBM M>
  State<M> start(const M&) const {
    check(steps(0) >= 1, "PersistentContrastiveDivergence: steps has ", steps(0),
          ", but at least 1 is needed");
    check(chains >= 0, "PersistentContrastiveDivergence: chains has ", chains,
          ", but at least 0 is needed");
    return {};
  }

  template <AnyRBM M, class G>
  void gradient(const M& m, const States<ScalarOf<M>>& v0, State<M>& s, G& g, Random& rng) const {
    hidden_input(m, v0, s.x0);
    m.hidden.mean(s.x0, s.mean0);
    if (s.negative.h.size() == 0) begin_chains(m, v0, s, rng);
    for (int k = 0; k < steps(s.epoch); ++k) {
      if (k == 0)
        reconstruct(m, {}, {}, s.negative, rng);  // the last input was that of other weights
      else
        reconstruct(m, s.negative, rng);
      sample(m.hidden, s.negative.x, rng, s.negative.h, &s.mean);
    }
    contrast(m, {v0, s.x0, s.mean0}, {s.negative.v, s.negative.x, s.mean}, g);
  }

 private:
  // The chains set out from the hidden states of the first batch, taken round and round.
  template <AnyRBM M>
  void begin_chains(const M& m, const States<ScalarOf<M>>& v0, State<M>& s, Random& rng) const {
    using S = ScalarOf<M>;
    const Index n = chains > 0 ? chains : s.x0.cols();
    Matrix<S> x(s.x0.rows(), n);
    for (Index j = 0; j < n; ++j) x.col(j) = s.x0.col(j % s.x0.cols());
    sample(m.hidden, x, rng, s.negative.h);
    if constexpr (ConservingUnits<decltype(M::visible)>) {
      const Matrix<S> v = v0.matrix();
      Matrix<S>& start = s.negative.v.as_numbers();
      start.resize(v.rows(), n);
      for (Index j = 0; j < n; ++j) start.col(j) = v.col(j % v.cols());
    }
  }
};

}  // namespace strata
