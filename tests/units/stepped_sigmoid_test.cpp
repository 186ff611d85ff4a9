// SPDX-License-Identifier: MIT
#include "strata/units/stepped_sigmoid.hpp"

#include <doctest/doctest.h>

#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Sums over the steps, term by term.
struct SumOverSteps {
  long double log_sum = 0, mean = 0, variance = 0;

  explicit SumOverSteps(long double z) {
    for (int j = 1; j < z + 60; ++j) {
      const long double x = z - j + 0.5L, e = std::exp(-std::abs(x));
      log_sum += std::max(x, 0.0L) + std::log1p(e);
      mean += (x > 0 ? 1 : e) / (1 + e);
      variance += e / ((1 + e) * (1 + e));
    }
    for (int j = std::max(1, static_cast<int>(std::ceil(z + 60))); j < 120; ++j) {
      const long double e = std::exp(z - j + 0.5L);
      log_sum += e, mean += e, variance += e;
    }
  }
};

}  // namespace

TEST_CASE("stepped sigmoid units obey the laws of units") {
  Random rng(1);
  for (const Index n : {1, 2}) {
    CAPTURE(n);
    check_laws(random_units(SteppedSigmoid<double>(n), rng), rng);
  }
}

TEST_CASE("stepped sigmoid units in single precision are those in double") {
  Random rng(2);
  check_single_precision(SteppedSigmoid<float>(2), SteppedSigmoid<double>(2), rng);
}

TEST_CASE_TEMPLATE("sums over steps are accurate to rounding from −80 to 300", S, float, double) {
  const SteppedSigmoid<S> units(1);
  double gamma = 0, mean_error = 0, slope_error = 0;
  for (double at = -80; at <= 300; at += 0.0390625) {
    const Matrix<S> z = Matrix<S>::Constant(1, 1, static_cast<S>(at));
    const SumOverSteps exact(static_cast<long double>(z(0)));
    const auto relative = [](S got, long double expected) {
      return static_cast<double>(std::abs(got / expected - 1));
    };
    Matrix<S> slope = Matrix<S>::Ones(1, 1);
    const Matrix<S> y = mean(units, z);
    units.mean_gradient(z, y, slope);
    gamma = std::max(gamma, relative(units.log_partition(z)(0), exact.log_sum));
    mean_error = std::max(mean_error, relative(y(0), exact.mean));
    slope_error = std::max(slope_error, relative(slope(0), exact.variance));
  }
  MESSAGE("log-partition ", gamma, ", mean ", mean_error, ", variance ", slope_error);
  constexpr double precision = std::numeric_limits<S>::epsilon();
  CHECK(gamma < 8 * precision);
  CHECK(mean_error < 8 * precision);
  CHECK(slope_error < 20 * precision);
}

TEST_CASE("Γ(z + 1) = Γ(z) + log(1 + e^{z + ½}): one step more") {
  const SteppedSigmoid<double> units(1);
  for (double z = -40; z < 40; z += 0.37)
    CHECK(units.log_partition(constant(1, 1, z + 1))(0) ==
          near(units.log_partition(constant(1, 1, z))(0) + softplus(constant(1, 1, z + 0.5))(0),
               1e-14));
}

TEST_CASE("means and variances of stepped sigmoid units are nearly softplus and its slope") {
  const SteppedSigmoid<double> units(1);
  const Row<double> z = Row<double>::LinSpaced(4001, -20, 20);
  Matrix<double> slope = Matrix<double>::Ones(1, 4001);
  units.mean_gradient(z, mean(units, z), slope);
  CHECK(distance(mean(units, z), softplus(z)) < 0.011);
  CHECK(distance(mean(units, z), softplus(z)) > 0.010);
  CHECK(distance(slope, sigmoid(z)) < 0.005);
}

