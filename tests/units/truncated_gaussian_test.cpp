// SPDX-License-Identifier: MIT
#include "strata/units/truncated_gaussian.hpp"

#include <doctest/doctest.h>

#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("truncated Gaussian units obey the laws of units") {
  Random rng(1);
  for (const Index n : {1, 2}) {
    CAPTURE(n);
    check_laws(random_units(TruncatedGaussian<double>(n), rng), rng);
  }
}

TEST_CASE("truncated Gaussian units in single precision are those in double") {
  Random rng(2);
  check_single_precision(TruncatedGaussian<float>(2), TruncatedGaussian<double>(2), rng);
}

TEST_CASE_TEMPLATE("inputs far from 0 leave truncated Gaussian units accurate", S, float, double) {
  const TruncatedGaussian<S> units(1);
  const Matrix<S> x{{-10'000, -300, -30, 30, 300, 10'000}};
  const Matrix<double> z = x.template cast<double>();
  const Matrix<S> y = mean(units, x), gamma = units.log_partition(x);
  Matrix<S> slope = Matrix<S>::Ones(1, 6);
  units.mean_gradient(x, y, slope);
  const double precision = 4 * std::numeric_limits<S>::epsilon();
  for (Index i = 0; i < 3; ++i) {  // nearly exponential with rate |z|
    const double r = 1 / (z(i) * z(i));
    CHECK(-z(i) * static_cast<double>(y(i)) ==
          near(1 - 2 * r + 10 * r * r - 74 * r * r * r, std::max(precision, 1e-9)));
    CHECK(static_cast<double>(slope(i)) / r ==
          near(1 - 6 * r + 50 * r * r, std::max(precision, 1e-6)));
    CHECK(static_cast<double>(gamma(i)) ==
          near(-std::log(-z(i)) - r + 2.5 * r * r, std::max(precision, 1e-7)));
  }
  for (Index i = 3; i < 6; ++i) {
    CHECK(y(i) == x(i));
    CHECK(slope(i) == 1);
    CHECK(static_cast<double>(gamma(i)) ==
          near(0.5 * z(i) * z(i) + 0.5 * std::log(2 * std::numbers::pi), precision));
  }
  Random rng(3);
  Matrix<double> ratio = sample(units, x.replicate(1, 20'000), rng).template cast<double>();
  ratio.resize(6, 20'000);
  CHECK(ratio.minCoeff() >= 0);
  ratio.topRows(3) = (-z.transpose().topRows(3)).asDiagonal() * ratio.topRows(3);
  ratio.bottomRows(3).colwise() -= z.transpose().bottomRows(3).col(0);
  const Vector<double> exact{{1 - 2e-8, 1 - 2 / 9e4, 1 - 2 / 900.0 + 10 / 81e4, 0, 0, 0}};
  CHECK(largest_z(ratio, exact) < 5);
}

// Φ(z − s) = (1 − u) Φ(z) is the distribution function of s at u.
TEST_CASE("samples of truncated Gaussian units are spread as their distribution is") {
  Random rng(4);
  constexpr Index draws = 100'000;
  for (const double z : {-40.0, -3.0, -0.5, 0.0, 0.5, 3.0, 8.0}) {
    const TruncatedGaussian<double> units(1);
    Matrix<double> s = sample(units, constant(1, draws, z), rng);
    std::sort(s.data(), s.data() + s.size());
    double furthest = 0;
    for (Index i = 0; i < draws; ++i) {
      const double log_above =
          log_mills_ratio(s(i) - z) - log_mills_ratio(-z) - s(i) * (0.5 * s(i) - z);
      furthest = std::max(
          furthest, std::abs(-std::expm1(log_above) - (static_cast<double>(i) + 0.5) / draws));
    }
    CAPTURE(z);
    CHECK(furthest * std::sqrt(double{draws}) < 2.2);  // Kolmogorov: above it once in 10,000 times
  }
}

TEST_CASE("samples of truncated Gaussian units are the same bits at any number of threads") {
  const auto draw = [](int n) {
    const ThreadCount count(n);
    Random rng(5);
    const auto units = random_units(TruncatedGaussian<float>(37), rng);
    return sample(units, rng.normal<float>(37, 300), rng);
  };
  CHECK(draw(1) == draw(3));
}

TEST_CASE("fitted truncated Gaussian units have the mean of the data, however small or large") {
  TruncatedGaussian<double> units(5);
  const Vector<double> means{{0.001, 0.1, std::sqrt(2 / std::numbers::pi), 3, 1e5}};
  units.fit(means.replicate(1, 1000));
  CHECK(distance(mean(units, Vector<double>::Zero(5)).cwiseQuotient(means),
                 Vector<double>::Ones(5)) < 1e-12);
  CHECK(units.bias(2) == near(0));
  units.fit(Matrix<double>::Zero(5, 9));
  CHECK(mean(units, Vector<double>::Zero(5))(0) == near(0.05));  // half a sample of ten
}

TEST_CASE("truncated Gaussian units say what they are") {
  CHECK(kind_name(TruncatedGaussian<float>()) == "truncated Gaussian");
  CHECK(describe(support<TruncatedGaussian<float>>()) == "values in [0, inf]");
  CHECK(growth<TruncatedGaussian<float>>() == Growth::quadratic);
}
