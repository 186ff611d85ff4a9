// SPDX-License-Identifier: MIT
// Training one RBM.
#pragma once

#include "strata/optim/penalties.hpp"
#include "strata/rbm/initialise.hpp"
#include "strata/rbm/statistics.hpp"
#include "strata/train/batches.hpp"
#include "strata/train/loop.hpp"

namespace strata {

/// ‖v − E[v | E[h | v]]‖², summed over units and averaged over columns.
template <AnyRBM M>
double reconstruction_error(const M& m, const Batch<ScalarOf<M>>& v) {
  const Matrix<ScalarOf<M>> difference = v - visible_mean(m, hidden_mean(m, v));
  return difference.template cast<double>().squaredNorm() / static_cast<double>(v.cols());
}

namespace detail {

template <class P, AnyRBM M, class G>
void pull_activity(P& plugin, const M& m, const States<ScalarOf<M>>& v, G& g) {
  using S = ScalarOf<M>;
  if constexpr (PullsActivity<P, S>) {
    const Vector<S> q = mean_column<S>(hidden_mean(m, v));
    const Vector<S> pull = plugin.pull(q);
    g.hidden.bias += pull;
    add_outer(S(1), pull, mean_column<S>(statistic(m.visible, v.matrix())), g.weights);
  }
}

}  // namespace detail

/// Trains m on data, n_v × N (a matrix, BinaryStates or GreyLevels), by any gradient estimator and
/// any optimiser; penalties and observers follow (loop.hpp). A model of which all parameters are
/// zero is initialised first. Chains, momentum and schedules begin anew with each call. Observers
/// get the reconstruction error of the first 1,000 columns. Throws std::invalid_argument for a
/// wrong shape or option and for values outside what the visible units take, before anything is
/// changed, and Diverged.
template <AnyRBM M, class Estimator, class Optimiser, class... Plugins>
void train(M& m, const Samples<ScalarOf<M>>& data, const Estimator& estimator,
           const Optimiser& optimiser, const Training& training, Random& rng,
           Plugins&&... plugins) {
  using S = ScalarOf<M>;
  using V = std::remove_cvref_t<decltype(m.visible)>;
  check_rows("train", "data", data.rows(), m.visible.size(), "visible units");
  check(data.cols() > 0, "train: data has 0 columns, but at least 1 is needed");
  check_training("train", training, optimiser, plugins...);
  data.check_values("train", "data", training.binarise ? Interval{0, 1} : support<V>());
  auto state = estimator.start(m);
  if (is_new(m)) initialise(m, data.some(10'000), rng);

  detail::Batches<S> batches(data, training.binarise, BinaryUnits<V>);
  States<S> v;
  const auto estimate = [&](std::span<const Index> columns, auto& g) {
    batches.gather_into(columns, v, rng);
    estimator.gradient(m, v, state, g, rng);
    (detail::pull_activity(plugins, m, v, g), ...);
  };
  const auto measure = [&]() -> std::vector<Metric> {
    const Index n = std::min<Index>(1000, data.cols());
    return {{"reconstruction error", reconstruction_error(m, data.columns(0, n))}};
  };
  const auto run = [&](auto gradient) {
    ascend(describe(m), m, std::move(gradient), data.cols(), optimiser, training, rng, estimate,
           measure, plugins...);
  };
  // An estimator of one's own may know the plain gradient alone, a model.
  if constexpr (requires(GradientOf<M> & g) { estimator.gradient(m, v, state, g, rng); })
    run(zero_gradient(m));
  else
    run(zeros_like(m));
}

}  // namespace strata