TEST_CASE_TEMPLATE("inputs far from 0 leave stepped sigmoid units finite", S, float, double) {
  const SteppedSigmoid<S> units(1);
  const Matrix<S> x{{-10'000, 10'000}};
  CHECK(mean(units, x)(0) <= std::numeric_limits<S>::min());
  CHECK(mean(units, x)(1) == 10'000);
  CHECK(units.log_partition(x)(0) <= std::numeric_limits<S>::min());
  CHECK(static_cast<double>(units.log_partition(x)(1)) ==
        near(0.5e8 + 1.6, std::is_same_v<S, float> ? 1e-7 : 1e-9));
  Matrix<S> slope = Matrix<S>::Ones(1, 2);
  units.mean_gradient(x, mean(units, x), slope);
  CHECK(slope(0) <= std::numeric_limits<S>::min());
  CHECK(slope(1) == near(1, 1e-6));
  Random rng(3);
  const Matrix<double> s = sample(units, x.replicate(1, 20'000), rng).template cast<double>();
  Matrix<double> both = s.reshaped(2, 20'000);
  CHECK(both.row(0).isZero(0));
  both.row(1).array() -= 10'000;
  Matrix<double> moments(2, 20'000);
  moments << both.row(1), both.row(1).cwiseAbs2();
  CHECK(largest_z(moments, Vector<double>{{0, 1}}) < 5);
  CHECK(mean(units, Matrix<S>{{S(1e15)}})(0) == S(1e15));
}

TEST_CASE("samples of stepped sigmoid units have each state as often as it is likely") {
  Random rng(4);
  const SteppedSigmoid<double> units(1);
  constexpr Index draws = 100'000;
  const Row<double> states = Row<double>::LinSpaced(61, 0, 60);
  for (const double z : {-3.0, 0.0, 0.5, 4.0, 9.5, 10.25, 30.0}) {
    const Row<double> p = (z * states - units.energy(states)).array().exp() /
                          std::exp(units.log_partition(constant(1, 1, z))(0));
    const Matrix<double> s = sample(units, constant(1, draws, z), rng);
    Matrix<double> is(61, draws);
    for (Index j = 0; j < draws; ++j) is.col(j) = (states.array() == s(j)).cast<double>();
    CAPTURE(z);
    CHECK(p.sum() == near(1, 1e-13));
    CHECK(largest_z(is, p.transpose()) < 5);
  }
}

TEST_CASE("samples of stepped sigmoid units are the same bits at any number of threads") {
  const auto draw = [](int n) {
    const ThreadCount count(n);
    Random rng(5);
    const auto units = random_units(SteppedSigmoid<float>(37), rng);
    return sample(units, rng.normal<float>(37, 300), rng);
  };
  CHECK(draw(1) == draw(3));
}

TEST_CASE("a stepped sigmoid unit counts Bernoulli units with offsets −½, −3/2, −5/2, …") {
  // The first 14 of them, 2¹⁴ arrangements: those with s on have the weight of the state s.
  const SteppedSigmoid<double> units(1);
  const double z = -1;
  Vector<double> log_sums = Vector<double>::Constant(4, -std::numeric_limits<double>::infinity());
  for (Index k = 0; k < (1 << 14); ++k) {
    double weight = 0;
    Index on = 0;
    for (Index j = 0; j < 14; ++j)
      if ((k >> j) & 1) ++on, weight += z - static_cast<double>(j) - 0.5;
    if (on < 4) log_sums(on) = log_sum_exp(Vector<double>{{log_sums(on), weight}});
  }
  for (Index s = 0; s < 4; ++s) {
    const auto count = static_cast<double>(s);
    CHECK(log_sums(s) == near(z * count - units.energy(constant(1, 1, count))(0), 1e-5));
  }
}

TEST_CASE("fitted stepped sigmoid units have the mean of the data, however small or large") {
  SteppedSigmoid<double> units(4);
  const Vector<double> means{{0.001, 0.5, 7, 1e5}};
  units.fit(means.replicate(1, 1000));
  CHECK(distance(mean(units, Vector<double>::Zero(4)).cwiseQuotient(means),
                 Vector<double>::Ones(4)) < 1e-12);
  units.fit(Matrix<double>::Zero(4, 9));
  CHECK(mean(units, Vector<double>::Zero(4))(0) == near(0.05));  // half a sample of ten
}

TEST_CASE("stepped sigmoid units say what they are") {
  CHECK(kind_name(SteppedSigmoid<float>()) == "stepped sigmoid");
  CHECK(describe(support<SteppedSigmoid<float>>()) == "values in [0, inf]");
  CHECK(growth<SteppedSigmoid<float>>() == Growth::quadratic);
}
