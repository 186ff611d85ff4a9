// SPDX-License-Identifier: MIT
// The laws that every kind of unit obeys. Sums over all states decide (integrals on a grid for
// continuous kinds), then finite differences, then seeded samples with a bound on |z|.
#pragma once

#include <set>

#include "fixtures.hpp"
#include "strata/units/concept.hpp"

namespace strata::testing {

/// −E(s) + xᵀ t(s) for one x and each of all states, and the weight of each.
template <class U, class All>
Row<double> log_terms(const U& units, const Vector<double>& x, const All& all) {
  return x.transpose() * statistic(units, all.states) - units.energy(all.states) +
         log_weights_of(all);
}

template <class U>
void log_partition_sums_all_states(const U& units, const Matrix<double>& x) {
  const auto all = every_state(units);
  const Row<double> gamma = units.log_partition(x);
  const Matrix<double> y = mean(units, x);
  for (Index c = 0; c < x.cols(); ++c) {
    const Row<double> w = log_terms(units, x.col(c), all);
    CHECK(gamma(c) == near(log_sum_exp(w)));
    const Row<double> p = (w.array() - log_sum_exp(w)).exp();
    CHECK(distance(all.states * p.transpose(), y.col(c)) < 1e-10);
  }
}

template <class U>
void derivative_of_log_partition_is_the_mean_statistic(const U& units, const Matrix<double>& x) {
  const Matrix<double> t = statistic(units, mean(units, x));
  for (Index i = 0; i < x.rows(); ++i) {
    const Matrix<double> step =
        1e-5 * Vector<double>::Unit(x.rows(), i) * Row<double>::Ones(x.cols());
    const Row<double> slope =
        (units.log_partition(x + step) - units.log_partition(x - step)) / (2 * 1e-5);
    CHECK(distance(slope, t.row(i)) < 1e-8);
  }
}

/// Means and all second moments of 20,000 samples of each x: noise that is missing, shared by units
/// or of the wrong width shows in the latter. `exact` are the same units in double.
template <class U, class Exact>
void samples_average_to_the_moments(const U& units, const Exact& exact, const Matrix<double>& x,
                                    Random& rng) {
  using Scalar = ScalarOf<U>;
  const auto moments = [](const Vector<double>& s) {
    Vector<double> m(s.size() * (s.size() + 1));
    m << s, (s * s.transpose()).reshaped();
    return m;
  };
  const auto all = every_state(exact);
  for (Index c = 0; c < x.cols(); ++c) {
    const Matrix<Scalar> many = x.col(c).template cast<Scalar>().replicate(1, 20'000);
    const Matrix<double> s = sample(units, many, rng).template cast<double>();
    Matrix<double> draws(x.rows() * (x.rows() + 1), s.cols());
    for (Index j = 0; j < s.cols(); ++j) draws.col(j) = moments(s.col(j));

    const Row<double> w = log_terms(exact, x.col(c), all);
    const Row<double> p = (w.array() - log_sum_exp(w)).exp();
    Vector<double> expected = Vector<double>::Zero(draws.rows());
    for (Index k = 0; k < p.size(); ++k) expected += p(k) * moments(all.states.col(k));
    CHECK(largest_z(draws, expected) < 5);
  }
}

template <class U>
void parameter_gradients_are_the_derivatives(const U& units, const Matrix<double>& x,
                                             const Matrix<double>& s, Random& rng) {
  const Row<double> w = rng.normal<double>(1, x.cols());
  const auto check = [&](auto&& add, auto&& value) {
    Alone<U> g{random_units(units, rng)};  // what is there already stays
    const Vector<double> before = flatten(g);
    add(g.units);
    const auto of = [&](const Alone<U>& changed) { return value(changed.units); };
    CHECK(distance(flatten(g) - before, finite_differences(Alone<U>{units}, of)) < 1e-8);
  };
  check([&](U& g) { add_energy_gradient(units, s, w, g); },
        [&](const U& u) { return -w.dot(u.energy(s)); });
  check([&](U& g) { add_partition_gradient<U>(units, x, mean(units, x), w, g); },
        [&](const U& u) { return w.dot(u.log_partition(x)); });
  const auto bond = [&](const U& u) { return x.cwiseProduct(statistic(u, s)).eval(); };
  check([&](U& g) { add_coupling<U>(units, bond(units) * w.transpose(), g); },
        [&](const U& u) { return w.dot(bond(u).colwise().sum()); });
}

template <class U>
void mean_gradient_is_the_derivative(const U& units, const Matrix<double>& x, Random& rng) {
  const Matrix<double> r = rng.normal<double>(x.rows(), x.cols());
  Matrix<double> g = r;
  units.mean_gradient(x, mean(units, x), g);
  for (Index i = 0; i < x.rows(); ++i)
    for (Index c = 0; c < x.cols(); ++c) {
      Matrix<double> above = x, below = x;
      above(i, c) += 1e-5;
      below(i, c) -= 1e-5;
      const double slope = r.cwiseProduct(mean(units, above) - mean(units, below)).sum() / 2e-5;
      CHECK(g(i, c) == near(slope, 1e-8));
    }
}

/// The derivatives of the mean of log p(s) = −E(s) − Γ(0) vanish, and it falls to either side.
template <class U>
void fit_is_the_maximum_of_the_likelihood(const U& units, Random& rng) {
  const Matrix<double> data = sample(units, Matrix<double>::Zero(units.size(), 300), rng);
  const auto likelihood = [&](const Alone<U>& alone) {
    const double log_z = alone.units.log_partition(Vector<double>::Zero(units.size()))(0);
    return (-alone.units.energy(data)).mean() - log_z;
  };
  Alone<U> best{units};
  fit<U>(best.units, data);
  CHECK(finite_differences(best, likelihood).cwiseAbs().maxCoeff() < 1e-8);
  for (int i = 0; i < 5; ++i)
    CHECK(likelihood({random_units(units, rng)}) <= likelihood(best) + 1e-12);
}

template <class U>
void fit_survives_constant_columns(U units) {
  const Matrix<double> one = every_state(units).states.leftCols(1);
  for (const Index n : {1, 2, 50}) {
    fit<U>(units, one.replicate(1, n));
    CHECK(flatten(Alone<U>{units}).allFinite());
    CHECK(mean(units, one).allFinite());
  }
}

template <class U>
void states_are_all_different_and_in_the_support(const U& units) {
  const auto count = static_cast<Index>(units.count());
  const Matrix<double> s = units.states(0, count);
  std::set<std::vector<double>> distinct;
  for (const auto& column : s.colwise()) distinct.emplace(column.begin(), column.end());
  CHECK(static_cast<Index>(distinct.size()) == count);
  CHECK_NOTHROW(check_values("states", "s", s, support<U>()));
  for (Index first = 0; first < count; first += 3)
    CHECK(units.states(first, std::min<Index>(3, count - first)) ==
          s.middleCols(first, std::min<Index>(3, count - first)));
}

/// Drawn as bits, with their means or without, the states are those drawn as numbers.
template <class U>
void bits_are_the_numbers(const U& units, const Matrix<double>& x) {
  Random one(6), other(6), third(6);
  const Matrix<double> s = sample(units, x, one);
  BinaryStates bits(Matrix<double>::Ones(units.size() + 9, x.cols() + 2)), with_mean = bits;
  Matrix<double> y;
  units.sample(x, other, bits);
  units.sample(x, third, with_mean, &y);
  CHECK(bits == BinaryStates(s));  // and nothing after the last unit
  CHECK(with_mean == bits);
  CHECK(distance(y, mean(units, x)) < 1e-15);
  CHECK(other.counter() == one.counter());
  CHECK(third.counter() == one.counter());
  CHECK(distance(energy(units, bits), energy(units, s)) < 1e-13);
}

/// All of the above; `units` have parameters of order 1.
template <class U>
void check_laws(const U& units, Random& rng) {
  const Matrix<double> x = 1.5 * rng.normal<double>(units.size(), 4);
  const Matrix<double> s = sample(units, x, rng);
  log_partition_sums_all_states(units, x);
  derivative_of_log_partition_is_the_mean_statistic(units, x);
  samples_average_to_the_moments(units, units, x, rng);
  parameter_gradients_are_the_derivatives(units, x, s, rng);
  if constexpr (DifferentiableUnits<U>) mean_gradient_is_the_derivative(units, x, rng);
  fit_is_the_maximum_of_the_likelihood(units, rng);
  fit_survives_constant_columns(units);
  if constexpr (BinaryUnits<U>) bits_are_the_numbers(units, x);
  if constexpr (EnumerableUnits<U>) states_are_all_different_and_in_the_support(units);
}

/// Single precision is double precision but for rounding. The parameters of both are set.
template <class Single, class Double>
void check_single_precision(Single single, Double exact, Random& rng) {
  Alone<Single> f{random_units(single, rng)};
  Alone<Double> d{exact};
  auto to = parameters(d);
  const auto from = parameters(f);
  for (std::size_t i = 0; i < to.size(); ++i) to[i].value = from[i].value.template cast<double>();

  const Matrix<float> x = rng.normal<float>(single.size(), 50),
                      g = rng.normal<float>(single.size(), 50);
  const Matrix<double> xd = x.cast<double>();
  const Matrix<float> s = sample(f.units, x, rng), y = mean(f.units, x);
  const Matrix<double> sd = s.cast<double>();
  CHECK(distance(f.units.energy(s), d.units.energy(sd)) < 1e-5);
  CHECK(distance(f.units.log_partition(x), d.units.log_partition(xd)) < 1e-5);
  CHECK(distance(statistic(f.units, s), statistic(d.units, sd)) < 1e-5);
  CHECK(distance(y, mean(d.units, xd)) < 1e-5);
  Matrix<float> slope = g;
  Matrix<double> exact_slope = g.cast<double>();
  f.units.mean_gradient(x, y, slope);
  d.units.mean_gradient(xd, mean(d.units, xd), exact_slope);
  CHECK(distance(slope, exact_slope) < 1e-5);
  samples_average_to_the_moments(f.units, d.units, xd.leftCols(3), rng);
}

}  // namespace strata::testing
