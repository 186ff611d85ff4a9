// SPDX-License-Identifier: MIT
#include "strata/units/softmax.hpp"

#include <doctest/doctest.h>

#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("softmax units obey the laws of units") {
  Random rng(1);
  for (const auto& [classes, groups] : {std::pair{1, 2}, {2, 3}, {3, 2}, {5, 1}}) {
    const std::string kind = text(groups, " groups of ", classes);
    CAPTURE(kind);
    check_laws(random_units(Softmax<double>(classes, groups), rng), rng);
  }
}

TEST_CASE("softmax units in single precision are those in double") {
  Random rng(2);
  check_single_precision(Softmax<float>(3, 2), Softmax<double>(3, 2), rng);
}

TEST_CASE("one unit of each group is on, and not always the likeliest") {
  Random rng(3);
  const Softmax<float> units(4, 3);
  const Matrix<float> s = sample(units, Matrix<float>::Zero(12, 4000), rng);
  CHECK((s.array() == 0 || s.array() == 1).all());
  CHECK(s.reshaped(4, 12'000).colwise().sum() == Row<float>::Ones(12'000));
  CHECK(largest_z(s.cast<double>(), Vector<double>::Constant(12, 0.25)) < 5);
}

TEST_CASE("drawn as bits, softmax units have the states that they have as numbers") {
  Random rng(5);
  for (const auto& [classes, groups] :
       {std::pair{1, 1}, {10, 1}, {3, 21}, {64, 1}, {2, 32}, {65, 1}, {5, 13}, {3, 43}}) {
    const auto units = random_units(Softmax<double>(classes, groups), rng);
    bits_are_the_numbers(units, 2 * rng.normal<double>(units.size(), 40));
  }
}

TEST_CASE("a group of two softmax units is a Bernoulli unit") {
  Random rng(4);
  Softmax<double> two(2);
  Bernoulli<double> one(1);
  two.bias << 0.3, -0.9;
  one.bias << -1.2;
  const Matrix<double> x = 3 * rng.normal<double>(2, 50), difference = x.row(1) - x.row(0);
  CHECK(distance(mean(two, x).row(1), mean(one, difference)) < 1e-14);
  const Row<double> rest = x.row(0).array() + 0.3;
  CHECK(distance(two.log_partition(x), one.log_partition(difference) + rest) < 1e-13);
}

TEST_CASE("fitted softmax biases are the logarithms of the frequencies") {
  Matrix<double> data = Matrix<double>::Zero(3, 4);
  data.row(0) << 1, 1, 1, 0;
  data.row(1) << 0, 0, 0, 1;
  Softmax<double> units(3);
  units.fit(data);
  CHECK(units.bias(0) == near(std::log(0.75)));
  CHECK(units.bias(1) == near(std::log(0.25)));
  CHECK(units.bias(2) == near(std::log(0.1)));  // half a sample of five
}

TEST_CASE("softmax inputs of any size leave the units finite") {
  const Softmax<float> units(3);
  const Matrix<float> x{{1000, -1e30F}, {0, -1e30F}, {-1000, 1e30F}};
  CHECK(distance(mean(units, x), Matrix<float>{{1, 0}, {0, 0}, {0, 1}}) < 1e-37);
  CHECK(units.log_partition(x) == Matrix<float>{{1000, 1e30F}});
}

TEST_CASE("the states of softmax groups are counted in base `classes`") {
  CHECK(Softmax<float>(3, 4).count() == 81);
  const Matrix<double> s = Softmax<double>(3, 2).states(5, 1);  // 5 = 2 + 1 · 3
  CHECK(s == Vector<double>{{0, 0, 1, 0, 1, 0}});
}

TEST_CASE("a group without classes is an error") {
  CHECK(message_of([] { Softmax<float>(0); }) ==
        "Softmax: classes has 0, but at least 1 is needed");
}
