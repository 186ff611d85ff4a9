// SPDX-License-Identifier: MIT
// Units that fire up to N times: "Rate-coded restricted Boltzmann machines for face recognition"
// (Teh and Hinton 2001).
#pragma once

#include "strata/core/special.hpp"
#include "strata/kernels/elementwise.hpp"
#include "strata/units/differentiable.hpp"
#include "strata/units/log_factorial.hpp"

namespace strata {

/// Counts s ∈ {0, …, N}, each of N Bernoulli units that share their bias and weights, with energy
///   E(s) = −bᵀs − Σᵢ log C(N, sᵢ):
/// C(N, s) arrangements of the N units have the number s.
template <std::floating_point S>
struct Binomial {
  using Scalar = S;
  static constexpr Interval support{0, HUGE_VAL};  // N is not known to the type
  Vector<S> bias;                                  // b, n
  Index trials = 1;                                // N

  Binomial() = default;
  /// Throws unless N ≥ 1.
  explicit Binomial(Index n, Index trials_ = 1)
      : bias(Vector<S>::Zero(checked_size("Binomial", "n", n))), trials(trials_) {
    check(trials >= 1, "Binomial: trials has ", trials, ", but at least 1 is needed");
  }

  Index size() const { return bias.size(); }
  Interval range() const { return {0, static_cast<double>(trials)}; }
  std::string name() const { return text("binomial, ", trials, " trials"); }

  Row<S> energy(const Batch<S>& s) const {
    const auto n = static_cast<double>(trials);
    Row<S> e = -dot_columns<S>(bias, s);
    for (Index j = 0; j < s.cols(); ++j) {
      double arrangements = 0;
      for (Index i = 0; i < s.rows(); ++i)
        if (s(i, j) > 0 && s(i, j) < static_cast<S>(trials))
          arrangements += log_binomial(n, static_cast<double>(s(i, j)));
      e(j) -= static_cast<S>(arrangements);
    }
    return e;
  }
  // Γ(x) = N Σᵢ log(1 + e^{bᵢ + xᵢ})
  Row<S> log_partition(const Batch<S>& x) const {
    return static_cast<S>(trials) * sum_softplus<S>(x, bias);
  }
  // E[s | x] = N σ(b + x)
  void mean(const Batch<S>& x, Matrix<S>& out) const {
    add_bias_sigmoid<S>(x, bias, out);
    out *= static_cast<S>(trials);
  }
  // N draws that are 0 or 1.
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& out) const {
    Matrix<S> p;
    add_bias_sigmoid<S>(x, bias, p);
    out.setZero(p.rows(), p.cols());
    for (Index trial = 0; trial < trials; ++trial)
      rng.for_each_uniform<S>(out.size(), [&](const auto& u, Index begin, Index count) {
        for (Index i = 0; i < count; ++i)
          out(begin + i) += u[static_cast<std::size_t>(i)] < p(begin + i) ? S(1) : S(0);
      });
  }
  // Of y = Nσ: y (1 − y/N)
  void mean_gradient(const Batch<S>&, const Matrix<S>& y, Matrix<S>& g) const {
    g.array() *= y.array() * (S(1) - y.array() / static_cast<S>(trials));
  }
  void derivatives(const Matrix<S>& y, Matrix<S>& first, Matrix<S>& second) const {
    const auto n = static_cast<S>(trials);
    first = y.array() * (S(1) - y.array() / n);
    second = first.array() * (S(1) - y.array() * (S(2) / n));
  }

  // The logit of the mean over N, which is kept off 0 and 1 as if half a trial more had been either.
  void fit(const Batch<S>& data) {
    const auto n = static_cast<S>(trials);
    const S margin = S(0.5) / (n * static_cast<S>(data.cols()) + S(1));
    const Vector<S> p = (mean_column<S>(data) / n).cwiseMax(margin).cwiseMin(1 - margin);
    bias = (p.array() / (S(1) - p.array())).log();
  }

  Matrix<S> alternatives(Index) const {
    return Row<S>::LinSpaced(trials + 1, S(0), static_cast<S>(trials));
  }
  double count() const {
    return std::pow(static_cast<double>(trials + 1), static_cast<double>(size()));
  }
  // State number k is k in base N + 1, the first unit the lowest digit.
  Matrix<S> states(Index first, Index n) const {
    Matrix<S> s(size(), n);
    for (Index j = 0; j < n; ++j)
      for (Index i = 0, rest = first + j; i < size(); ++i, rest /= trials + 1)
        s(i, j) = static_cast<S>(rest % (trials + 1));
    return s;
  }
};
static_assert(EnumerableUnits<Binomial<float>> && ElementwiseUnits<Binomial<float>> &&
              LinearUnits<Binomial<float>>);

}  // namespace strata
