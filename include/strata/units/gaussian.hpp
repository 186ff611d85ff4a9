// SPDX-License-Identifier: MIT
// Real-valued units with a learned spread, in the parametrisation of Cho, Ilin and Raiko (2011):
// "Improved learning of Gaussian–Bernoulli restricted Boltzmann machines".
#pragma once

#include <limits>
#include <numbers>

#include "strata/kernels/elementwise.hpp"
#include "strata/units/differentiable.hpp"

namespace strata {

/// Independent real units with energy E(s) = Σᵢ (sᵢ − bᵢ)² / (2σᵢ²) and statistic t(s) = s/σ; given
/// the input x, s is normal with mean b + σx and deviation σ. What is learned is log σ. Training keeps it
/// within a factor of 100 of the data's deviation: outside one sample decides the gradient (below) or
/// none does (above).
template <std::floating_point S>
struct Gaussian {
  using Scalar = S;
  static constexpr std::string_view name = "Gaussian";
  static constexpr Growth growth = Growth::quadratic;
  static constexpr Interval log_sigma_bounds{-23, 23};  // 1e-10 < σ < 1e10
  Vector<S> bias;                                       // b, n
  Vector<S> log_sigma;                                  // log σ, n

  Gaussian() = default;
  explicit Gaussian(Index n)
      : bias(Vector<S>::Zero(checked_size("Gaussian", "n", n))), log_sigma(Vector<S>::Zero(n)) {}

  Index size() const { return bias.size(); }
  Vector<S> sigma() const { return log_sigma.array().exp(); }

  template <class F>
  void visit(F&& f) {
    f("bias", bias, Role::bias);
    f("log_sigma", log_sigma, Role::log_scale);
  }
  // Called after each step of learning.
  void constrain() {
    log_sigma = log_sigma.cwiseMax(static_cast<S>(log_sigma_bounds.lowest))
                    .cwiseMin(static_cast<S>(log_sigma_bounds.highest));
  }

  // The mean and the deviation of each row. Rows that do not vary have 1 % of their size, at least
  // 0.01.
  void fit(const Batch<S>& data) {
    bias = mean_column<S>(data);
    const Vector<S> deviation = mean_column<S>((data.colwise() - bias).cwiseAbs2()).cwiseSqrt();
    const auto size = bias.array().abs();
    log_sigma = (deviation.array() > std::numeric_limits<S>::epsilon() * size)
                    .select(deviation.array(), S(0.01) * size.max(S(1)))
                    .log();
    constrain();
  }

  Matrix<S> statistic(const Batch<S>& s) const { return sigma().cwiseInverse().asDiagonal() * s; }
  Row<S> energy(const Batch<S>& s) const {
    return S(0.5) * standardised(s).array().square().colwise().sum();
  }
  // Γ(x) = Σᵢ bᵢxᵢ/σᵢ + xᵢ²/2 + log σᵢ + ½ log 2π
  Row<S> log_partition(const Batch<S>& x) const {
    const S constant = log_sigma.sum() + static_cast<S>(0.5 * static_cast<double>(size()) *
                                                        std::log(2 * std::numbers::pi));
    return dot_columns<S>(bias.cwiseQuotient(sigma()), x).array() +
           S(0.5) * x.array().square().colwise().sum() + constant;
  }
  // E[s | x] = b + σx
  void mean(const Batch<S>& x, Matrix<S>& out) const {
    out.noalias() = sigma().asDiagonal() * x;
    out.colwise() += bias;
  }
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& out) const {
    mean(x + rng.normal<S>(x.rows(), x.cols()), out);
  }
  // ∂mean/∂x = σ
  void mean_gradient(const Batch<S>&, const Matrix<S>&, Matrix<S>& g) const {
    g.array().colwise() *= sigma().array();
  }
  void derivatives(const Matrix<S>& y, Matrix<S>& first, Matrix<S>& second) const {
    first = sigma().replicate(1, y.cols());
    second.setZero(y.rows(), y.cols());
  }

  // −E by b: (s − b)/σ², by log σ: (s − b)²/σ²
  void add_energy_gradient(const Batch<S>& s, const Row<S>& w, Gaussian& g) const {
    const Matrix<S> z = standardised(s);
    add_weighted_columns<S>(sigma().cwiseInverse().asDiagonal() * z, w, g.bias);
    add_weighted_columns<S>(z.cwiseAbs2(), w, g.log_sigma);
  }
  // Γ by b: x/σ, by log σ: 1 − bx/σ
  void add_partition_gradient(const Batch<S>& x, const Batch<S>&, const Row<S>& w,
                              Gaussian& g) const {
    Vector<S> slope = Vector<S>::Zero(size());
    add_weighted_columns<S>(x, w, slope);
    slope.array() /= sigma().array();
    g.bias += slope;
    g.log_sigma += Vector<S>::Constant(size(), w.sum()) - bias.cwiseProduct(slope);
  }
  // xᵀ t(s) by log σ: −x s/σ
  void add_coupling(const Vector<S>& c, Gaussian& g) const { g.log_sigma -= c; }

  // Precisions 1/σ² and biases b/σ² add up.
  Gaussian between(const Gaussian& other, double beta) const {
    const auto own = static_cast<S>(1 - beta), others = static_cast<S>(beta);
    const Vector<S> p = own * (S(-2) * log_sigma).array().exp();
    const Vector<S> q = others * (S(-2) * other.log_sigma).array().exp();
    Gaussian units(size());
    units.bias = (p.cwiseProduct(bias) + q.cwiseProduct(other.bias)).cwiseQuotient(p + q);
    units.log_sigma = S(-0.5) * (p + q).array().log();
    return units;
  }
  // σ/√β
  Gaussian tempered(double beta) const {
    Gaussian units = *this;
    units.log_sigma.array() -= static_cast<S>(std::log(beta) / 2);
    return units;
  }
  void absorb(const Vector<S>& x, Gaussian& g) const { g.bias += sigma().cwiseProduct(x); }
  void standardise(Gaussian& g) const { g.bias.array() *= sigma().array().square(); }

 private:
  Matrix<S> standardised(const Batch<S>& s) const {
    return sigma().cwiseInverse().asDiagonal() * (s.colwise() - bias);
  }
};
static_assert(ElementwiseUnits<Gaussian<float>> && CoupledUnits<Gaussian<float>>);

}  // namespace strata
