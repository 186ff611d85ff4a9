// SPDX-License-Identifier: MIT
#include "strata/units/noisy_relu.hpp"

#include <doctest/doctest.h>

#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Mean and mean square of max(0, n), n normal with mean z and variance σ(z).
Vector<double> rectified_moments(double z) {
  const double variance = 1 / (1 + std::exp(-z)), sigma = std::sqrt(variance), r = z / sigma;
  const double above = 0.5 * std::erfc(-r / std::numbers::sqrt2);
  const double density = sigma * std::exp(-0.5 * r * r) / std::sqrt(2 * std::numbers::pi);
  return Vector<double>{{z * above + density, (z * z + variance) * above + z * density}};
}

}  // namespace

TEST_CASE("noisy ReLUs obey the laws of units, but for their samples") {
  Random rng(1);
  const auto units = random_units(NoisyReLU<double>(2), rng);
  const Matrix<double> x = 1.5 * rng.normal<double>(2, 4), s = sample(units, x, rng);
  log_partition_sums_all_states(units, x);
  derivative_of_log_partition_is_the_mean_statistic(units, x);
  parameter_gradients_are_the_derivatives(units, x, s, rng);
  mean_gradient_is_the_derivative(units, x, rng);
  fit_is_the_maximum_of_the_likelihood(units, rng);
  fit_survives_constant_columns(units);
}

TEST_CASE_TEMPLATE("samples of noisy ReLUs have the moments of max(0, N(z, σ(z)))", S, float,
                   double) {
  Random rng(2);
  NoisyReLU<S> units(2);
  units.bias << S(0.5), S(-0.5);
  for (const double x : {-2.0, -0.5, 0.0, 1.0, 4.0}) {
    const Matrix<double> s = sample(units, Matrix<S>::Constant(2, 100'000, static_cast<S>(x)), rng)
                                 .template cast<double>();
    CHECK(s.minCoeff() >= 0);
    Matrix<double> moments(5, s.cols());
    moments << s, s.cwiseAbs2(), s.row(0).cwiseProduct(s.row(1));
    const Vector<double> first = rectified_moments(x + 0.5), second = rectified_moments(x - 0.5);
    CHECK(largest_z(moments, Vector<double>{{first(0), second(0), first(1), second(1),
                                             first(0) * second(0)}}) < 5);
  }
}

TEST_CASE("the mean of the draw is below the model's by what the comment says") {
  const NoisyReLU<double> units(1);
  const auto below = [&](double z) {
    return mean(units, constant(1, 1, z))(0) - rectified_moments(z)(0);
  };
  CHECK(std::abs(below(0) - 0.4005) < 1e-4);
  CHECK(std::abs(below(2) - 0.117) < 5e-4);
  CHECK(std::abs(below(-2) - 0.1226) < 5e-4);
  for (double z = -20; z < 20; z += 0.01) {
    CHECK(below(z) < 0.409);
    CHECK(below(z) > -1e-7);
  }
}

TEST_CASE("the energy of a real s lies between those of counts, and is smooth") {
  const NoisyReLU<double> units(1);
  const Row<double> s = Row<double>::LinSpaced(201, 0, 2);
  const Row<double> e = units.energy(s);
  CHECK(e(0) == near(0, 1e-15));
  CHECK(e(100) == near(0.5 + std::log(1 - std::exp(-1.0)), 1e-14));
  CHECK(e(200) == near(2 + std::log(1 - std::exp(-1.0)) + std::log(1 - std::exp(-2.0)), 1e-14));
  const Row<double> bend = e.tail(199) - 2 * e.segment(1, 199) + e.head(199);
  CHECK((bend.tail(198) - bend.head(198)).cwiseAbs().maxCoeff() < 1e-5);
}

TEST_CASE_TEMPLATE("inputs far from 0 leave noisy ReLUs finite", S, float, double) {
  Random rng(3);
  const Matrix<S> x{{-10'000, 10'000}}, s = sample(NoisyReLU<S>(1), x, rng);
  CHECK(s(0) == 0);
  CHECK(std::abs(s(1) - 10'000) < 5);
}

TEST_CASE("samples of noisy ReLUs are the same bits at any number of threads") {
  const auto draw = [](int n) {
    const ThreadCount count(n);
    Random rng(5);
    const auto units = random_units(NoisyReLU<float>(37), rng);
    return sample(units, rng.normal<float>(37, 300), rng);
  };
  CHECK(draw(1) == draw(3));
}

TEST_CASE("noisy ReLUs say what they are") {
  CHECK(kind_name(NoisyReLU<float>()) == "noisy ReLU");
  CHECK(describe(support<NoisyReLU<float>>()) == "values in [0, inf]");
  CHECK(growth<NoisyReLU<float>>() == Growth::quadratic);
}
