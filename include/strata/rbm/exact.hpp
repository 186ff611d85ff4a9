// SPDX-License-Identifier: MIT
// Z and the gradient of the log-likelihood by enumeration of the smaller layer: the oracle of all
// estimators, and a trainer for small models.
#pragma once

#include <algorithm>
#include <limits>

#include "strata/kernels/bit_lists.hpp"
#include "strata/rbm/coordinates.hpp"
#include "strata/rbm/statistics.hpp"

namespace strata {

namespace detail {

/// Whether the visible layer is the one to enumerate: the hidden layer is then summed out in closed
/// form. At most 2³⁰ states are.
template <AnyRBM M>
bool enumerate_visible(const M& m) {
  using V = std::remove_cvref_t<decltype(m.visible)>;
  using H = std::remove_cvref_t<decltype(m.hidden)>;
  static_assert(EnumerableUnits<V> || EnumerableUnits<H>,
                "one layer needs units with count() and states(first, n) to be enumerated");
  double v = std::numeric_limits<double>::infinity(), h = v;
  if constexpr (EnumerableUnits<V>) v = m.visible.count();
  if constexpr (EnumerableUnits<H>) h = m.hidden.count();
  check(std::min(v, h) <= 0x1p30, "log_partition: the smaller layer has ", std::min(v, h),
        " states, but at most 2^30 can be enumerated");
  return v < h;
}

constexpr Index most_states = 1024;  // at a time

/// f(states, block, part) on blocks of states that together are all of them, in so many parts: those of a
/// part one after the other, the parts in parallel.
template <EnumerableUnits U, class F>
void for_each_states(const U& units, Index parts, F&& f) {
  const auto count = static_cast<Index>(units.count());
  const Cut blocks{(count + most_states - 1) / most_states, parts};
  strata::parallel_for(parts, [&](Index part) {
    for (Index b = blocks.begin(part); b < blocks.begin(part + 1); ++b)
      f(units.states(b * most_states, std::min(most_states, count - b * most_states)), b, part);
  });
}

/// log Z as log Σ_v e^{−F(v)}.
template <AnyRBM M>
double log_partition_over_visible(const M& m) {
  const auto blocks = static_cast<Index>(std::ceil(m.visible.count() / most_states));
  Vector<double> log_sums(blocks);
  for_each_states(m.visible, blocks, [&](const auto& v, Index block, Index) {
    log_sums(block) = log_sum_exp(-free_energy(m, v));
  });
  return log_sum_exp(log_sums);
}

/// g −= ∂ log Z/∂θ = Σ_v p(v) ∂(−F(v))/∂θ.
template <AnyRBM M>
void subtract_model_statistics(const M& m, double log_z, M& g) {
  using S = ScalarOf<M>;
  static_assert(!CoupledUnits<std::remove_cvref_t<decltype(m.visible)>>,
                "units that are enumerated may not couple their parameters with the weights");
  // So many parts, whatever the number of threads, whose sums are added up in their order.
  const auto parts = static_cast<Index>(std::min(16.0, std::ceil(m.visible.count() / most_states)));
  std::vector<M> sums(static_cast<std::size_t>(parts), zeros_like(m));
  for_each_states(m.visible, parts, [&](const auto& v, Index, Index part) {
    M& sum = sums[static_cast<std::size_t>(part)];
    thread_local Matrix<S> x, mean;  // new memory for each block would take as long as the sums
    hidden_input(m, v, x);
    const Row<S> minus_f = m.hidden.log_partition(x) - strata::energy(m.visible, v);
    const Row<double> log_p = minus_f.template cast<double>().array() - log_z;
    // 2³⁰ states of less weight would be 1e-17; in floats, sums of such are slow.
    if (log_p.maxCoeff() < -60) return;
    const Row<S> w = (log_p.array() < -60).select(0, -log_p.array().exp()).template cast<S>();
    add_energy_gradient(m.visible, v, w, sum.visible);
    m.hidden.mean(x, mean);
    add_partition_gradient(m.hidden, x, mean, w, sum.hidden);
    mean.array().rowwise() *= w.array();
    add_outer(S(1), statistic(m.hidden, mean), statistic(m.visible, v), sum.weights);
  });
  auto to = parameters(g);
  for (M& sum : sums) {
    const auto from = parameters(sum);
    for (std::size_t i = 0; i < to.size(); ++i) to[i].value += from[i].value;
  }
}

}  // namespace detail

/// log Z in nats, by enumeration of the layer with fewer states (2ⁿ for n Bernoulli units).
/// Throws if both have more than 2³⁰.
template <AnyRBM M>
double log_partition(const M& m) {
  check_weights("log_partition", m);
  const bool visible = detail::enumerate_visible(m);
  if constexpr (EnumerableUnits<std::remove_cvref_t<decltype(m.visible)>>)
    if (visible) return detail::log_partition_over_visible(m);
  if constexpr (EnumerableUnits<std::remove_cvref_t<decltype(m.hidden)>>)
    if (!visible) return detail::log_partition_over_visible(transposed(m));
  return 0;  // not reached: enumerate_visible names an enumerable layer
}

/// Gradient ascent on the exact log-likelihood, for models of which one layer can be enumerated.
struct ExactGradient {
  Coordinates coordinates = Coordinates::centred;

  template <AnyRBM M>
  struct State {
    M gradient;

    template <class F>
    void visit(F&&) {}  // nothing is kept from one batch to the next
  };

  /// Throws if both layers have more than 2³⁰ states.
  template <AnyRBM M>
  State<M> start(const M& m) const {
    detail::enumerate_visible(m);
    return {zeros_like(m)};
  }

  template <AnyRBM M, class G>
  void gradient(const M& m, const States<ScalarOf<M>>& v0, State<M>& s, G& gradient,
                Random&) const {
    using S = ScalarOf<M>;
    M& g = s.gradient;
    set_zero(g);
    const Matrix<S> x0 = hidden_input(m, v0), mean0 = mean(m.hidden, x0);
    add_statistics(m, {v0, x0, mean0}, S(1) / static_cast<S>(x0.cols()), g);
    add_visible_coupling(m, g);

    const double log_z = log_partition(m);
    const bool visible = detail::enumerate_visible(m);
    if constexpr (EnumerableUnits<std::remove_cvref_t<decltype(m.visible)>>)
      if (visible) detail::subtract_model_statistics(m, log_z, g);
    if constexpr (EnumerableUnits<std::remove_cvref_t<decltype(m.hidden)>>)
      if (!visible) {
        auto gt = transposed(g);
        detail::subtract_model_statistics(transposed(m), log_z, gt);
        g = transposed(gt);
      }
    gradient.visible = g.visible;
    gradient.hidden = g.hidden;
    gradient.weights = g.weights;
  }
};

}  // namespace strata
