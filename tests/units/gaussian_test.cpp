// SPDX-License-Identifier: MIT
#include "strata/units/gaussian.hpp"

#include <doctest/doctest.h>

#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("Gaussian units obey the laws of units") {
  Random rng(1);
  for (const Index n : {1, 2}) {
    CAPTURE(n);
    check_laws(random_units(Gaussian<double>(n), rng), rng);
  }
}

TEST_CASE("Gaussian units in single precision are those in double") {
  Random rng(2);
  check_single_precision(Gaussian<float>(2), Gaussian<double>(2), rng);
}

TEST_CASE("Gaussian samples are normal with mean b + σx and deviation σ") {
  Random rng(3);
  Gaussian<double> units(2);
  units.bias << 5, -1;
  units.log_sigma << std::log(0.1), std::log(3.0);
  const Matrix<double> s = sample(units, Vector<double>{{2, -1}}.replicate(1, 100'000), rng);
  Matrix<double> powers(6, s.cols());
  const Vector<double> mean{{5.2, -4}}, sigma{{0.1, 3}};
  const Eigen::ArrayXXd z = sigma.cwiseInverse().asDiagonal() * (s.colwise() - mean);
  powers << z.matrix(), z.square().matrix(), z.row(0).square().square().matrix(),
      (z.row(0) * z.row(1)).matrix();
  CHECK(largest_z(powers, Vector<double>{{0, 0, 1, 1, 3, 0}}) < 5);
}

TEST_CASE("fitted Gaussian units have the mean and the deviation of each row") {
  Matrix<double> data(2, 4);
  data << 1, 3, 1, 3,  //
      -10, -10, -10, 30;
  Gaussian<double> units(2);
  units.fit(data);
  CHECK(distance(units.bias, Vector<double>{{2, 0}}) < 1e-14);
  CHECK(distance(units.sigma(), Vector<double>{{1, std::sqrt(300.0)}}) < 1e-12);
}

TEST_CASE_TEMPLATE("log σ stays within its bounds", S, float, double) {
  Gaussian<S> units(4);
  const auto [lowest, highest] = Gaussian<S>::log_sigma_bounds;
  units.log_sigma << -100, 100, S(0.5), static_cast<S>(lowest);
  constrain(units);
  const auto low = static_cast<S>(lowest), high = static_cast<S>(highest);
  CHECK(units.log_sigma == Vector<S>{{low, high, S(0.5), low}});
  units.fit(Matrix<S>::Random(4, 10) * S(1e12));
  CHECK(units.log_sigma == Vector<S>::Constant(4, high));
}

TEST_CASE("a row that does not vary has a deviation of a hundredth of its size") {
  Gaussian<double> units(3);
  units.fit(Vector<double>{{3, -5000, 0}}.replicate(1, 10));
  CHECK(distance(units.bias, Vector<double>{{3, -5000, 0}}) < 1e-12);
  CHECK(distance(units.sigma(), Vector<double>{{0.03, 50, 0.01}}) < 1e-12);
}

TEST_CASE("log σ that is not a number stays so, for the loop to see") {
  Gaussian<float> units(20);
  units.log_sigma.setConstant(std::numeric_limits<float>::quiet_NaN());
  constrain(units);
  CHECK(units.log_sigma.array().isNaN().all());
}

TEST_CASE("the scale is a parameter with a role of its own") {
  Alone<Gaussian<float>> model{Gaussian<float>(3)};
  const auto list = parameters(model);
  REQUIRE(list.size() == 2);
  CHECK(list[0].name == "bias");
  CHECK(list[0].role == Role::bias);
  CHECK(list[1].name == "log_sigma");
  CHECK(list[1].role == Role::log_scale);
}
