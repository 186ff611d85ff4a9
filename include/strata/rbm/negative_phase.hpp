// SPDX-License-Identifier: MIT
// The gradient by a sampler of one's own.
#pragma once

#include "strata/rbm/coordinates.hpp"
#include "strata/rbm/statistics.hpp"

namespace strata {

/// An estimator whose model states come from a function
///   sampler(m, v0, v, rng)
/// that writes to v, States<S>, samples of the model m, n_v × any number; v holds what the last call
/// wrote, nothing at first. v0 are the data of the batch, States<S> too. It is called as const, and may
/// not be `mutable`. CD-5, but by chains without memory of their inputs:
///   NegativePhase{[](const auto& m, const auto& v0, auto& v, Random& rng) {
///     v = States<float>(gibbs(m, v0.matrix(), 5, rng));
///   }}
template <class Sampler>
struct NegativePhase {
  Sampler sampler;
  Coordinates coordinates = Coordinates::centred;

  template <AnyRBM M>
  struct State {
    Matrix<ScalarOf<M>> x0, mean0;  // hidden input and means of the data
    States<ScalarOf<M>> v;
    Matrix<ScalarOf<M>> x, mean;  // hidden input and means of v

    template <class F>
    void visit(F&& f) {
      f("v", v);
    }
  };

  template <AnyRBM M>
  State<M> start(const M&) const {
    return {};
  }

  /// Throws if the sampler gives states of a wrong size, or none.
  template <AnyRBM M, class G>
  void gradient(const M& m, const States<ScalarOf<M>>& v0, State<M>& s, G& g, Random& rng) const {
    hidden_input(m, v0, s.x0);
    m.hidden.mean(s.x0, s.mean0);
    sampler(m, v0, s.v, rng);
    check_rows("NegativePhase", "v", s.v.rows(), m.visible.size(), "visible units");
    check(s.v.cols() > 0, "NegativePhase: v has 0 columns, but at least 1 is needed");
    hidden_input(m, s.v, s.x);
    m.hidden.mean(s.x, s.mean);
    contrast(m, {v0, s.x0, s.mean0}, {s.v, s.x, s.mean}, g);
  }
};
template <class Sampler>
NegativePhase(Sampler) -> NegativePhase<Sampler>;
template <class Sampler>
NegativePhase(Sampler, Coordinates) -> NegativePhase<Sampler>;

}  // namespace strata
