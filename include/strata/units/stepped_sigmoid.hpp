// SPDX-License-Identifier: MIT
// Units that may fire any number of times: "Rectified linear units improve restricted Boltzmann
// machines" (Nair and Hinton 2010), exactly.
#pragma once

#include <array>
#include <numbers>

#include "strata/kernels/elementwise.hpp"
#include "strata/units/differentiable.hpp"

namespace strata {

namespace detail {

/// The sums over steps j = 1, 2, … of log(1 + e^{z − j + ½}), and their derivatives. With q = 1/e, and
/// (a; q)ₙ = (1 − a)(1 − aq)…(1 − aqⁿ⁻¹), the product of the 1 + y q^{j − ½} is Euler's
///   P(y) = Σₙ cₙ yⁿ,  cₙ = e^{−n²/2} / (q; q)ₙ,
/// of which eight terms are enough for |y| ≤ 1. For z > 0, Jacobi's triple product and Poisson's sum
///   P(eᶻ) P(e⁻ᶻ) (q; q)_∞ = Σₙ e^{−n²/2 + nz} = √(2π) e^{z²/2} (1 + ε cos 2πz + …)
/// over all whole n turn z into −z; ε = 2e^{−2π²} ≈ 5e-9, and what follows is below 1e-33.
struct Steps {
  static constexpr int terms = 8;
  std::array<double, terms + 1> c{1};
  double log_q = 0;                                                        // log (q; q)_∞
  double ripple = 2 * std::exp(-2 * std::numbers::pi * std::numbers::pi);  // ε

  Steps() {
    for (int n = 1; n <= 50; ++n) {
      const double factor = -std::expm1(-n);  // 1 − qⁿ
      log_q += std::log(factor);
      if (n <= terms) c[at(n)] = c[at(n - 1)] * std::exp(0.5 - n) / factor;
    }
  }
  static const Steps& get() {
    static const Steps steps;
    return steps;
  }

  // Σ_{n≥1} nᵏ cₙ yⁿ
  template <class A>
  A series(const A& y, int k) const {
    using S = typename A::Scalar;
    A sum = A::Zero(y.size());
    for (int n = terms; n >= 1; --n)
      sum = y * (sum + static_cast<S>(c[at(n)] * std::pow(static_cast<double>(n), k)));
    return sum;
  }
  // Σⱼ log(1 + e^{z − j + ½})
  template <class A>
  A log_sum(const A& z) const {
    using S = typename A::Scalar;
    const A below = series(A((-z.abs()).exp()), 0).log1p();
    const A wave = static_cast<S>(ripple) * angle(z).cos();
    const auto constant = static_cast<S>(0.5 * std::log(2 * std::numbers::pi) - log_q);
    return (z > S(0)).select(S(0.5) * z * z + (constant + wave - below), below);
  }
  // Σⱼ σ(z − j + ½)
  template <class A>
  A mean(const A& z) const {
    using S = typename A::Scalar;
    const A below = moment(A((-z.abs()).exp()), 1);
    const A wave = static_cast<S>(-2 * std::numbers::pi * ripple) * angle(z).sin();
    return (z > S(0)).select(z + (wave + below), below);
  }
  // Σⱼ σ(1 − σ)
  template <class A>
  A variance(const A& z) const {
    using S = typename A::Scalar;
    constexpr double four_pi_squared = 4 * std::numbers::pi * std::numbers::pi;
    const A y = (-z.abs()).exp();
    const A below = moment(y, 2) - moment(y, 1).square();
    const A wave = static_cast<S>(-four_pi_squared * ripple) * angle(z).cos();
    return (z > S(0)).select(S(1) - below + wave, below);
  }
  // log (q; q)ₛ = Σ_{j≤s} log(1 − e⁻ʲ), for real s ≥ 0 as well: (q; q)_∞ over (q^{s+1}; q)_∞, which is
  // P(−e^{−s−½}).
  template <class A>
  A log_factors(const A& s) const {
    using S = typename A::Scalar;
    const A y = -(-s - S(0.5)).exp();
    return static_cast<S>(log_q) - series(y, 0).log1p();
  }

 private:
  static constexpr std::size_t at(int n) { return static_cast<std::size_t>(n); }

