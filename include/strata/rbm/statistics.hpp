// SPDX-License-Identifier: MIT
// The gradient of the log-likelihood, ⟨−∂F/∂θ⟩ under the data minus the same under the model: every
// estimator is a way to choose the states of the second average.
#pragma once

#include "strata/rbm/rbm.hpp"

namespace strata {

/// States, with what the hidden units receive from them and do on average. A model's Gradient
/// refers to all three until the step is taken, so none may be a temporary.
template <class S>
struct Phase {
  const States<S>& v;     // n_v × B
  const Matrix<S>& x;     // hidden input, n_h × B
  const Matrix<S>& mean;  // E[h | v], n_h × B

  Phase(const States<S>& states, const Matrix<S>& input, const Matrix<S>& means)
      : v(states), x(input), mean(means) {}
  Phase(const States<S>&&, const Matrix<S>&, const Matrix<S>&) = delete;
  Phase(const States<S>&, const Matrix<S>&&, const Matrix<S>&) = delete;
  Phase(const States<S>&, const Matrix<S>&, const Matrix<S>&&) = delete;
};

/// g += scale · Σ_c ∂(−F(v_c))/∂θ over the columns of v; the parts that reach θ through t(v) are
/// left to add_visible_coupling. The hidden units enter by their means. `g` is a model or its
/// Gradient, which refers to the phase's matrices.
template <AnyRBM M, class G>
void add_statistics(const M& m, const Phase<ScalarOf<M>>& phase, ScalarOf<M> scale, G& g) {
  thread_local Row<ScalarOf<M>> w;
  w.setConstant(phase.x.cols(), scale);
  add_energy_gradient(m.visible, phase.v, w, g.visible);
  add_partition_gradient(m.hidden, phase.x, phase.mean, w, g.hidden);
  // ⟨t(h) t(v)ᵀ⟩
  add_outer(scale, statistic(m.hidden, phase.mean), statistic(m.visible, phase.v), g.weights);
}

/// Adds what the visible parameters do through t(v) to all that g.weights has gathered so far.
template <AnyRBM M, class G>
void add_visible_coupling(const M& m, G& g) {
  using S = ScalarOf<M>;
  using V = std::remove_cvref_t<decltype(m.visible)>;
  if constexpr (CoupledUnits<V>) {
    const Matrix<S>& w = m.weights;
    add_coupling<V>(m.visible, w.cwiseProduct(multiplied(g.weights)).colwise().sum().transpose(),
                    g.visible);
  }
}

/// g = ∂ log p / ∂θ as estimated from data and model states, each averaged over its columns.
template <AnyRBM M, class G>
void contrast(const M& m, const Phase<ScalarOf<M>>& data, const Phase<ScalarOf<M>>& model, G& g) {
  using S = ScalarOf<M>;
  zero_units(g.visible);  // set_zero(g) would make a list of its parameters
  zero_units(g.hidden);
  g.weights.setZero();
  add_statistics(m, data, S(1) / static_cast<S>(data.x.cols()), g);
  add_statistics(m, model, S(-1) / static_cast<S>(model.x.cols()), g);
  add_visible_coupling(m, g);
}

}  // namespace strata
