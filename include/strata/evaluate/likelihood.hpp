// SPDX-License-Identifier: MIT
// Log-likelihoods in nats per case, exact where Z is.
#pragma once

#include <Eigen/Cholesky>
#include <numbers>

#include "strata/core/samples.hpp"
#include "strata/rbm/exact.hpp"
#include "strata/rbm/labels.hpp"
#include "strata/units/check_data.hpp"

namespace strata {

namespace detail {

/// Throws unless the columns of v have what units keep, such as the number of words, as the model that a
/// Z was found of.
template <AnyRBM M, class AnyStates>
void check_kept(std::string_view where, const M& m, const AnyStates& v) {
  if constexpr (requires { m.visible.lengths; }) {
    const auto& lengths = m.visible.lengths;
    check(lengths.size() == 1 || lengths.size() == v.cols(), where, ": v has ", v.cols(),
          " columns, but the model has the lengths of ", lengths.size());
    for (Index j = 0; j < v.cols(); ++j) {
      const auto words = v.col(j).sum(), of_model = lengths(lengths.size() == 1 ? 0 : j);
      check(words == of_model, where, ": v has ", words, " words at column ", j,
            ", but the model's Z is of documents of ", of_model);
    }
  }
}

}  // namespace detail

/// log p(v) = −F(v) − log Z for each column, in nats. v are states, of binary units 0 or 1: of grey
/// levels −F is no log-probability.
template <AnyRBM M>
Row<double> log_likelihood(const M& m, const Batch<ScalarOf<M>>& v, double log_z) {
  detail::check_kept("log_likelihood", m, v);
  return (-free_energy(m, v)).template cast<double>().array() - log_z;
}

namespace detail {

/// f(visible states, number of the first) on all samples, as many at a time as the samples give: labels
/// of theirs are in the last rows, if the model sees such. Throws unless they are states of the model.
template <AnyRBM M, class F>
void for_each_visible(std::string_view where, std::string_view what, const M& m,
                      const Samples<ScalarOf<M>>& data, F&& f) {
  using S = ScalarOf<M>;
  const Index labels = data.labels() ? label_count(m) : 0;
  check_rows(where, what, data.rows(), m.visible.size() - labels, "visible units");
  check(data.cols() >= 1, where, ": ", what, " has 0 columns, but at least 1 is needed");
  check_data(where, what, m.visible, data);
  if (labels > 0) check_labels(where, *data.labels(), data.cols(), labels);
  data.for_each_block([&](Matrix<S> v, Index first) {
    if (labels > 0) {
      const auto begin = data.labels()->begin() + first;
      v.conservativeResize(m.visible.size(), Eigen::NoChange);
      v.bottomRows(labels) = one_hot({begin, begin + v.cols()}, labels).template matrix<S>();
    }
    f(std::as_const(v), first);
  });
}

/// F(v) of each sample; to be `normalised` by a Z, they have what the model's units keep.
template <AnyRBM M>
Row<double> free_energies(std::string_view where, std::string_view what, const M& m,
                          const Samples<ScalarOf<M>>& data, bool normalised = false) {
  Row<double> f(data.cols());
  for_each_visible(where, what, m, data, [&](const auto& v, Index first) {
    if (normalised) check_kept(where, m, v);
    f.segment(first, v.cols()) = free_energy(m, v).template cast<double>();
  });
  return f;
}

}  // namespace detail

/// log p(v) averaged over the samples, in nats per case, given log Z. A matrix, BinaryStates; LabelledData
/// for an RBM that sees labels. They are states: draw grey levels first. A thousand samples at a time
/// become numbers.
template <AnyRBM M>
double mean_log_likelihood(const M& m, const Samples<ScalarOf<M>>& v, double log_z) {
  return -detail::free_energies("mean_log_likelihood", "v", m, v, true).mean() - log_z;
}
/// With log Z by enumeration.
template <AnyRBM M>
double mean_log_likelihood(const M& m, const Samples<ScalarOf<M>>& v) {
  return mean_log_likelihood(m, v, log_partition(m));
}

/// log Z of a Gaussian–Gaussian RBM in closed form; +∞ where its energy is not bounded below. With
/// u = (v/σ, h/τ) and μ = (b/σ, c/τ) the energy is ½|μ|² − μᵀu + ½ uᵀPu, P = [[1, −Wᵀ], [−W, 1]].
template <std::floating_point S>
double log_partition(const RestrictedBoltzmannMachine<Gaussian<S>, Gaussian<S>>& m) {
  const Index nv = m.visible.size(), nh = m.hidden.size(), n = nv + nh;
  const Matrix<double> w = m.weights.template cast<double>();
  Matrix<double> precision = Matrix<double>::Identity(n, n);
  precision.topRightCorner(nv, nh) = -w.transpose();
  precision.bottomLeftCorner(nh, nv) = -w;
  Vector<double> mu(n), log_sigma(n);
  log_sigma << m.visible.log_sigma.template cast<double>(),
      m.hidden.log_sigma.template cast<double>();
  mu << m.visible.bias.template cast<double>(), m.hidden.bias.template cast<double>();
  mu.array() *= (-log_sigma.array()).exp();

  const Eigen::LLT<Matrix<double>> cholesky(precision);
  if (cholesky.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
  const double log_root_det = Matrix<double>(cholesky.matrixL()).diagonal().array().log().sum();
  return log_sigma.sum() + 0.5 * static_cast<double>(n) * std::log(2 * std::numbers::pi) -
         log_root_det + 0.5 * mu.dot(cholesky.solve(mu)) - 0.5 * mu.squaredNorm();
}

}  // namespace strata
