// SPDX-License-Identifier: MIT
// Training one RBM.
#pragma once

#include "strata/optim/penalties.hpp"
#include "strata/rbm/initialise.hpp"
#include "strata/rbm/statistics.hpp"
#include "strata/train/loop.hpp"

namespace strata {

/// ‖v − E[v | E[h | v]]‖², summed over units and averaged over columns.
template <AnyRBM M>
double reconstruction_error(const M& m, const Batch<ScalarOf<M>>& v) {
  const Matrix<ScalarOf<M>> difference = v - visible_mean(m, hidden_mean(m, v));
  return difference.template cast<double>().squaredNorm() / static_cast<double>(v.cols());
}

namespace detail {

template <class P, AnyRBM M>
void pull_activity(P& plugin, const M& m, const Matrix<ScalarOf<M>>& v, M& g) {
  if constexpr (PullsActivity<P, ScalarOf<M>>) {
    const Vector<ScalarOf<M>> q = mean_column<ScalarOf<M>>(hidden_mean(m, v));
    const Vector<ScalarOf<M>> pull = plugin.pull(q);
    g.hidden.bias += pull;
    g.weights.noalias() += pull * mean_column<ScalarOf<M>>(statistic(m.visible, v)).transpose();
  }
}

}  // namespace detail

/// Trains m on data, n_v × N, by any gradient estimator and any optimiser; penalties and observers
/// follow (loop.hpp). A model of which all parameters are zero is initialised first. Chains,
/// momentum and schedules begin anew with each call. Observers get the reconstruction error of the
/// first 1,000 columns. Throws std::invalid_argument for a wrong shape or option and for values
/// outside what the visible units take, before anything is changed, and Diverged.
template <AnyRBM M, class Estimator, class Optimiser, class... Plugins>
void train(M& m, const Matrix<ScalarOf<M>>& data, const Estimator& estimator,
           const Optimiser& optimiser, const Training& training, Random& rng,
           Plugins&&... plugins) {
  using S = ScalarOf<M>;
  check_rows("train", "data", data.rows(), m.visible.size(), "visible units");
  check(data.cols() > 0, "train: data has 0 columns, but at least 1 is needed");
  check_training("train", training, optimiser, plugins...);
  check_values(
      "train", "data", data,
      training.binarise ? Interval{0, 1} : support<std::remove_cvref_t<decltype(m.visible)>>());
  auto state = estimator.start(m);
  if (is_new(m)) initialise(m, data, rng);

  Matrix<S> v;
  const auto estimate = [&](std::span<const Index> columns, M& g) {
    gather<S>(data, columns, v);
    if (training.binarise) v = rng.bernoulli(v);
    estimator.gradient(m, v, state, g, rng);
    (detail::pull_activity(plugins, m, v, g), ...);
  };
  const auto measure = [&]() -> std::vector<Metric> {
    const Index n = std::min<Index>(1000, data.cols());
    return {{"reconstruction error", reconstruction_error(m, data.leftCols(n))}};
  };
  ascend(describe(m), m, data.cols(), optimiser, training, rng, estimate, measure, plugins...);
}

}  // namespace strata