  // Σ nᵏ cₙ yⁿ / P(y)
  template <class A>
  A moment(const A& y, int k) const {
    return series(y, k) / (typename A::Scalar(1) + series(y, 0));
  }
  // 2πz, less whole turns.
  template <class A>
  static A angle(const A& z) {
    using S = typename A::Scalar;
    return S(2 * std::numbers::pi) * (z - z.round());
  }
};

}  // namespace detail

/// Each unit stands for infinitely many Bernoulli units that share bias and weights, but for offsets
/// −½, −3/2, −5/2, …: s ∈ {0, 1, 2, …} of them are on. Summed over which ones (the q-binomial theorem
/// with q = 1/e),
///   E(s) = Σᵢ sᵢ²/2 − bᵢsᵢ + Σ_{j ≤ sᵢ} log(1 − e⁻ʲ).
/// The mean under the input z = b + x is softplus(z) to within 0.011, and the variance σ(z) to within
/// 0.005.
template <std::floating_point S>
struct SteppedSigmoid {
  using Scalar = S;
  static constexpr std::string_view name = "stepped sigmoid";
  static constexpr Interval support{0, HUGE_VAL};
  static constexpr Growth growth = Growth::quadratic;
  Vector<S> bias;  // b, n

  SteppedSigmoid() = default;
  explicit SteppedSigmoid(Index n)
      : bias(Vector<S>::Zero(checked_size("SteppedSigmoid", "n", n))) {}

  Index size() const { return bias.size(); }

  Row<S> energy(const Batch<S>& s) const {
    Matrix<S> terms;
    detail::for_each_column<S>(s, terms, [&](const Column& n) -> Vector<S> {
      return n * (S(0.5) * n - bias.array()) + steps().log_factors(n);
    });
    return terms.colwise().sum();
  }
  // Γ(x) = Σᵢ Σⱼ log(1 + e^{zᵢ − j + ½})
  Row<S> log_partition(const Batch<S>& x) const {
    Matrix<S> terms;
    detail::for_each_column<S>(x, terms, [&](const Column& column) -> Vector<S> {
      return steps().log_sum(Column(column + bias.array()));
    });
    return terms.colwise().sum();
  }
  // E[s | x] = Σⱼ σ(z − j + ½)
  void mean(const Batch<S>& x, Matrix<S>& out) const {
    detail::for_each_column<S>(x, out, [&](const Column& column) -> Vector<S> {
      return steps().mean(Column(column + bias.array()));
    });
  }
  // The least s of which the cumulative probability exceeds a uniform number.
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
    detail::for_each_column<S>(x, variance, [&](const Column& column) -> Vector<S> {
      return steps().variance(Column(column + bias.array()));
    });
    g.array() *= variance.array();
  }

  // The bias under which the mean is that of the data, which is kept off 0 as if half a sample more
  // had been 1: by Newton's steps from where it would be softplus.
  void fit(const Batch<S>& data) {
    const double margin = 0.5 / static_cast<double>(data.cols() + 1);
    const Vector<double> means = mean_column<S>(data).template cast<double>().cwiseMax(margin);
    const Eigen::ArrayXd d = means;
    Eigen::ArrayXd z = d + (-(-d).exp()).log1p();  // log(eᵈ − 1)
    for (int step = 0; step < 10; ++step) z -= (steps().mean(z) - d) / steps().variance(z);
    bias = z.matrix().cast<S>();
  }

 private:
  using Column = Eigen::Array<S, Eigen::Dynamic, 1>;
  static const detail::Steps& steps() { return detail::Steps::get(); }

  // States from nine below z to eleven above: the others have less than 1e-17 together.
  static S quantile(double z, double u) {
    constexpr std::size_t states = 21;
    const double first = std::max(std::floor(z) - 9, 0.0);
    std::array<double, states> weights;
    double weight = 1, total = 0, rise = std::exp(z - first - 0.5), fall = std::exp(-first - 1);
    for (double& w : weights) {  // w(s + 1) = w(s) e^{z − s − ½} / (1 − e^{−s−1})
      total += w = weight;
      weight *= rise / (1 - fall);
      rise *= 1 / std::numbers::e;
      fall *= 1 / std::numbers::e;
    }
    std::size_t k = 0;
    for (double sum = weights[0]; sum <= u * total && k + 1 < states; sum += weights[k]) ++k;
    return static_cast<S>(first + static_cast<double>(k));
  }
};
static_assert(UnitLayer<SteppedSigmoid<float>> && DifferentiableUnits<SteppedSigmoid<float>> &&
              LinearUnits<SteppedSigmoid<float>> && !EnumerableUnits<SteppedSigmoid<float>>);

}  // namespace strata
