// SPDX-License-Identifier: MIT
// The gradient by tempered chains: "Parallel tempering for training of restricted Boltzmann
// machines" (Desjardins and others 2010).
#pragma once

#include "strata/core/schedule.hpp"
#include "strata/rbm/coordinates.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/rbm/statistics.hpp"
#include "strata/rbm/tempered_chains.hpp"

namespace strata {

/// As PCD, but the chains exchange their states with others that are warmer, down to visible units on
/// their own, fitted to the first batch. The ladder of temperatures follows the rates of swaps.
struct ParallelTempering {
  Schedule steps = 1;     // sweeps and rounds of swaps for each gradient
  int replicas = 10;      // temperatures, the model's among them
  int chains = 0;         // at each; 0: as many as the first batch has samples
  int adapt_every = 100;  // gradients, after which the ladder is set anew; 0: never
  Coordinates coordinates = Coordinates::centred;

  template <AnyRBM M>
  struct State {
    Matrix<ScalarOf<M>> x0, mean0;  // hidden input and means of the data
    TemperedChains<M> negative;     // none before the first batch
    Matrix<ScalarOf<M>> mean;       // hidden means of the model's chains
    int gradients = 0;
    double epoch = 0;  // the time, set by the training loop

    template <class F>
    void visit(F&& f) {
      f("chains", negative), f("gradients", gradients);
    }
  };

  /// Throws if steps < 1, replicas < 2, or a number is negative.
  template <AnyRBM M>
  State<M> start(const M& m) const {
    constexpr auto where = "ParallelTempering";
    detail::check_chains<M>(where, steps, chains);
    check(replicas >= 2, where, ": replicas has ", replicas, ", but at least 2 are needed");
    check(adapt_every >= 0, where, ": adapt_every has ", adapt_every, ", but at least 0 is needed");
    return {.x0 = {}, .mean0 = {}, .negative = {m.visible, {}, replicas}, .mean = {}};
  }

  template <AnyRBM M, class G>
  void gradient(const M& m, const States<ScalarOf<M>>& v0, State<M>& s, G& g, Random& rng) const {
    hidden_input(m, v0, s.x0);
    m.hidden.mean(s.x0, s.mean0);
    if (s.negative.visible().cols() == 0) begin_chains(m, v0, s);
    s.negative.run(m, whole_steps("ParallelTempering", steps, s.epoch), rng);
    if (adapt_every > 0 && ++s.gradients % adapt_every == 0) s.negative.adapt();
    m.hidden.mean(s.negative.input(), s.mean);
    contrast(m, {v0, s.x0, s.mean0}, {s.negative.visible(), s.negative.input(), s.mean}, g);
  }

 private:
  // From the samples of the first batch, taken round and round.
  template <AnyRBM M>
  void begin_chains(const M& m, const States<ScalarOf<M>>& v0, State<M>& s) const {
    auto base = m.visible;
    fit(base, v0.matrix());
    const Matrix<ScalarOf<M>> v = round_and_round(v0.matrix(), chains > 0 ? chains : v0.cols());
    s.negative = {std::move(base), v0.is_binary() ? States<ScalarOf<M>>(BinaryStates(v)) : v,
                  replicas};
  }
};

}  // namespace strata
