// SPDX-License-Identifier: MIT
// Binary units, the kind of the first RBM: "Information processing in dynamical systems:
// foundations of harmony theory" (Smolensky 1986).
#pragma once

#include <cmath>

#include "strata/core/special.hpp"
#include "strata/kernels/elementwise.hpp"
#include "strata/units/differentiable.hpp"

namespace strata {

/// Independent units s ∈ {0, 1} with energy E(s) = −bᵀs.
template <std::floating_point S>
struct Bernoulli {
  using Scalar = S;
  static constexpr std::string_view name = "Bernoulli";
  static constexpr Interval support{0, 1};
  Vector<S> bias;  // b, n

  Bernoulli() = default;
  explicit Bernoulli(Index n) : bias(Vector<S>::Zero(checked_size("Bernoulli", "n", n))) {}

  Index size() const { return bias.size(); }

  template <class AnyStates>
  Row<S> energy(const AnyStates& s) const {
    return -dot_columns<S>(bias, s);
  }
  // Γ(x) = Σᵢ log(1 + e^{bᵢ + xᵢ})
  Row<S> log_partition(const Batch<S>& x) const { return sum_softplus<S>(x, bias); }
  // E[s | x] = σ(b + x)
  void mean(const Batch<S>& x, Matrix<S>& out) const { add_bias_sigmoid<S>(x, bias, out); }
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& out) const {
    add_bias<S>(x, bias, out);
    sample_sigmoid_in_place(out, rng);
  }
  void sample(const Matrix<S>& x, Random& rng, BinaryStates& out, Matrix<S>* mean = nullptr) const {
    sample_sigmoid<S>(x, bias, rng, out, mean);
  }
  // ∂σ/∂x = σ (1 − σ)
  void mean_gradient(const Batch<S>&, const Matrix<S>& y, Matrix<S>& g) const {
    g.array() *= y.array() * (S(1) - y.array());
  }
  void derivatives(const Matrix<S>& y, Matrix<S>& first, Matrix<S>& second) const {
    first = y.array() * (S(1) - y.array());
    second = first.array() * (S(1) - S(2) * y.array());
  }

  // The logit of the mean, which is kept off 0 and 1 as if half a sample more had been either.
  void fit(const Batch<S>& data) {
    const S margin = S(0.5) / static_cast<S>(data.cols() + 1);
    const Vector<S> p = mean_column<S>(data).cwiseMax(margin).cwiseMin(1 - margin);
    bias = (p.array() / (S(1) - p.array())).log();
  }

  Matrix<S> alternatives(Index) const { return Row<S>{{0, 1}}; }
  double count() const { return std::ldexp(1.0, static_cast<int>(size())); }
  // State number k is k in binary, the first unit the lowest bit.
  Matrix<S> states(Index first, Index n) const {
    return Matrix<S>::NullaryExpr(
        size(), n, [first](Index i, Index k) { return static_cast<S>(((first + k) >> i) & 1); });
  }
};
static_assert(EnumerableUnits<Bernoulli<float>> && ElementwiseUnits<Bernoulli<float>> &&
              BinaryUnits<Bernoulli<float>>);

namespace detail {
template <class Kind>
struct UnitsOf {
  using Type = Kind;
};
template <std::floating_point S>
struct UnitsOf<S> {
  using Type = Bernoulli<S>;
};
}  // namespace detail

/// Where a kind of units is to be named, a scalar stands for Bernoulli units.
template <class Kind>
using UnitsOf = typename detail::UnitsOf<Kind>::Type;

}  // namespace strata
