// SPDX-License-Identifier: MIT
// Gibbs chains that are kept: samples of an RBM, at any temperature, and with any of its visible units
// held at given values.
#pragma once

#include <algorithm>

#include "strata/rbm/gibbs.hpp"

namespace strata {

/// The model of which the energy is βE, as far as parameters make it: at the temperature 1/β.
template <AnyRBM M>
M tempered(const M& m, double beta) {
  M t = m;
  t.visible = tempered(m.visible, beta);
  t.hidden = tempered(m.hidden, beta);
  t.weights *= static_cast<ScalarOf<M>>(beta);
  // β t(h)ᵀ W t(v), whatever the statistics have become.
  if constexpr (HasStatistic<decltype(M::visible)>)
    t.weights *= statistic_scale(m.visible).cwiseQuotient(statistic_scale(t.visible)).asDiagonal();
  if constexpr (HasStatistic<decltype(M::hidden)>)
    t.weights.applyOnTheLeft(
        statistic_scale(m.hidden).cwiseQuotient(statistic_scale(t.hidden)).asDiagonal());
  return t;
}

/// n states of the units without parameters or input: binary ones on with probability ½, real ones
/// standard normal. Throws if n < 0.
template <UnitLayer U>
States<ScalarOf<U>> noise(U units, Index n, Random& rng) {
  using S = ScalarOf<U>;
  check(n >= 0, "noise: n has ", n, ", but at least 0 is needed");
  zero_units(units);
  States<S> s;
  sample(units, Matrix<S>(Matrix<S>::Zero(units.size(), n)), rng, s);
  return s;
}

namespace detail {

/// Throws unless the units that are on in `mask` have states in `values` that they can have, those of a
/// block all together.
template <UnitLayer U>
void check_held(std::string_view where, const U& units, const BinaryStates& mask,
                const Matrix<ScalarOf<U>>& values) {
  check_values(where, "values", values, support<U>());
  for (Index i = 0; i < units.size();) {
    const Rows rows = block(units, i);
    Matrix<ScalarOf<U>> states;
    if constexpr (HasAlternatives<U>) states = units.alternatives(i);
    for (Index j = 0; j < mask.cols(); ++j) {
      Index on = 0;
      for (Index k = i; k < i + rows.count; ++k) on += mask(k, j);
      check(on == 0 || on == rows.count, where, ": mask has ", on, " of the units ", i, " to ",
            i + rows.count - 1, " at column ", j, ", but they are drawn together");
      if (on == 0 || states.size() == 0) continue;
      const auto state = values.col(j).segment(i, rows.count);
      bool possible = false;
      for (const auto& s : states.colwise()) possible = possible || s == state;
      check(possible, where, ": values has ", state(0), " at row ", i, ", column ", j,
            ", but a state of the units is needed");
    }
    i += rows.count;
  }
}

/// The particles hold the visible units that are on in `mask` at their values, from the next sweep on.
/// Both are n_v × n, or n_v × 1 for all particles. What `values` has elsewhere is not looked at.
template <AnyRBM M, class AnyStates>
void hold(std::string_view where, const M& m, Particles<ScalarOf<M>>& p, const BinaryStates& mask,
          const AnyStates& values) {
  using S = ScalarOf<M>;
  using V = std::remove_cvref_t<decltype(m.visible)>;
  const Index n = p.h.cols();
  check_rows(where, "mask", mask.rows(), m.visible.size(), "visible units");
  check_rows(where, "values", values.rows(), m.visible.size(), "visible units");
  const auto check_cols = [&](std::string_view what, Index cols) {
    check(cols == 1 || cols == n, where, ": ", what, " has ", cols, " columns, but there are ", n,
          " chains");
  };
  check_cols("mask", mask.cols());
  check_cols("values", values.cols());
  const Matrix<S> given = States<S>(as_states<S>(values)).matrix();
  constexpr Interval range = support<V>();
  Matrix<S> held = Matrix<S>::Constant(
      given.rows(), n, static_cast<S>(std::clamp(0.0, range.lowest, range.highest)));
  BinaryStates on(mask.rows(), n);
  for (Index j = 0; j < n; ++j)
    for_each_on(mask.column(mask.cols() > 1 ? j : 0), [&](Index i) {
      on.turn_on(i, j);
      held(i, j) = given(i, given.cols() > 1 ? j : 0);
    });
  check_held(where, m.visible, on, held);
  p.held = std::move(on);
  if constexpr (BinaryUnits<V>)
    p.clamped = States<S>(BinaryStates(held));
  else
    p.clamped = States<S>(std::move(held));
}

/// The same with rows first, first + 1, … of the visible units, of which `values` has no others.
template <AnyRBM M, class AnyStates>
void hold(std::string_view where, const M& m, Particles<ScalarOf<M>>& p, Index first,
          const AnyStates& values) {
  using S = ScalarOf<M>;
  const Index last = first + values.rows() - 1;
  check(first >= 0 && last < m.visible.size(), where, ": values has rows for the units ", first,
        " to ", last, ", but the model has ", m.visible.size(), " visible units");
  BinaryStates mask(m.visible.size(), 1);
  for (Index i = first; i <= last; ++i) mask.turn_on(i, 0);
  Matrix<S> all = Matrix<S>::Zero(m.visible.size(), values.cols());
  all.middleRows(first, values.rows()) = States<S>(as_states<S>(values)).matrix();
  hold(where, m, p, mask, all);
}

}  // namespace detail

/// Chains of block Gibbs sampling, one per column. They go on where they stopped: runs of 2 and of 3
/// sweeps are one of 5, bit for bit. They refer to the model, which may learn on between runs.
template <AnyRBM M>
class Chains {
 public:
  using S = ScalarOf<M>;
  /// T > 0: all parameters times 1/T (σ of Gaussian units times √T). Of units without other terms in their
  /// energy the samples are of p(v, h)^{1/T}.
  double temperature;

