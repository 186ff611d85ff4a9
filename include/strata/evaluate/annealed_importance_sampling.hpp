// SPDX-License-Identifier: MIT
// log Z of an RBM by chains that move from a model of which it is known: "Annealed importance
// sampling" (Neal 2001), "On the quantitative analysis of deep belief networks" (Salakhutdinov and
// Murray 2008). Backwards: "Accurate and conservative estimates of MRF log-likelihood using reverse
// annealing" (Burda, Grosse and Salakhutdinov 2015).
#pragma once

#include <cmath>

#include "strata/rbm/annealing.hpp"
#include "strata/rbm/labels.hpp"
#include "strata/rbm/normalisable.hpp"
#include "strata/units/check_data.hpp"

namespace strata {

/// How slowly to move: the error falls with the root of both.
struct AnnealingOptions {
  Index chains = 100;
  Index temperatures = 10'000;     // equal steps of β from 0 to 1
  std::vector<double> betas = {};  // or these β, from 0 to 1
};

/// log Z in nats from the weights w of chains, of which the mean is the ratio of two Z. Where few
/// chains count, log Z is likely further off than the standard error says.
struct LogPartitionEstimate {
  double log_z;
  double standard_error;         // of log_z, from the spread of w; nan for one chain
  double effective_sample_size;  // (Σ w)² / Σ w², how many chains count
  Row<double> log_weights;       // log w of each chain, from where it began to where it ended
};

namespace detail {

/// 0 = β₀ ≤ … ≤ β_K = 1.
inline std::vector<double> inverse_temperatures(const AnnealingOptions& options) {
  const Index n = options.temperatures;
  std::vector<double> betas = options.betas;
  if (betas.empty()) {
    check(n >= 1, "AnnealingOptions: temperatures has ", n, ", but at least 1 is needed");
    for (Index k = 0; k <= n; ++k) betas.push_back(static_cast<double>(k) / static_cast<double>(n));
  }
  check(betas.front() == 0 && betas.back() == 1, "AnnealingOptions: betas has ", betas.front(),
        " to ", betas.back(), ", but goes from 0 to 1");
  for (std::size_t k = 1; k < betas.size(); ++k)
    check(betas[k] >= betas[k - 1], "AnnealingOptions: betas has ", betas[k], " after ",
          betas[k - 1], ", but ascends");
  return betas;
}

/// One of the two models between which chains move, and what a step needs of it, for reuse. It may
/// have no hidden units.
template <AnyRBM M>
struct AnnealedModel {
  using S = ScalarOf<M>;
  const M& model;
  Matrix<S> x;  // hidden input W t(v), n_h × chains
  States<S> h;
  Matrix<S> y;  // visible input Wᵀ t(h), n_v × chains
  Matrix<S> scaled_x;

  AnnealedModel(const M& m, const States<S>& v)
      : model(m), x(m.hidden.size(), v.cols()), y(Matrix<S>::Zero(v.rows(), v.cols())) {
    see(v);
  }
  bool has_hidden() const { return model.hidden.size() > 0; }
  void see(const States<S>& v) {
    if (has_hidden()) hidden_input(model, v, x);
  }
};

/// Chains whose visible states v move from model a, at β = 0, to model b, at β = 1, through
///   p_β(v) ∝ Σ_h e^{−(1−β) E_a(v, h)} · Σ_h e^{−β E_b(v, h)},
/// which is an RBM that has the hidden units of both.
template <AnyRBM M>
struct AnnealedChains {
  using S = ScalarOf<M>;
  AnnealedModel<M> a, b;
  States<S> v;
  Matrix<S> y;  // visible input of both

