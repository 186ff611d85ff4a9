// SPDX-License-Identifier: MIT
#include "strata/units/bernoulli.hpp"

#include <doctest/doctest.h>

#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("Bernoulli units obey the laws of units") {
  Random rng(1);
  for (const Index n : {1, 4}) {
    CAPTURE(n);
    check_laws(random_units(Bernoulli<double>(n), rng), rng);
  }
}

TEST_CASE("Bernoulli units in single precision are those in double") {
  Random rng(2);
  check_single_precision(Bernoulli<float>(5), Bernoulli<double>(5), rng);
}

TEST_CASE("fitted Bernoulli biases are the logits of the means, kept off 0 and 1") {
  Matrix<double> data(3, 4);
  data << 1, 0, 0, 0,  //
      1, 1, 1, 1,      //
      0, 0, 0, 0;
  Bernoulli<double> units(3);
  units.fit(data);
  CHECK(units.bias(0) == near(std::log(0.25 / 0.75)));
  CHECK(units.bias(1) == near(std::log(0.9 / 0.1)));  // half a sample more of either
  CHECK(units.bias(2) == near(-std::log(0.9 / 0.1)));
}

TEST_CASE("many Bernoulli units have finite states where their number is not exact") {
  CHECK(Bernoulli<float>(10).count() == 1024);
  CHECK(Bernoulli<float>(784).count() == std::pow(2.0, 784));
  CHECK(Bernoulli<float>(2000).count() == std::numeric_limits<double>::infinity());
}

TEST_CASE("inputs of any size leave Bernoulli units finite") {
  const Bernoulli<float> units(1);
  const Matrix<float> x{{-1e30F, -1000, 1000, 1e30F}};
  CHECK(mean(units, x) == Matrix<float>{{mean(units, x)(0), mean(units, x)(1), 1, 1}});
  CHECK(mean(units, x).leftCols(2).maxCoeff() < 1e-37F);
  CHECK(units.log_partition(x) == Matrix<float>{{0, 0, 1000, 1e30F}});
}
