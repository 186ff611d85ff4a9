// SPDX-License-Identifier: MIT
#include "strata/units/spin.hpp"

#include <doctest/doctest.h>

#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("spins obey the laws of units") {
  Random rng(1);
  for (const Index n : {1, 4}) {
    CAPTURE(n);
    check_laws(random_units(Spin<double>(n), rng), rng);
  }
}

TEST_CASE("spins in single precision are those in double") {
  Random rng(2);
  check_single_precision(Spin<float>(5), Spin<double>(5), rng);
}

TEST_CASE("spins are Bernoulli units under twice the input") {
  Random rng(3);
  const auto spins = random_units(Spin<double>(5), rng);
  Bernoulli<double> units(5);
  units.bias = 2 * spins.bias;
  const Matrix<double> x = 3 * rng.normal<double>(5, 40);
  CHECK(distance(mean(spins, x), 2 * mean(units, 2 * x) - constant(5, 40, 1)) < 1e-14);
  Random same = rng;
  CHECK(sample(spins, x, rng) == 2 * sample(units, 2 * x, same) - constant(5, 40, 1));
  const Row<double> lowest = -(x.colwise() + spins.bias).colwise().sum();  // all spins −1
  CHECK(distance(spins.log_partition(x), units.log_partition(2 * x) + lowest) < 1e-12);
}

TEST_CASE("derivatives of spins are slopes of their means") {
  Random rng(4);
  const auto spins = random_units(Spin<double>(3), rng);
  const Matrix<double> x = rng.normal<double>(3, 20), step = constant(3, 20, 1e-5);
  Matrix<double> first, second, above, below, unused;
  spins.derivatives(mean(spins, x), first, second);
  CHECK(distance(first, (mean(spins, x + step) - mean(spins, x - step)) / 2e-5) < 1e-9);
  spins.derivatives(mean(spins, x + step), above, unused);
  spins.derivatives(mean(spins, x - step), below, unused);
  CHECK(distance(second, (above - below) / 2e-5) < 1e-9);
}

TEST_CASE("fitted spins have the mean of the data, kept off −1 and 1") {
  const Matrix<double> data{{1, -1, -1, -1}, {1, 1, 1, 1}, {-1, -1, -1, -1}};
  Spin<double> units(3);
  units.fit(data);
  CHECK(units.bias(0) == near(std::atanh(-0.5)));
  CHECK(units.bias(1) == near(std::atanh(0.8)));  // half a sample more of either
  CHECK(units.bias(2) == near(-std::atanh(0.8)));
}

TEST_CASE("inputs of any size leave spins finite") {
  const Spin<float> units(1);
  const Matrix<float> x{{-1e30F, -1e4F, 0, 1e4F, 1e30F}};
  CHECK(mean(units, x) == Matrix<float>{{-1, -1, 0, 1, 1}});
  CHECK(units.log_partition(x) == Matrix<float>{{1e30F, 1e4F, std::log(2.0F), 1e4F, 1e30F}});
  Random rng(5);
  const Matrix<float> s = sample(units, x, rng);
  CHECK(s(0) == -1);
  CHECK(s(1) == -1);
  CHECK(s(3) == 1);
  CHECK(s(4) == 1);
}

TEST_CASE("the states of spins are counted in binary, −1 for 0") {
  CHECK(Spin<float>(10).count() == 1024);
  CHECK(Spin<double>(3).states(5, 1) == Vector<double>{{1, -1, 1}});
  CHECK(Spin<float>(3).alternatives(1) == Row<float>{{-1, 1}});
  CHECK(kind_name(Spin<float>(3)) == "spin");
  CHECK(describe(support<Spin<float>>()) == "values in [-1, 1]");
}
