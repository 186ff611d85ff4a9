// SPDX-License-Identifier: MIT
#include "strata/core/schedule.hpp"

#include <doctest/doctest.h>

using namespace strata;

TEST_CASE("a number is a constant schedule") {
  for (const double t : {0.0, 0.5, 1.0, 1e6}) {
    CHECK(Schedule(0.1)(t) == 0.1);
    CHECK(Schedule(2)(t) == 2);
    CHECK(Schedule(0.25f)(t) == 0.25);
  }
}

TEST_CASE("a step changes at its epoch, not before") {
  const Schedule s = step(0.5, 5, 0.9);
  CHECK(s(0) == 0.5);
  CHECK(s(4.999) == 0.5);
  CHECK(s(5) == 0.9);
  CHECK(s(50) == 0.9);
}

TEST_CASE("a line goes straight from one rate to the other and stays") {
  const Schedule s = linear(1, 0.5, 4);
  CHECK(s(0) == 1);
  CHECK(s(1) == 0.875);
  CHECK(s(2.5) == 0.6875);  // between epochs too
  CHECK(s(4) == 0.5);
  CHECK(s(9) == 0.5);
  CHECK(linear(1, 0.5, 0)(0) == 0.5);
}

TEST_CASE("values in turn have equal shares of the epochs") {
  const Schedule s = in_turn({3, 6, 10}, 30);
  CHECK(s(0) == 3);
  CHECK(s(9.9) == 3);
  CHECK(s(10) == 6);
  CHECK(s(19.9) == 6);
  CHECK(s(20) == 10);
  CHECK(s(30) == 10);
  CHECK(s(99) == 10);
  CHECK(in_turn({7}, 0)(0) == 7);
}

TEST_CASE("an exponential multiplies by its factor in each epoch") {
  const Schedule s = exponential(0.8, 0.25);
  CHECK(s(0) == 0.8);
  CHECK(s(0.5) == doctest::Approx(0.4).epsilon(1e-15));
  CHECK(s(1) == doctest::Approx(0.2).epsilon(1e-15));
  CHECK(s(3) == doctest::Approx(0.0125).epsilon(1e-15));
}

TEST_CASE("any function of the time is a schedule, and copies are alike") {
  double scale = 3;
  const Schedule s = [&scale](double t) { return scale * t; };
  const Schedule copy = s;
  CHECK(s(1.5) == 4.5);
  scale = 2;
  CHECK(copy(1.5) == 3);
}