  /// n chains that start at noise.
  Chains(const M& m, Index n, Random& rng, double t = 1)
      : Chains(m, noise(m.visible, n, rng), rng, t) {}
  /// Chains that start at the columns of v, n_v × n.
  template <class AnyStates>
  requires(!std::convertible_to<AnyStates, Index>)
      Chains(const M& m, const AnyStates& v, Random& rng, double t = 1)
      : temperature(t), m_(m) {
    check_rows("Chains", "v", v.rows(), m.visible.size(), "visible units");
    check_weights("Chains", m);
    p_.v = States<S>(as_states<S>(v));
    at_temperature([&](const M& model) {
      hidden_input(model, p_.v, p_.x);
      sample(model.hidden, p_.x, rng, p_.h);
    });
  }
  Chains(const M&&, Index, Random&, double = 1) = delete;  // it would refer to what is gone
  template <class AnyStates>
  Chains(const M&&, const AnyStates&, Random&, double = 1) = delete;

  /// Holds the visible units that are on in `mask` at the values that they have in `values`, from the
  /// next sweep on. Both are n_v × n, or n_v × 1 for all chains; elsewhere values may have anything.
  /// Throws if these are no states of the units, or if units are not held that are drawn together with
  /// some that are, as are those of a softmax group.
  template <class AnyStates>
  void clamp(const BinaryStates& mask, const AnyStates& values) {
    detail::hold("Chains", m_, p_, mask, values);
  }
  /// Holds the visible units from number `first` on, one for each row of `values`.
  template <class AnyStates>
  void clamp(Index first, const AnyStates& values) {
    detail::hold("Chains", m_, p_, first, values);
  }
  /// Holds none.
  void release() {
    p_.held = {};
    p_.clamped = {};
  }

  /// Sweeps h → v → h.
  void run(int sweeps, Random& rng) {
    check(sweeps >= 0, "Chains: sweeps has ", sweeps, ", but at least 0 is needed");
    at_temperature([&](const M& model) { sweep(model, p_, sweeps, rng); });
  }

  /// The states of the last sweep, n_v × n.
  const States<S>& visible() const { return p_.v; }
  /// h ~ p(h | those), n_h × n.
  const States<S>& hidden() const { return p_.h; }
  /// E[v | h], n_v × n, but the values at which units are held: on average what the visible states are,
  /// with less noise.
  Matrix<S> visible_mean() const {
    States<S> v;
    at_temperature([&](const M& model) {
      like(model.visible, p_.v).mean(visible_input(model, p_.h), v.as_numbers());
    });
    if (p_.held.size() > 0) v.set_where(p_.held, p_.clamped);
    return v.matrix();
  }

 private:
  // f(the model at the temperature)
  template <class F>
  void at_temperature(F&& f) const {
    check(temperature > 0 && std::isfinite(temperature), "Chains: temperature has ", temperature,
          ", but a finite number above 0 is needed");
    if (temperature == 1)
      f(m_);
    else
      f(tempered(m_, 1 / temperature));
  }

  const M& m_;
  Particles<S> p_;
};

/// n samples of the visible units after so many sweeps from noise, n_v × n.
template <AnyRBM M>
Matrix<ScalarOf<M>> sample(const M& m, Index n, int sweeps, Random& rng) {
  Chains<M> chains(m, n, rng);
  chains.run(sweeps, rng);
  return chains.visible().matrix();
}

}  // namespace strata
