// SPDX-License-Identifier: MIT
// Log-likelihoods in nats per case, exact where Z is.
#pragma once

#include <Eigen/Cholesky>
#include <numbers>

#include "strata/rbm/exact.hpp"

namespace strata {

/// log p(v) = −F(v) − log Z for each column, in nats.
template <AnyRBM M>
Row<double> log_likelihood(const M& m, const Batch<ScalarOf<M>>& v, double log_z) {
  return (-free_energy(m, v)).template cast<double>().array() - log_z;
}

/// log p(v) averaged over the columns, in nats per case, with log Z by enumeration.
template <AnyRBM M>
double mean_log_likelihood(const M& m, const Batch<ScalarOf<M>>& v) {
  return log_likelihood(m, v, log_partition(m)).mean();
}

/// Σᵢ log p(vᵢ | the other visible units) for each column, in nats (Besag 1975). For Bernoulli
/// visible units; n_v free energies a column.
template <AnyRBM M>
requires std::same_as<decltype(M::visible), Bernoulli<ScalarOf<M>>> Row<double>
pseudo_log_likelihood(const M& m, const Batch<ScalarOf<M>>& v) {
  const Row<double> f = free_energy(m, v).template cast<double>();
  Row<double> sum = Row<double>::Zero(v.cols());
  Matrix<ScalarOf<M>> flipped = v;
  for (Index i = 0; i < v.rows(); ++i) {
    flipped.row(i) = ScalarOf<M>(1) - v.row(i).array();
    const Row<double> other = free_energy(m, flipped).template cast<double>();
    sum -= softplus(f - other);  // log σ(F(flipped) − F(v))
    flipped.row(i) = v.row(i);
  }
  return sum;
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
