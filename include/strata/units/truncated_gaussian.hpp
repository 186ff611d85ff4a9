// SPDX-License-Identifier: MIT
// Rectified units with an exact distribution, a Gaussian cut off at 0: "Unsupervised learning with
// truncated Gaussian graphical models" (Su, Liao, Li, Gan and Carin 2017).
#pragma once

#include "strata/kernels/elementwise.hpp"
#include "strata/units/differentiable.hpp"
#include "strata/units/normal_tail.hpp"

namespace strata {

/// Independent units s ≥ 0 with energy E(s) = Σᵢ sᵢ²/2 − bᵢsᵢ: given the input x, s is normal with
/// mean z = b + x and deviation 1 but never negative. Means and log-partitions have the rounding of S
/// as their relative error wherever z lies; all is computed in double.
template <std::floating_point S>
struct TruncatedGaussian {
  using Scalar = S;
  static constexpr std::string_view name = "truncated Gaussian";
  static constexpr Interval support{0, HUGE_VAL};
  static constexpr Growth growth = Growth::quadratic;
  Vector<S> bias;  // b, n

  TruncatedGaussian() = default;
  explicit TruncatedGaussian(Index n)
      : bias(Vector<S>::Zero(checked_size("TruncatedGaussian", "n", n))) {}

  Index size() const { return bias.size(); }

  Row<S> energy(const Batch<S>& s) const {
    return S(0.5) * s.cwiseAbs2().colwise().sum() - dot_columns<S>(bias, s);
  }
  // Γ(x) = Σᵢ zᵢ²/2 + log √(2π) Φ(zᵢ) = Σᵢ log Φ(zᵢ)/φ(zᵢ)
  Row<S> log_partition(const Batch<S>& x) const {
    Matrix<S> terms;
    for_each_z(x, terms, [](double z) { return log_mills_ratio(-z); });
    return terms.colwise().sum();
  }
  // E[s | x] = z + φ(z)/Φ(z)
  void mean(const Batch<S>& x, Matrix<S>& out) const {
    for_each_z(x, out, [](double z) { return normal_excess(-z); });
  }
  // The s of which a uniform number u is the probability to lie below it: Φ(z − s) = (1 − u) Φ(z).
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& out) const {
    add_bias<S>(x, bias, out);
    rng.for_each_uniform<S>(out.size(), [&](const auto& u, Index begin, Index count) {
      for (Index i = 0; i < count; ++i)
        out(begin + i) = quantile(static_cast<double>(out(begin + i)),
                                  static_cast<double>(u[static_cast<std::size_t>(i)]));
    });
  }
  // ∂mean/∂x = Var[s | x]
  void mean_gradient(const Batch<S>& x, const Matrix<S>&, Matrix<S>& g) const {
    Matrix<S> variance;
    for_each_z(x, variance, [](double z) { return normal_excess_variance(-z); });
    g.array() *= variance.array();
  }

  // The bias under which the mean is that of the data, which is kept off 0 as if half a sample more
  // had been 1: by Newton's steps from d − 1/d, which is right for means d near 0 and for large ones.
  void fit(const Batch<S>& data) {
    const double margin = 0.5 / static_cast<double>(data.cols() + 1);
    bias = mean_column<S>(data).unaryExpr([margin](S mean) {
      const double d = std::max(static_cast<double>(mean), margin);
      double z = d - 1 / d;
      for (int step = 0; step < 50; ++step) {
        const double change = (normal_excess(-z) - d) / normal_excess_variance(-z);
        z -= change;
        if (std::abs(change) <= 1e-12 * std::max(1.0, std::abs(z))) break;
      }
      return static_cast<S>(z);
    });
  }

 private:
  // out = f(b + x), entry by entry.
  template <class F>
  void for_each_z(const Batch<S>& x, Matrix<S>& out, F&& f) const {
    detail::for_each_column<S>(x, out, [&](const auto& column) {
      return (column + bias).unaryExpr([&f](S z) {
        return static_cast<S>(f(static_cast<double>(z)));
      });
    });
  }
  static S quantile(double z, double u) {
    constexpr double tolerance =
        std::is_same_v<S, float> ? 1e-3 : 1e-5;  // its cube is the rounding
    if (z < 0) return static_cast<S>(normal_excess_quantile(-z, -std::log1p(-u), tolerance));
    // Of the normal number n = s − z > −z, from the nearer end: n lies above with probability
    // (1 − u) Φ(z), below with 1 − Φ(z) + u Φ(z).
    const double rest = 0.5 * std::erfc(z / std::numbers::sqrt2);
    const double above = (1 - u) * (1 - rest), below = rest + u * (1 - rest);
    const double n = above < below ? normal_excess_quantile(0, -std::log(2 * above), tolerance)
                                   : -normal_excess_quantile(0, -std::log(2 * below), tolerance);
    return static_cast<S>(std::max(z + n, 0.0));
  }
};
static_assert(UnitLayer<TruncatedGaussian<float>> &&
              DifferentiableUnits<TruncatedGaussian<float>> &&
              LinearUnits<TruncatedGaussian<float>>);

}  // namespace strata
