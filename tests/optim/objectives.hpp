// SPDX-License-Identifier: MIT
// Small functions to be lowered, with what is known of them.
#pragma once

#include <functional>
#include <limits>
#include <vector>

#include "fixtures.hpp"
#include "strata/optim/objective.hpp"

namespace strata::testing {

/// f(θ) = ½ (θ − lowest)ᵀ A (θ − lowest): its Gauss–Newton matrix is A.
template <class T>
struct Quadratic {
  using Scalar = T;
  Matrix<double> a;
  Vector<double> lowest;
  bool is_new = false;

  double value(const Vector<T>& theta, Vector<T>* gradient) const {
    const Vector<double> d = theta.template cast<double>() - lowest, slope = a * d;
    if (gradient) *gradient = slope.template cast<T>();
    return 0.5 * d.dot(slope);
  }
  bool changed() const { return is_new; }
  void linearise(const Vector<T>&, Index) {}
  void gauss_newton(const Vector<T>& v, Vector<T>& out) const { out = a.template cast<T>() * v; }
  void squared_gradients(Vector<T>& out) const { out = a.diagonal().template cast<T>(); }
};
static_assert(CurvedObjective<Quadratic<float>> && CurvedObjective<Quadratic<double>>);

/// Eigenvalues from 1 to `condition`, evenly in their logarithm, in random directions.
template <class T = double>
Quadratic<T> quadratic(Index n, double condition, std::uint64_t seed = 1) {
  Random rng(seed);
  Matrix<double> q = rng.normal<double>(n, n);
  for (Index i = 0; i < n; ++i) {  // Gram–Schmidt
    for (Index j = 0; j < i; ++j) q.col(i) -= q.col(j).dot(q.col(i)) * q.col(j);
    q.col(i).normalize();
  }
  Vector<double> eigenvalues(n);
  for (Index i = 0; i < n; ++i)
    eigenvalues(i) = std::pow(condition, static_cast<double>(i) / static_cast<double>(n - 1));
  return {q * eigenvalues.asDiagonal() * q.transpose(), rng.normal<double>(n, 1)};
}

/// Rosenbrock's valley, f = Σᵢ (1 − θᵢ)² + 100 (θᵢ₊₁ − θᵢ²)², with f = 0 where all θᵢ are 1: a sum of
/// squares rᵀr with r = (1 − θᵢ, 10 (θᵢ₊₁ − θᵢ²))ᵢ, so G = 2 JᵀJ.
template <class T>
struct Rosenbrock {
  using Scalar = T;
  Vector<double> at;  // of G

  double value(const Vector<T>& theta, Vector<T>* gradient) const {
    const Vector<double> x = theta.template cast<double>();
    const Vector<double> r = residuals(x);
    if (gradient) *gradient = (2 * backward(x, r)).template cast<T>();
    return r.squaredNorm();
  }
  bool changed() const { return false; }
  void linearise(const Vector<T>& theta, Index) { at = theta.template cast<double>(); }
  void gauss_newton(const Vector<T>& v, Vector<T>& out) const {
    out = (2 * backward(at, forward(v.template cast<double>()))).template cast<T>();
  }
  void squared_gradients(Vector<T>& out) const { out.setOnes(at.size()); }

 private:
  static Vector<double> residuals(const Vector<double>& x) {
    const Index m = x.size() - 1;
    Vector<double> r(2 * m);
    r << 1 - x.head(m).array(), 10 * (x.tail(m).array() - x.head(m).array().square());
    return r;
  }
  Vector<double> forward(const Vector<double>& v) const {  // J v
    const Index m = at.size() - 1;
    Vector<double> out(2 * m);
    out << -v.head(m), 10 * (v.tail(m).array() - 2 * at.head(m).array() * v.head(m).array());
    return out;
  }
  static Vector<double> backward(const Vector<double>& x, const Vector<double>& r) {  // Jᵀ r
    const Index m = x.size() - 1;
    Vector<double> out = Vector<double>::Zero(x.size());
    out.head(m).array() -= r.head(m).array() + 20 * x.head(m).array() * r.tail(m).array();
    out.tail(m) += 10 * r.tail(m);
    return out;
  }
};
static_assert(CurvedObjective<Rosenbrock<float>> && CurvedObjective<Rosenbrock<double>>);

/// −1.2, 1, −1.2, 1, …: in the valley, on its far side.
template <class T = double>
Vector<T> rosenbrock_start(Index n) {
  Vector<T> theta(n);
  for (Index i = 0; i < n; ++i) theta(i) = static_cast<T>(i % 2 == 0 ? -1.2 : 1.0);
  return theta;
}

/// A point at which a function was evaluated.
template <class T>
struct Visit {
  Vector<T> theta;
  double value = 0;
  Vector<T> gradient;  // empty if it was not asked for
};

/// Another objective that writes down where it was evaluated, and that beyond a distance from 0 is
/// not finite: its value, its gradient or both.
template <class F>
struct Watched : F {
  using Scalar = ScalarOf<F>;
  double radius = HUGE_VAL;
  double beyond = std::numeric_limits<double>::quiet_NaN();  // the value there
  double slope_beyond = beyond;                              // the gradient, unless it is 0
  std::vector<Visit<Scalar>> visits = {};

