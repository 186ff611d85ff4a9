// SPDX-License-Identifier: MIT
// What the tests of models share: small random models of every pair of kinds, all their states,
// finite differences, bounds on |z|, and the models of which values are known.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <exception>
#include <limits>
#include <string>

#include "strata/rbm/statistics.hpp"
#include "strata/units/binomial.hpp"
#include "strata/units/joint.hpp"
#include "strata/units/stepped_sigmoid.hpp"
#include "strata/units/truncated_gaussian.hpp"

namespace strata::testing {

using B = Bernoulli<double>;
using G = Gaussian<double>;
using S = Softmax<double>;
using BB = RestrictedBoltzmannMachine<B, B>;
using BG = RestrictedBoltzmannMachine<B, G>;
using BS = RestrictedBoltzmannMachine<B, S>;
using GB = RestrictedBoltzmannMachine<G, B>;
using GG = RestrictedBoltzmannMachine<G, G>;
using GS = RestrictedBoltzmannMachine<G, S>;
using SB = RestrictedBoltzmannMachine<S, B>;
using SG = RestrictedBoltzmannMachine<S, G>;
using SS = RestrictedBoltzmannMachine<S, S>;

/// What a computation in double should give, relative to max(1, |expected|).
inline doctest::Approx near(double expected, double tolerance = 1e-10) {
  return doctest::Approx(expected).epsilon(tolerance);
}

/// Sets the number of threads until the end of the scope. For small models one is the
/// quickest, by far if others want the machine.
struct ThreadCount {
  int before = threads();
  explicit ThreadCount(int n) { set_threads(n); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() { set_threads(before); }
};

inline Matrix<double> constant(Index rows, Index cols, double value) {
  return Matrix<double>::Constant(rows, cols, value);
}

/// The words of the exception, or that there was none.
template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "no exception";
}

/// The largest difference between two elements.
template <class X, class Y>
double distance(const X& x, const Y& y) {
  REQUIRE(x.rows() == y.rows());
  REQUIRE(x.cols() == y.cols());
  if (x.size() == 0) return 0;
  const Matrix<double> d = x.template cast<double>() - y.template cast<double>();
  return d.allFinite() ? d.cwiseAbs().maxCoeff() : std::numeric_limits<double>::infinity();
}

/// The largest |z| of the rows' means, each column of draws being an independent draw. No variance
/// counts as less than that of an event that came once.
inline double largest_z(const Matrix<double>& draws, const Vector<double>& expected) {
  const Vector<double> mean = draws.rowwise().mean();
  const Vector<double> variance = (draws.colwise() - mean).array().square().rowwise().mean();
  REQUIRE(expected.size() == mean.size());
  REQUIRE(mean.allFinite());
  const auto n = static_cast<double>(draws.cols());
  return ((mean - expected).array().abs() / (variance.array().max(1 / n) / n).sqrt()).maxCoeff();
}

/// Normal parameters: biases and log σ of deviation 0.5 and 0.3.
template <UnitLayer U>
U random_units(U units, Random& rng) {
  using Scalar = ScalarOf<U>;
  visit_units(units, "", [&](const std::string&, auto& value, Role role) {
    const double deviation = role == Role::log_scale ? 0.3 : 0.5;
    value = (deviation * rng.normal<double>(value.rows(), value.cols())).template cast<Scalar>();
  });
  return units;
}

template <UnitLayer V, UnitLayer H>
RestrictedBoltzmannMachine<V, H> random_rbm(V visible, H hidden, Random& rng,
                                            double deviation = 0.5) {
  RestrictedBoltzmannMachine<V, H> m(random_units(std::move(visible), rng),
                                     random_units(std::move(hidden), rng));
  m.weights = (deviation * rng.normal<double>(m.hidden.size(), m.visible.size()))
                  .template cast<ScalarOf<V>>();
  return m;
}

/// The same, for kinds that a number makes (Softmax: one group).
template <UnitLayer V, UnitLayer H>
RestrictedBoltzmannMachine<V, H> random_rbm(Index n_v, Index n_h, Random& rng,
                                            double deviation = 0.5) {
  return random_rbm(V(n_v), H(n_h), rng, deviation);
}

/// 4 visible and 3 hidden Bernoulli units, 2 Gaussian ones, or two groups of 3 and of 2 softmax
/// units.
template <class M>
M small_rbm(Random& rng) {
  const auto units = []<class U>(const U&, Index bernoulli, Index classes) {
    if constexpr (std::is_same_v<U, S>)
      return S(classes, 2);
    else
      return U(std::is_same_v<U, G> ? 2 : bernoulli);
  };
  const M kinds;
  return random_rbm(units(kinds.visible, 4, 3), units(kinds.hidden, 3, 2), rng,
                    std::is_same_v<M, GG> ? 0.2 : 0.5);  // where larger weights have no finite Z
}

/// All joint states of n binary units, the first the lowest bit, n × 2ⁿ.
inline Matrix<double> all_states(Index n) {
  Matrix<double> s(n, Index{1} << n);
  for (Index k = 0; k < s.cols(); ++k)
    for (Index i = 0; i < n; ++i) s(i, k) = static_cast<double>((k >> i) & 1);
  return s;
}

/// States to sum over; for continuous units a grid, on which the sum of a normal density times
/// e^log_weight is its integral to 1e-16 (the trapezoid rule in steps of σ/2).
struct EveryState {
  Matrix<double> states;
  double log_weight = 0;
};
inline EveryState every_state(const B& units) { return {all_states(units.size())}; }
inline EveryState every_state(const S& units) {
  return {units.states(0, static_cast<Index>(units.count()))};
}
inline EveryState every_state(const G& units) {
  constexpr Index points = 57;  // 14 σ to either side
  Index count = 1;
  for (Index i = 0; i < units.size(); ++i) count *= points;
  EveryState grid{Matrix<double>(units.size(), count), 0};
  for (Index k = 0; k < count; ++k)
    for (Index i = 0, rest = k; i < units.size(); ++i, rest /= points)
      grid.states(i, k) =
          units.bias(i) + 0.5 * units.sigma()(i) * static_cast<double>(rest % points - points / 2);
  grid.log_weight = units.log_sigma.sum() - static_cast<double>(units.size()) * std::log(2.0);
  return grid;
}

/// All states of any other kind that counts them.
template <EnumerableUnits U>
EveryState every_state(const U& units) {
  return {units.states(0, static_cast<Index>(units.count()))};
}
/// The counts of each unit up to 60, of which the last weighs less than e^−1000 under inputs of
/// order 1.
inline EveryState every_state(const SteppedSigmoid<double>& units) {
  Binomial<double> counts(units.size(), 60);
  return every_state(counts);
}

/// States of which each has a weight of its own.
struct Quadrature {
  Matrix<double> states;
  Row<double> log_weights;
};
/// ∫_0^∞ ds of smooth densities that fall as e^{−s²/2}, to 1e-14: s = e^{t − e^{−t}}, along which all
/// derivatives vanish at either end, and the trapezoid rule in t ("Double exponential formulas for
/// numerical integration", Takahasi and Mori 1974).
inline Quadrature every_state(const TruncatedGaussian<double>& units) {
  constexpr Index points = 145;
  constexpr double step = 1.0 / 18;
  Index count = 1;
  for (Index i = 0; i < units.size(); ++i) count *= points;
  Quadrature grid{Matrix<double>(units.size(), count), Row<double>::Zero(count)};
  for (Index k = 0; k < count; ++k)
    for (Index i = 0, rest = k; i < units.size(); ++i, rest /= points) {
      const double t = -4 + step * static_cast<double>(rest % points);  // s from e^−59 to 55
      grid.states(i, k) = std::exp(t - std::exp(-t));
      grid.log_weights(k) += t - std::exp(-t) + std::log1p(std::exp(-t)) + std::log(step);
    }
  return grid;
}

inline Row<double> log_weights_of(const Quadrature& grid) { return grid.log_weights; }
inline Row<double> log_weights_of(const EveryState& all) {
  return Row<double>::Constant(all.states.cols(), all.log_weight);
}

/// Each state of the first part with each of the second.
template <UnitLayer First, UnitLayer Second>
EveryState every_state(const Joint<First, Second>& units) {
  const EveryState a = every_state(units.first), b = every_state(units.second);
  const Index n = a.states.cols();
  EveryState both{Matrix<double>(units.size(), n * b.states.cols()), a.log_weight + b.log_weight};
  for (Index k = 0; k < both.states.cols(); ++k)
    both.states.col(k) << a.states.col(k % n), b.states.col(k / n);
  return both;
}

/// contrast() of data and model states, with their hidden inputs and means.
template <class M>
void contrast_of(const M& m, const Matrix<double>& data, const Matrix<double>& model, M& g) {
  const States<double> v0 = data, v = model;
  const Matrix<double> x0 = hidden_input(m, data), x = hidden_input(m, model);
  const Matrix<double> mean0 = hidden_mean(m, data), mean = hidden_mean(m, model);
  contrast(m, {v0, x0, mean0}, {v, x, mean}, g);
}

/// On with probability p.
template <class S>
Matrix<S> random_states(Index rows, Index cols, Random& rng, double p = 0.3) {
  return rng.bernoulli<S>(Matrix<S>::Constant(rows, cols, static_cast<S>(p)));
}

/// Rounding of sums of up to a thousand numbers of order 1.
template <class S>
constexpr double rounding = std::is_same_v<S, float> ? 1e-4 : 1e-12;

/// All parameters one after the other.
template <class Model>
Vector<double> flatten(Model model) {
  std::vector<double> all;
  for (const auto& p : parameters(model))
    for (Index i = 0; i < p.value.size(); ++i) all.push_back(static_cast<double>(p.value(i)));
  return Eigen::Map<Vector<double>>(all.data(), static_cast<Index>(all.size()));
}

/// The gradient of a batch at a time in epochs, held in a model, from a seed.
template <class Estimator, class Model>
Vector<double> one_gradient(const Estimator& estimator, const Model& m,
                            const States<ScalarOf<Model>>& batch, std::uint64_t seed,
                            double epoch = 0) {
  auto state = estimator.start(m);
  if constexpr (requires { state.epoch; }) state.epoch = epoch;
  Model g = m;
  Random rng(seed);
  estimator.gradient(m, batch, state, g, rng);
  return flatten(g);
}
/// Gradients one after the other, one a column.
template <class Estimator, class Model>
Matrix<double> gradient_draws(const Estimator& estimator, const Model& m,
                              const States<ScalarOf<Model>>& batch, Index draws, Random& rng) {
  const ThreadCount one_thread(1);
  auto state = estimator.start(m);
  Model g = m;
  Matrix<double> columns(flatten(m).size(), draws);
  for (Index i = 0; i < draws; ++i) {
    estimator.gradient(m, batch, state, g, rng);
    columns.col(i) = flatten(g);
  }
  return columns;
}

/// ∂f(model)/∂θ by each parameter, by central differences: right to 1e-8 for an f of order 1.
template <class Model, class F>
Vector<double> finite_differences(Model model, F&& f) {
  std::vector<double> slopes;
  for (auto& p : parameters(model))
    for (Index i = 0; i < p.value.size(); ++i) {
      const double value = p.value(i), step = 1e-5;
      p.value(i) = value + step;
      const double above = f(std::as_const(model));
      p.value(i) = value - step;
      slopes.push_back((above - f(std::as_const(model))) / (2 * step));
      p.value(i) = value;
    }
  return Eigen::Map<Vector<double>>(slopes.data(), static_cast<Index>(slopes.size()));
}

/// A kind of units as a model of its own.
template <UnitLayer U>
struct Alone {
  using Scalar = ScalarOf<U>;
  U units;
  template <class F>
  void visit(F&& f) {
    visit_units(units, "", f);
  }
};

}  // namespace strata::testing

TYPE_TO_STRING_AS("Bernoulli and Bernoulli", strata::testing::BB);
TYPE_TO_STRING_AS("Bernoulli and Gaussian", strata::testing::BG);
TYPE_TO_STRING_AS("Bernoulli and softmax", strata::testing::BS);
TYPE_TO_STRING_AS("Gaussian and Bernoulli", strata::testing::GB);
TYPE_TO_STRING_AS("Gaussian and Gaussian", strata::testing::GG);
TYPE_TO_STRING_AS("Gaussian and softmax", strata::testing::GS);
TYPE_TO_STRING_AS("softmax and Bernoulli", strata::testing::SB);
TYPE_TO_STRING_AS("softmax and Gaussian", strata::testing::SG);
TYPE_TO_STRING_AS("softmax and softmax", strata::testing::SS);
