// SPDX-License-Identifier: MIT
// The gradient of the log-likelihood, ⟨−∂F/∂θ⟩ under the data minus the same under the model: every
// estimator is a way to choose the states of the second average.
#pragma once

#include "strata/rbm/rbm.hpp"

namespace strata {

/// g += Σ_c w_c · ∂(−F(v_c))/∂θ over the columns of v, given x = hidden_input(m, v); the parts that
/// reach θ through t(v) are left to add_visible_coupling. The hidden units enter by their means.
/// `scratch` is overwritten.
template <AnyRBM M, class States>
void add_statistics(const M& m, const States& v, const Matrix<ScalarOf<M>>& x,
                    const Row<ScalarOf<M>>& w, M& g, Matrix<ScalarOf<M>>& scratch) {
  m.hidden.mean(x, scratch);
  add_energy_gradient(m.visible, v, w, g.visible);
  add_partition_gradient(m.hidden, x, scratch, w, g.hidden);
  scratch.array().rowwise() *= w.array();
  add_product(ScalarOf<M>(1), statistic(m.hidden, scratch), statistic(m.visible, v).transpose(),
              g.weights);  // ⟨t(h) t(v)ᵀ⟩
}

/// Adds what the visible parameters do through t(v) to all that g.weights has gathered so far.
template <AnyRBM M>
void add_visible_coupling(const M& m, M& g) {
  if constexpr (CoupledUnits<std::remove_cvref_t<decltype(m.visible)>>)
    add_coupling<std::remove_cvref_t<decltype(m.visible)>>(
        m.visible, m.weights.cwiseProduct(g.weights).colwise().sum().transpose(), g.visible);
}

/// g = ∂ log p / ∂θ as estimated from data v0 and model states vk, with their hidden inputs x0 and
/// xk.
template <AnyRBM M, class Data, class States>
void contrast(const M& m, const Data& v0, const Matrix<ScalarOf<M>>& x0, const States& vk,
              const Matrix<ScalarOf<M>>& xk, M& g, Matrix<ScalarOf<M>>& scratch) {
  using S = ScalarOf<M>;
  set_zero(g);
  add_statistics(m, v0, x0, Row<S>::Constant(x0.cols(), S(1) / static_cast<S>(x0.cols())), g,
                 scratch);
  add_statistics(m, vk, xk, Row<S>::Constant(xk.cols(), S(-1) / static_cast<S>(xk.cols())), g,
                 scratch);
  add_visible_coupling(m, g);
}

}  // namespace strata
