// SPDX-License-Identifier: MIT
// Units that are their mean and no more: codes of autoencoders, hidden layers of classifiers.
#pragma once

#include "strata/kernels/elementwise.hpp"
#include "strata/units/differentiable.hpp"

namespace strata {

/// y = f(b + x). Without an energy there is nothing to sample and no RBM; sigmoid units are
/// Bernoulli's means, linear ones Gaussian's. A function knows value(z), and its derivatives slope(y)
/// and bend(y) as functions of its value, all for arrays.
template <std::floating_point S, class Function>
struct Activation {
  using Scalar = S;
  static constexpr std::string_view name = Function::name;
  static constexpr Interval support = Function::support;
  Vector<S> bias;  // b, n

  Activation() = default;
  explicit Activation(Index n) : bias(Vector<S>::Zero(checked_size(name, "n", n))) {}

  Index size() const { return bias.size(); }

  void mean(const Batch<S>& x, Matrix<S>& out) const {
    detail::for_each_column<S>(
        x, out, [&](const auto& column) { return Function::value((column + bias).array()); });
  }
  void mean_gradient(const Batch<S>&, const Matrix<S>& y, Matrix<S>& g) const {
    g.array() *= Function::slope(y.array());
  }
  void derivatives(const Matrix<S>& y, Matrix<S>& first, Matrix<S>& second) const {
    first = Function::slope(y.array());
    second = Function::bend(y.array());
  }
};

namespace detail {

struct HyperbolicTangent {
  static constexpr std::string_view name = "tanh";
  static constexpr Interval support{-1, 1};
  static auto value(const auto& z) { return z.tanh().matrix(); }
  static auto slope(const auto& y) { return 1 - y.square(); }
  static auto bend(const auto& y) { return 2 * y * (y.square() - 1); }
};

// The slope at 0 counts as 0.
struct Rectifier {
  static constexpr std::string_view name = "ReLU";
  static constexpr Interval support{0, HUGE_VAL};
  static auto value(const auto& z) { return z.max(0).matrix(); }
  static auto slope(const auto& y) { return y.sign(); }
  static auto bend(const auto& y) { return 0 * y; }
};

// log(1 + eᶻ); its slope is σ(z) = 1 − e⁻ʸ.
struct SoftRectifier {
  static constexpr std::string_view name = "softplus";
  static constexpr Interval support{0, HUGE_VAL};
  static auto value(const auto& z) { return (z.max(0) + (-z.abs()).exp().log1p()).matrix(); }
  static auto slope(const auto& y) { return -(-y).expm1(); }
  static auto bend(const auto& y) { return -(-y).expm1() * (-y).exp(); }
};

}  // namespace detail

template <std::floating_point S>
using Tanh = Activation<S, detail::HyperbolicTangent>;

/// "Rectified linear units improve restricted Boltzmann machines" (Nair and Hinton 2010), their mean
/// without its noise: max(0, b + x).
template <std::floating_point S>
using ReLU = Activation<S, detail::Rectifier>;

template <std::floating_point S>
using Softplus = Activation<S, detail::SoftRectifier>;

static_assert(ElementwiseUnits<Tanh<float>> && ElementwiseUnits<ReLU<double>> &&
              ElementwiseUnits<Softplus<float>> && !UnitLayer<Tanh<float>>);

}  // namespace strata