  AnnealedChains(const M& model_a, const M& model_b, States<S> v0)
      : a(model_a, v0), b(model_b, v0), v(std::move(v0)), y(v.rows(), v.cols()) {}
};

/// log_w += Γ(βx; βc) − Γ(αx; αc), the hidden units' part of a step from α to β. Each Γ has the
/// model's scalar: of floats, 5,000 steps (784-500, MNIST) were 2e-3 nats off, to either side.
template <AnyRBM M>
void add_partition_change(const AnnealedModel<M>& m, double alpha, double beta,
                          Row<double>& log_w) {
  using S = ScalarOf<M>;
  if (!m.has_hidden()) return;
  const auto before = annealed(m.model.hidden, alpha), after = annealed(m.model.hidden, beta);
  const Index columns = std::max<Index>(1, (1 << 12) / m.x.rows());  // 16 KiB
  parallel_pieces(m.x.cols(), columns, [&](Index first, Index n) {
    const auto x = m.x.middleCols(first, n);
    const Row<S> from = before.log_partition(scaled_input(m.model.hidden, before, alpha, x));
    const Row<S> to = after.log_partition(scaled_input(m.model.hidden, after, beta, x));
    log_w.segment(first, n) += to.template cast<double>() - from.template cast<double>();
  });
}

/// log_w += log p*_β(v) − log p*_α(v), not normalised.
template <AnyRBM M>
void add_log_ratio(const AnnealedChains<M>& chains, double alpha, double beta, Row<double>& log_w) {
  const Row<double> e_a = energy(chains.a.model.visible, chains.v).template cast<double>();
  const Row<double> e_b = energy(chains.b.model.visible, chains.v).template cast<double>();
  log_w += (beta - alpha) * (e_a - e_b);
  add_partition_change(chains.a, 1 - alpha, 1 - beta, log_w);
  add_partition_change(chains.b, alpha, beta, log_w);
}

/// h ~ p(h | v) with all parameters times β.
template <AnyRBM M>
void sample_hidden(AnnealedModel<M>& m, double beta, Random& rng) {
  if (!m.has_hidden()) return;
  const auto units = annealed(m.model.hidden, beta);
  m.scaled_x = scaled_input(m.model.hidden, units, beta, m.x);
  sample(units, m.scaled_x, rng, m.h);
  visible_input(m.model, m.h, m.y);
}

/// A Gibbs step, which leaves p_β as it is: the hidden units of both models given v, then v.
template <AnyRBM M>
void gibbs_step(AnnealedChains<M>& chains, double beta, Random& rng) {
  using S = ScalarOf<M>;
  auto& [a, b, v, y] = chains;
  sample_hidden(a, 1 - beta, rng);
  sample_hidden(b, beta, rng);
  const auto units = between(a.model.visible, b.model.visible, beta);
  if constexpr (HasStatistic<decltype(M::visible)>)
    y = scaled_input(a.model.visible, units, 1 - beta, a.y) +
        scaled_input(b.model.visible, units, beta, b.y);
  else
    for_each_piece([alpha = static_cast<S>(1 - beta), beta = static_cast<S>(beta)](
                       auto both, auto of_a, auto of_b) { both = alpha * of_a + beta * of_b; },
                   y, a.y, b.y);
  sample(like(units, v), y, rng, v);
  a.see(v);
  b.see(v);
}

/// Γ(0), the log-partition of units that have no input.
template <UnitLayer U>
double log_partition_alone(const U& units) {
  return static_cast<double>(units.log_partition(Matrix<ScalarOf<U>>::Zero(units.size(), 1))(0));
}

/// log Z = Γ_v(0) + Γ_h(0) of a model without weights.
template <AnyRBM M>
double log_partition_of_base(std::string_view where, const M& base) {
  check(base.weights.isZero(0), where,
        ": base has weights, but only without them are its log Z and its samples exact");
  return log_partition_alone(base.visible) + log_partition_alone(base.hidden);
}

/// log of the mean of w, and its error by the delta method: var(log w̄) = var(w) / (n w̄²).
inline LogPartitionEstimate log_mean(Row<double> log_w) {
  const auto n = static_cast<double>(log_w.size());
  const double log_mean = log_sum_exp(log_w) - std::log(n);
  const double squares = ((log_w.array() - log_mean).exp() - 1).square().sum();  // Σ (w/w̄ − 1)²
  return {log_mean, std::sqrt(squares / (n * (n - 1))), n / (1 + squares / n), std::move(log_w)};
}

}  // namespace detail

/// log Z_b − log Z_a: chains, one from each column of v, move from a to b, a Gibbs step at each β.
/// If v are samples of a, the mean of w is Z_b / Z_a in expectation, and its log is below (Jensen).
/// a and b have the same visible units; v is n_v × chains. Costs a Gibbs step of both models, and
/// two Γ of their hidden units, for each temperature.
template <AnyRBM M, class AnyStates>
LogPartitionEstimate log_partition_ratio(const M& a, const M& b, const AnyStates& v,
                                         const AnnealingOptions& options, Random& rng) {
  constexpr auto where = "log_partition_ratio";
  check(a.visible.size() == b.visible.size(), where, ": a has ", a.visible.size(),
        " visible units, but b has ", b.visible.size());
  check_rows(where, "v", v.rows(), b.visible.size(), "visible units");
  check(v.cols() >= 1, where, ": v has 0 columns, but at least 1 is needed");
  const std::vector<double> betas = detail::inverse_temperatures(options);
  detail::AnnealedChains<M> chains(a, b, States<ScalarOf<M>>(v));
  // At its own β = 0 a hidden layer is still there and multiplies Z by e^{Γ(0)}, its parameters 0.
  const double there = detail::log_partition_alone(detail::annealed(b.hidden, 0)) -
                       detail::log_partition_alone(detail::annealed(a.hidden, 0));
  Row<double> log_w = Row<double>::Constant(v.cols(), there);
  for (std::size_t k = 1; k < betas.size(); ++k) {
    if (k > 1) detail::gibbs_step(chains, betas[k - 1], rng);
    detail::add_log_ratio(chains, betas[k - 1], betas[k], log_w);
  }
  return detail::log_mean(std::move(log_w));
}

/// The model without hidden units under which the data are likeliest: a good place to start from.
/// data is n_v × N (a matrix, BinaryStates, GreyLevels; LabelledData for an RBM that sees labels);
/// at most 10,000 of its columns are looked at.
template <AnyRBM M>
M base_rate_model(const M& m, const Samples<ScalarOf<M>>& data) {
  constexpr auto where = "base_rate_model";
  const Index labels = data.labels() ? label_count(m) : 0;
  check_rows(where, "data", data.rows(), m.visible.size() - labels, "visible units");
  check(data.cols() >= 1, where, ": data has 0 columns, but at least 1 is needed");
  check_data(where, "data", m.visible, data);
  const std::vector<Index> columns = data.spread(10'000);
  Matrix<ScalarOf<M>> v;
  data.gather(columns, v);
  if (labels > 0) {
    check_labels(where, *data.labels(), data.cols(), labels);
    v.conservativeResize(m.visible.size(), Eigen::NoChange);
    v.bottomRows(labels) = one_hot(data.labels(columns), labels).template matrix<ScalarOf<M>>();
  }
  auto hidden = m.hidden;
  visit_units(hidden, "", [](const std::string&, auto& bias, Role) { bias.resize(0); });
  M base(m.visible, hidden);
  fit(base.visible, v);
  return base;
}

/// log Z of the model by chains that move to it from the base, which has no weights (or zeros).
/// Below log Z in expectation, and the less so the closer the temperatures.
template <AnyRBM M>
LogPartitionEstimate annealed_importance_sampling(const M& base, const M& model,
                                                  const AnnealingOptions& options, Random& rng) {
  using S = ScalarOf<M>;
  constexpr auto where = "annealed_importance_sampling";
  const double log_z = detail::log_partition_of_base(where, base);
  check_normalisable(where, model);
  check(options.chains >= 1, "AnnealingOptions: chains has ", options.chains,
        ", but at least 1 is needed");
  const Matrix<S> no_input = Matrix<S>::Zero(base.visible.size(), options.chains);
  States<S> v;
  sample(base.visible, no_input, rng, v);
  LogPartitionEstimate estimate = log_partition_ratio(base, model, v, options, rng);
  estimate.log_z += log_z;
  return estimate;
}
/// From the base rates of the data.
template <AnyRBM M>
LogPartitionEstimate annealed_importance_sampling(const M& model, const Samples<ScalarOf<M>>& data,
                                                  const AnnealingOptions& options, Random& rng) {
  return annealed_importance_sampling(base_rate_model(model, data), model, options, rng);
}

/// log Z of the model by chains that move from its samples to the base, one from each column of v
/// (n_v × chains; options.chains does not count). Above log Z in expectation if v are exact
/// samples, so that both directions bracket log Z; maybe below if v are of Gibbs chains that have
/// not settled.
template <AnyRBM M, class AnyStates>
LogPartitionEstimate reverse_annealed_importance_sampling(const M& base, const M& model,
                                                          const AnyStates& v,
                                                          const AnnealingOptions& options,
                                                          Random& rng) {
  constexpr auto where = "reverse_annealed_importance_sampling";
  const double log_z = detail::log_partition_of_base(where, base);
  check_normalisable(where, model);
  LogPartitionEstimate estimate = log_partition_ratio(model, base, v, options, rng);
  estimate.log_z = log_z - estimate.log_z;
  return estimate;
}

}  // namespace strata
