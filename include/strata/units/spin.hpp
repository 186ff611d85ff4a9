// SPDX-License-Identifier: MIT
// The units of physics, of the machine that gave the field its name: "A learning algorithm for
// Boltzmann machines" (Ackley, Hinton and Sejnowski 1985) of Ising's spins.
#pragma once

#include <cmath>

#include "strata/kernels/elementwise.hpp"
#include "strata/units/differentiable.hpp"

namespace strata {

/// Independent units s ∈ {−1, +1} with energy E(s) = −bᵀs: Bernoulli units (1 + s)/2 under twice the
/// input. Neither state is a zero that the weights do not see.
template <std::floating_point S>
struct Spin {
  using Scalar = S;
  static constexpr std::string_view name = "spin";
  static constexpr Interval support{-1, 1};
  Vector<S> bias;  // b, n

  Spin() = default;
  explicit Spin(Index n) : bias(Vector<S>::Zero(checked_size("Spin", "n", n))) {}

  Index size() const { return bias.size(); }

  Row<S> energy(const Batch<S>& s) const { return -dot_columns<S>(bias, s); }
  // Γ(x) = Σᵢ log 2cosh(bᵢ + xᵢ), where log 2cosh z = |z| + log(1 + e^{−2|z|})
  Row<S> log_partition(const Batch<S>& x) const {
    Matrix<S> terms;
    detail::for_each_column<S>(x, terms, [&](const auto& column) -> Vector<S> {
      const Eigen::Array<S, Eigen::Dynamic, 1> z = (column + bias).array().abs();
      return z + (S(-2) * z).exp().log1p();
    });
    return terms.colwise().sum();
  }
  // E[s | x] = tanh(b + x)
  void mean(const Batch<S>& x, Matrix<S>& out) const {
    detail::for_each_column<S>(
        x, out, [&](const auto& column) { return (column + bias).array().tanh().matrix(); });
  }
  // +1 with probability σ(2(b + x))
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& out) const {
    detail::for_each_column<S>(x, out, [&](const auto& column) { return S(2) * (column + bias); });
    sample_sigmoid_in_place(out, rng);
    for_each_piece([](auto s) { s = S(2) * s - S(1); }, out);
  }
  // ∂tanh/∂x = 1 − tanh²
  void mean_gradient(const Batch<S>&, const Matrix<S>& y, Matrix<S>& g) const {
    g.array() *= S(1) - y.array().square();
  }
  void derivatives(const Matrix<S>& y, Matrix<S>& first, Matrix<S>& second) const {
    first = S(1) - y.array().square();
    second = S(-2) * y.array() * first.array();
  }

  // The atanh of the mean, which is kept off −1 and 1 as if half a sample more had been either.
  void fit(const Batch<S>& data) {
    const S most = S(1) - S(1) / static_cast<S>(data.cols() + 1);
    bias = mean_column<S>(data).unaryExpr(
        [most](S mean) { return std::atanh(std::clamp(mean, -most, most)); });
  }

  Matrix<S> alternatives(Index) const { return Row<S>{{-1, 1}}; }
  double count() const { return std::ldexp(1.0, static_cast<int>(size())); }
  // State number k is k in binary, the first unit the lowest bit, which is 0 where s is −1.
  Matrix<S> states(Index first, Index n) const {
    return Matrix<S>::NullaryExpr(size(), n, [first](Index i, Index k) {
      return static_cast<S>(2 * (((first + k) >> i) & 1) - 1);
    });
  }
};
static_assert(EnumerableUnits<Spin<float>> && ElementwiseUnits<Spin<float>> &&
              LinearUnits<Spin<float>>);

}  // namespace strata
