// SPDX-License-Identifier: MIT
// The restricted Boltzmann machine: "A practical guide to training restricted Boltzmann machines"
// (Hinton 2012) has the field's notation.
#pragma once

#include <type_traits>

#include "strata/kernels/outer_products.hpp"
#include "strata/units/bernoulli.hpp"
#include "strata/units/concept.hpp"
#include "strata/units/gaussian.hpp"

namespace strata {

namespace detail {
template <class Visible, class Hidden>
constexpr bool growth_bounded() {
  if constexpr (!UnitLayer<Visible> || !UnitLayer<Hidden>)
    return true;  // something else is wrong
  else
    return (growth<Visible>() != Growth::faster || growth<Hidden>() == Growth::bounded) &&
           (growth<Hidden>() != Growth::faster || growth<Visible>() == Growth::bounded);
}
}  // namespace detail

/// Two layers of units and the weights between them:
///   E(v, h) = E_v(v) + E_h(h) − t(h)ᵀ W t(v),  p(v, h) = e^{−E(v, h)} / Z.
/// A model is data; its equations are the free functions below and in this folder. The states that
/// they take are a matrix or any other expression of Eigen, BinaryStates, or States.
template <class Visible, class Hidden>
struct RestrictedBoltzmannMachine {
  // Assertions, which compilers explain in half as many lines as constraints.
  static_assert(UnitLayer<Visible>, "the visible units lack what units/concept.hpp asks for");
  static_assert(UnitLayer<Hidden>, "the hidden units lack what units/concept.hpp asks for");
  static_assert(std::is_same_v<ScalarOf<Visible>, ScalarOf<Hidden>>, "both layers need one scalar");
  static_assert(detail::growth_bounded<Visible, Hidden>(),
                "units whose log-partition grows faster than x² need bounded units on the other "
                "side: with others, a weight above 0 leaves the model without a finite Z");
  using Scalar = ScalarOf<Visible>;

  Visible visible;
  Hidden hidden;
  Matrix<Scalar> weights;  // W, n_h × n_v

  RestrictedBoltzmannMachine() = default;
  RestrictedBoltzmannMachine(Visible v, Hidden h)
      : visible(std::move(v)),
        hidden(std::move(h)),
        weights(Matrix<Scalar>::Zero(hidden.size(), visible.size())) {}
  RestrictedBoltzmannMachine(Index n_v, Index n_h) requires
      std::constructible_from<Visible, Index> && std::constructible_from<Hidden, Index>
      : RestrictedBoltzmannMachine(Visible(n_v), Hidden(n_h)) {}

  template <class F>
  void visit(F&& f) {
    f("weights", weights, Role::weights);
    visit_units(visible, "visible.", f);
    visit_units(hidden, "hidden.", f);
  }
  void constrain() {
    strata::constrain(visible);
    strata::constrain(hidden);
  }

  /// ∂/∂θ in training, with the weights' part not yet multiplied out. A gradient may also be held
  /// in a model.
  struct Gradient {
    using Scalar = ScalarOf<Visible>;
    Visible visible;
    Hidden hidden;
    OuterProducts<Scalar> weights;

