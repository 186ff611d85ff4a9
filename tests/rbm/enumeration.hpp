// SPDX-License-Identifier: MIT
// The distributions of small models, written from the energy alone.
#pragma once

#include <map>

#include "fixtures.hpp"

namespace strata::testing {

/// States (columns) and their probabilities.
struct Distribution {
  Matrix<double> states;
  Vector<double> p;

  /// n columns in which each state is as often as it should be, but for rounding.
  Matrix<double> columns(Index n) const {
    Matrix<double> v(states.rows(), n);
    double sum = 0;
    for (Index k = 0, c = 0; k < p.size(); ++k) {
      sum += p(k);
      const bool last = k + 1 == p.size();
      for (; c < n && (last || static_cast<double>(c) + 0.5 < sum * static_cast<double>(n)); ++c)
        v.col(c) = states.col(k);
    }
    return v;
  }

  /// n independent columns.
  Matrix<double> samples(Index n, Random& rng) const {
    const Matrix<double> u = rng.uniform<double>(1, n);
    Matrix<double> v(states.rows(), n);
    for (Index j = 0; j < n; ++j) {
      Index k = 0;
      for (double sum = p(0); sum <= u(j) && k + 1 < p.size(); sum += p(k)) ++k;
      v.col(j) = states.col(k);
    }
    return v;
  }

  struct TotalVariation {
    double distance, error;
  };
  /// ½ Σ |frequency − p|, and its expectation for independent columns plus 5 of its standard
  /// deviations.
  TotalVariation total_variation(const Matrix<double>& v) const {
    std::map<std::vector<double>, double> counts;
    for (const auto& c : v.colwise()) ++counts[{c.begin(), c.end()}];
    const auto n = static_cast<double>(v.cols());
    double distance = 0, expected = 0, variance = 0;
    for (Index k = 0; k < p.size(); ++k) {
      const auto state = states.col(k);
      distance += std::abs(counts[{state.begin(), state.end()}] / n - p(k)) / 2;
      const double spread = p(k) * (1 - p(k)) / n;  // E|x| = σ √(2/π)
      expected += std::sqrt(spread / (2 * std::numbers::pi));
      variance += spread * (1 - 2 / std::numbers::pi) / 4;
    }
    REQUIRE(static_cast<Index>(counts.size()) == p.size());  // no state that is none
    return {distance, expected + 5 * std::sqrt(variance)};
  }
};

/// log p(v, h) + log Z (the weight of a grid included), a row for each visible and a column for
/// each hidden state.
template <class M>
Matrix<double> log_joint(const M& m, const Matrix<double>& v, const EveryState& h) {
  Matrix<double> table(v.cols(), h.states.cols());
  for (Index k = 0; k < h.states.cols(); ++k)
    table.col(k) = h.log_weight - energy(m, v, h.states.col(k).replicate(1, v.cols())).array();
  return table;
}

/// p(v) of all visible states.
template <class M>
Distribution exact_distribution(const M& m) {
  const Matrix<double> v = every_state(m.visible).states;
  const Matrix<double> table = log_joint(m, v, every_state(m.hidden));
  return {v, (table.array() - log_sum_exp(table)).exp().rowwise().sum()};
}

/// p(v) after `steps` sweeps v → h → v from the columns of `start`, one as likely as the other.
template <class M>
Distribution after_sweeps(const M& m, const Matrix<double>& start, int steps) {
  const EveryState h = every_state(m.hidden);
  const Matrix<double> v = every_state(m.visible).states;
  const auto conditional = [](const Matrix<double>& table) -> Matrix<double> {  // of h, in each row
    const Vector<double> top = table.rowwise().maxCoeff();
    const Matrix<double> p = (table.colwise() - top).array().exp();
    const Vector<double> sum = p.rowwise().sum();
    return sum.cwiseInverse().asDiagonal() * p;
  };
  const Matrix<double> joint = log_joint(m, v, h);
  const Matrix<double> up = conditional(joint), down = conditional(joint.transpose());
  Vector<double> p =
      down.transpose() * conditional(log_joint(m, start, h)).colwise().mean().transpose();
  for (int k = 1; k < steps; ++k) p = down.transpose() * (up.transpose() * p);
  return {v, p};
}

/// ∂/∂θ of the mean −F of the data less that of the distribution, by finite differences.
template <class M>
Vector<double> expected_contrast(const M& m, const Matrix<double>& data,
                                 const Distribution& model) {
  return finite_differences(m, [&](const M& changed) {
    return free_energy(changed, model.states).dot(model.p) - free_energy(changed, data).mean();
  });
}

/// Mean and standard error of the mean.
struct MeanAndError {
  double mean, error;
};
inline MeanAndError mean_and_error(const Vector<double>& x) {
  const auto n = static_cast<double>(x.size());
  return {x.mean(), std::sqrt((x.array() - x.mean()).square().sum() / (n * (n - 1)))};
}

}  // namespace strata::testing
