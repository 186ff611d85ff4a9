// SPDX-License-Identifier: MIT
// "Using fast weights to improve persistent contrastive divergence" (Tieleman and Hinton 2009).
#pragma once

#include "strata/rbm/persistent_contrastive_divergence.hpp"

namespace strata {

/// PCD-k whose chains see other parameters: θ + fast, where
///   fast ← decay · fast + fast_rate · gradient
/// after each gradient. What the chains have just done becomes unlikely to them, so they move on,
/// whatever the rate at which the model itself learns.
struct FastPersistentContrastiveDivergence {
  Schedule steps = 1;  // k, for each gradient; a number or a function of the epoch
  int chains = 0;      // 0: as many as the first batch has samples
  double fast_rate = 0.01;
  double decay = 0.95;
  Coordinates coordinates = Coordinates::centred;  // of the model's steps; fast ones are plain
  static constexpr auto where = "FastPersistentContrastiveDivergence";

  template <AnyRBM M>
  struct State {
    Matrix<ScalarOf<M>> x0, mean0;    // hidden input and means of the data
    Particles<ScalarOf<M>> negative;  // its hidden states are what persists
    Matrix<ScalarOf<M>> mean;         // its hidden means
    M fast, sum;                      // the fast parameters, and θ + fast
    double epoch = 0;                 // the time, set by the training loop

    template <class F>
    void visit(F&& f) {
      f("chains", negative.h), f("fast", fast);
    }
  };

  /// Throws if steps < 1 or chains < 0, if fast_rate is negative or decay outside [0, 1).
  template <AnyRBM M>
  State<M> start(const M& m) const {
    detail::check_chains<M>(where, steps, chains);
    check_rate(where, "fast_rate", fast_rate);
    check(decay >= 0 && decay < 1, where, ": decay has ", decay,
          ", but a value in [0, 1) is needed");
    return {.x0 = {}, .mean0 = {}, .negative = {}, .mean = {}, .fast = zeros_like(m), .sum = m};
  }

  template <AnyRBM M, class G>
  void gradient(const M& m, const States<ScalarOf<M>>& v0, State<M>& s, G& g, Random& rng) const {
    add_fast(m, s);
    hidden_input(m, v0, s.x0);
    m.hidden.mean(s.x0, s.mean0);
    detail::move_chains(s.sum, v0, whole_steps(where, steps, s.epoch), chains, s, rng);
    contrast(m, {v0, s.x0, s.mean0}, {s.negative.v, s.negative.x, s.mean}, g);
    follow(s, g);
  }

 private:
  // Scales stay the model's own.
  template <AnyRBM M>
  static void add_fast(const M& m, State<M>& s) {
    s.sum = m;
    auto sum = parameters(s.sum), fast = parameters(s.fast);
    for (std::size_t i = 0; i < sum.size(); ++i)
      if (sum[i].role != Role::log_scale) sum[i].value += fast[i].value;
  }
  template <AnyRBM M, class G>
  void follow(State<M>& s, G& g) const {
    using S = ScalarOf<M>;
    const auto d = static_cast<S>(decay), rate = static_cast<S>(fast_rate);
    const Matrix<S>& weights = multiplied(g.weights);
    s.fast.weights = d * s.fast.weights + rate * weights;
    M slope = s.fast;
    slope.visible = g.visible;
    slope.hidden = g.hidden;
    auto fast = parameters(s.fast);
    const auto by = parameters(slope);
    for (std::size_t i = 0; i < fast.size(); ++i)
      if (fast[i].role == Role::bias) fast[i].value = d * fast[i].value + rate * by[i].value;
  }
};

}  // namespace strata