  double value(const Vector<Scalar>& theta, Vector<Scalar>* gradient) {
    visits.push_back({theta, F::value(theta, gradient), {}});
    if (!(theta.template cast<double>().norm() <= radius)) {
      visits.back().value = beyond;
      if (gradient && slope_beyond != 0) gradient->fill(static_cast<Scalar>(slope_beyond));
    }
    if (gradient) visits.back().gradient = *gradient;
    return visits.back().value;
  }
  double lowest_seen() const {
    double lowest = HUGE_VAL;
    for (const auto& visit : visits) lowest = std::min(lowest, visit.value);  // nan is not less
    return lowest;
  }
};
template <class F>
Watched<F> watched(F f) {
  return {std::move(f)};
}

/// Calls improve() until f is at most `enough`, or often enough. Returns the number of calls; f must
/// never rise.
template <class Optimiser, class F>
int lower(const Optimiser& optimiser, F& f, Vector<ScalarOf<F>>& theta, int calls,
          double enough = 0) {
  auto state = optimiser.template start<ScalarOf<F>>();
  double before = f.value(theta, nullptr);
  for (int i = 1; i <= calls; ++i) {
    optimiser.improve(f, theta, state);
    const double now = f.value(theta, nullptr);
    CHECK(now <= before);
    if (now <= enough) return i;
    before = now;
  }
  return calls;
}

/// What every optimiser of this family does where f is finite only near 0: it stays there and still
/// goes down; from where f is not finite, it leaves θ alone.
template <class Optimiser>
void check_fences(const Optimiser& optimiser) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double value : {nan, HUGE_VAL, -HUGE_VAL})
    for (const double slope : {nan, HUGE_VAL, 0.0}) {
      CAPTURE(value);
      CAPTURE(slope);
      auto f = watched(quadratic(5, 10));
      f.lowest *= 2 / f.lowest.norm();
      f.radius = 1;  // half-way to the minimum
      f.beyond = value;
      f.slope_beyond = slope;
      Vector<double> theta = Vector<double>::Zero(5);
      const double start = f.value(theta, nullptr);
      lower(optimiser, f, theta, 5);
      CHECK(theta.norm() <= 1);
      CHECK(f.value(theta, nullptr) < 0.6 * start);

      const Vector<double> before = theta;
      f.lowest.setZero();
      for (const double radius : {-1.0, 0.9 * before.norm()}) {
        f.radius = radius;
        auto state = optimiser.template start<double>();
        optimiser.improve(f, theta, state);
        CHECK(theta == before);
      }
    }
}

/// A gradient that is not finite is as bad as a value, however low: with it there is no going on.
template <class Optimiser>
void check_gradient_fence(const Optimiser& optimiser) {
  auto f = watched(quadratic(5, 10));
  f.lowest *= 2 / f.lowest.norm();
  f.radius = 1;
  f.beyond = -1e6;
  f.slope_beyond = std::numeric_limits<double>::quiet_NaN();
  Vector<double> theta = Vector<double>::Zero(5);
  lower(optimiser, f, theta, 5);
  CHECK(theta.norm() <= 1);
  CHECK(theta.norm() > 0.5);

  f.radius = -1;
  f.visits.clear();
  auto state = optimiser.template start<double>();
  optimiser.improve(f, theta, state);
  CHECK(f.visits.size() == 1);  // it does not even try
}

}  // namespace strata::testing