    template <class F>
    void visit(F&& f) {
      f("weights", weights, Role::weights);
      visit_units(visible, "visible.", f);
      visit_units(hidden, "hidden.", f);
    }
  };
  Gradient zero_gradient() const {
    Gradient g{visible, hidden, {weights.rows(), weights.cols()}};
    set_zero(g);
    return g;
  }
};

/// RBM<float> has Bernoulli units on both sides, RBM<Gaussian<float>> Gaussian visible and Bernoulli
/// hidden units, RBM<Gaussian<float>, Softmax<float>> the kinds that it names.
template <class Visible, class Hidden = ScalarOf<UnitsOf<Visible>>>
using RBM = RestrictedBoltzmannMachine<UnitsOf<Visible>, UnitsOf<Hidden>>;

/// Gaussian visible and Bernoulli hidden units.
template <std::floating_point S>
using GaussianRBM = RestrictedBoltzmannMachine<Gaussian<S>, Bernoulli<S>>;

namespace detail {
template <class M>
inline constexpr bool is_rbm = false;
template <UnitLayer V, UnitLayer H>
inline constexpr bool is_rbm<RestrictedBoltzmannMachine<V, H>> = true;
}  // namespace detail

template <class M>
concept AnyRBM = detail::is_rbm<std::remove_cv_t<M>>;

/// `RBM 784-500 (Bernoulli, Bernoulli)`
template <AnyRBM M>
std::string describe(const M& m) {
  return text("RBM ", m.visible.size(), "-", m.hidden.size(), " (", kind_name(m.visible), ", ",
              kind_name(m.hidden), ")");
}

/// Throws unless W is n_h × n_v: `train: weights has 784 x 500 values, but 500 x 784 (hidden x visible
/// units) are needed`. Whoever sets them from elsewhere may have had Wᵀ.
template <AnyRBM M>
void check_weights(std::string_view where, const M& m) {
  const Index n_v = m.visible.size(), n_h = m.hidden.size();
  check(m.weights.rows() == n_h && m.weights.cols() == n_v, where, ": weights has ",
        m.weights.rows(), " x ", m.weights.cols(), " values, but ", n_h, " x ", n_v,
        " (hidden x visible units) are needed");
}

/// out = W t(v), what the hidden units receive, n_h × B. Their bias is theirs.
template <AnyRBM M, class AnyStates>
void hidden_input(const M& m, const AnyStates& v, Matrix<ScalarOf<M>>& out) {
  product(m.weights, statistic(m.visible, v), out);
}
/// out = Wᵀ t(h), what the visible units receive, n_v × B.
template <AnyRBM M, class AnyStates>
void visible_input(const M& m, const AnyStates& h, Matrix<ScalarOf<M>>& out) {
  product(m.weights.transpose(), statistic(m.hidden, h), out);
}

/// out = W t(v), given the hidden input x of other states: where few binary units differ, only they
/// are counted.
template <AnyRBM M>
void hidden_input(const M& m, const States<ScalarOf<M>>& v, const States<ScalarOf<M>>& other,
                  const Matrix<ScalarOf<M>>& x, Matrix<ScalarOf<M>>& out) {
  if constexpr (requires { m.visible.statistic(x); })
    hidden_input(m, v, out);
  else
    product(m.weights, v, other, x, out);
}

template <AnyRBM M, class AnyStates>
Matrix<ScalarOf<M>> hidden_input(const M& m, const AnyStates& v) {
  check_rows("hidden_input", "v", v.rows(), m.visible.size(), "visible units");
  check_weights("hidden_input", m);
  Matrix<ScalarOf<M>> x;
  hidden_input(m, as_states<ScalarOf<M>>(v), x);
  return x;
}
template <AnyRBM M, class AnyStates>
Matrix<ScalarOf<M>> visible_input(const M& m, const AnyStates& h) {
  check_rows("visible_input", "h", h.rows(), m.hidden.size(), "hidden units");
  check_weights("visible_input", m);
  Matrix<ScalarOf<M>> x;
  visible_input(m, as_states<ScalarOf<M>>(h), x);
  return x;
}

/// E[h | v], n_h × B.
template <AnyRBM M, class AnyStates>
Matrix<ScalarOf<M>> hidden_mean(const M& m, const AnyStates& v) {
  return mean(m.hidden, hidden_input(m, v));
}
/// E[v | h], n_v × B.
template <AnyRBM M, class AnyStates>
Matrix<ScalarOf<M>> visible_mean(const M& m, const AnyStates& h) {
  return mean(m.visible, visible_input(m, h));
}
/// h ~ p(h | v), n_h × B.
template <AnyRBM M, class AnyStates>
auto sample_hidden(const M& m, const AnyStates& v, Random& rng) {
  return sample(m.hidden, hidden_input(m, v), rng);
}
/// v ~ p(v | h), n_v × B.
template <AnyRBM M, class AnyStates>
auto sample_visible(const M& m, const AnyStates& h, Random& rng) {
  return sample(m.visible, visible_input(m, h), rng);
}

/// E(v, h) for each pair of columns.
template <AnyRBM M, class VisibleStates, class HiddenStates>
Row<ScalarOf<M>> energy(const M& m, const VisibleStates& v, const HiddenStates& h) {
  using S = ScalarOf<M>;
  check_rows("energy", "h", h.rows(), m.hidden.size(), "hidden units");
  check(v.cols() == h.cols(), "energy: h has ", h.cols(), " columns, but v has ", v.cols());
  const Matrix<S> t = statistic(m.hidden, States<S>(h).matrix());
  const Row<S> bond = t.cwiseProduct(hidden_input(m, v)).colwise().sum();
  return strata::energy(m.visible, as_states<S>(v)) + strata::energy(m.hidden, as_states<S>(h)) -
         bond;
}

/// F(v) = −log Σ_h e^{−E(v, h)} = E_v(v) − Γ_h(W t(v)), one value per column.
template <AnyRBM M, class AnyStates>
Row<ScalarOf<M>> free_energy(const M& m, const AnyStates& v) {
  check_rows("free_energy", "v", v.rows(), m.visible.size(), "visible units");
  return strata::energy(m.visible, as_states<ScalarOf<M>>(v)) -
         m.hidden.log_partition(hidden_input(m, v));
}

/// The same model with its layers exchanged.
template <UnitLayer V, UnitLayer H>
RestrictedBoltzmannMachine<H, V> transposed(const RestrictedBoltzmannMachine<V, H>& m) {
  RestrictedBoltzmannMachine<H, V> t(m.hidden, m.visible);
  t.weights = m.weights.transpose();
  return t;
}

}  // namespace strata
