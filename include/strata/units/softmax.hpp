// SPDX-License-Identifier: MIT
// Groups of units of which exactly one is on: labels, or visible ratings as in "Restricted
// Boltzmann machines for collaborative filtering" (Salakhutdinov, Mnih and Hinton 2007).
#pragma once

#include "strata/core/special.hpp"
#include "strata/kernels/elementwise.hpp"
#include "strata/units/differentiable.hpp"

namespace strata {

/// Groups of `classes` units, one-hot in each group, with energy E(s) = −bᵀs. The units of a group
/// are successive rows.
template <std::floating_point S>
struct Softmax {
  using Scalar = S;
  static constexpr Interval support{0, 1};
  Vector<S> bias;     // b, groups × classes
  Index classes = 0;  // in a group

  Softmax() = default;
  explicit Softmax(Index classes_, Index groups = 1) : classes(classes_) {
    check(classes_ >= 1, "Softmax: classes has ", classes_, ", but at least 1 is needed");
    bias.setZero(checked_size("Softmax", "groups", groups) * classes_);
  }

  Index size() const { return bias.size(); }
  std::string name() const {
    return groups() == 1 ? "softmax" : text("softmax, ", groups(), " groups of ", classes);
  }
  Index groups() const { return classes == 0 ? 0 : size() / classes; }

  template <class AnyStates>
  Row<S> energy(const AnyStates& s) const {
    return -dot_columns<S>(bias, s);
  }
  // Γ(x) = Σ_groups log Σ_k e^{b_k + x_k}
  Row<S> log_partition(const Batch<S>& x) const {
    Matrix<S> y;
    add_bias<S>(x, bias, y);
    return softmax_in_place(y, classes);
  }
  // E[s | x] = softmax(b + x) in each group
  void mean(const Batch<S>& x, Matrix<S>& out) const {
    add_bias<S>(x, bias, out);
    softmax_in_place(out, classes);
  }
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& out) const {
    mean(x, out);
    auto g = grouped(out);
    draw(out, rng, [&](Index j, Index k) { g.col(j) = Vector<S>::Unit(classes, k); });
  }
  void sample(const Matrix<S>& x, Random& rng, BinaryStates& out, Matrix<S>* mean = nullptr) const {
    Matrix<S> own;
    Matrix<S>& y = mean ? *mean : own;
    this->mean(x, y);
    out = BinaryStates(x.rows(), x.cols());
    draw(y, rng, [&, n = groups()](Index j, Index k) { out.turn_on(j % n * classes + k, j / n); });
  }
  // gᵀ (diag y − y yᵀ) in each group
  void mean_gradient(const Batch<S>&, const Matrix<S>& y, Matrix<S>& g) const {
    using Group = Eigen::Array<S, Eigen::Dynamic, 1>;
    for (Index i = 0; i < y.size(); i += classes) {
      const Eigen::Map<const Group> p(y.data() + i, classes);
      Eigen::Map<Group> slope(g.data() + i, classes);
      const S along = (p * slope).sum();
      slope = p * (slope - along);
    }
  }

  void fit(const Batch<S>& data) {
    const S margin = S(0.5) / static_cast<S>(data.cols() + 1);
    bias = mean_column<S>(data).array().max(margin).log();
  }

  Rows block(Index i) const { return {i / classes * classes, classes}; }
  Matrix<S> alternatives(Index) const { return Matrix<S>::Identity(classes, classes); }
  double count() const {
    return std::pow(static_cast<double>(classes), static_cast<double>(groups()));
  }
  // State number k is k in base `classes`, the first group the lowest digit.
  Matrix<S> states(Index first, Index n) const {
    Matrix<S> s = Matrix<S>::Zero(size(), n);
    for (Index j = 0; j < n; ++j)
      for (Index g = 0, rest = first + j; g < groups(); ++g, rest /= classes)
        s(g * classes + rest % classes, j) = 1;
    return s;
  }

 private:
  Eigen::Map<Matrix<S>> grouped(Matrix<S>& x) const {
    return {x.data(), classes, groups() * x.cols()};
  }
  // f(group, class) for each group of all columns: the first class whose cumulative probability
  // exceeds a uniform number.
  template <class F>
  void draw(Matrix<S>& probability, Random& rng, F&& f) const {
    const auto p = grouped(probability);
    const Matrix<S> u = rng.uniform<S>(1, p.cols());
    for (Index j = 0; j < p.cols(); ++j) {
      Index k = 0;
      for (S sum = p(0, j); sum <= u(j) && k + 1 < classes; sum += p(k, j)) ++k;
      f(j, k);
    }
  }
};
static_assert(EnumerableUnits<Softmax<float>> && DifferentiableUnits<Softmax<float>> &&
              BinaryUnits<Softmax<float>>);

}  // namespace strata
