// SPDX-License-Identifier: MIT
#include "strata/core/binary_states.hpp"

#include <doctest/doctest.h>

#include "strata/core/random.hpp"

using namespace strata;

namespace {

Matrix<double> random_states(Index rows, Index cols, Random& rng, double p = 0.4) {
  return rng.bernoulli<double>(Matrix<double>::Constant(rows, cols, p));
}

}  // namespace

TEST_CASE("bits hold what the matrix held, whatever its shape") {
  Random rng(1);
  for (const Index rows : {0, 1, 7, 63, 64, 65, 130})
    for (const Index cols : {0, 1, 5, 64, 70}) {
      const Matrix<double> x = random_states(rows, cols, rng);
      const BinaryStates s(x);
      CHECK(s.rows() == rows);
      CHECK(s.cols() == cols);
      CHECK(s.size() == x.size());
      CHECK(s.matrix<double>() == x);
      CHECK(s.matrix<float>() == x.cast<float>());
      CHECK(static_cast<double>(s.count()) == x.sum());
      CHECK(s == BinaryStates(x.array() > 0.5));
      Matrix<double> on = Matrix<double>::Zero(rows, cols);
      for_each_on(s, [&](Index i, Index j) { on(i, j) += 1; });
      CHECK(on == x);
    }
}

TEST_CASE("states are equal if all of them are, whatever was there before") {
  Random rng(2);
  const Matrix<double> x = random_states(70, 9, rng);
  const BinaryStates s(x);
  BinaryStates other(random_states(100, 20, rng));
  CHECK(other != s);
  other = BinaryStates(70, 9);
  CHECK(other.count() == 0);
  for_each_on(s, [&](Index i, Index j) { other.turn_on(i, j); });
  CHECK(other == s);
  Matrix<double> flipped = x;
  flipped(69, 8) = 1 - flipped(69, 8);
  CHECK(BinaryStates(flipped) != s);
  CHECK(BinaryStates(x.transpose()) != s);
  CHECK(BinaryStates() == BinaryStates(0, 0));
}

TEST_CASE("the density is the share of units that are on") {
  CHECK(BinaryStates(0, 3).density() == 0);
  BinaryStates s(4, 2);
  s.turn_on(1, 0);
  s.turn_on(3, 1);
  CHECK(s.density() == 0.25);
}

TEST_CASE("the transpose has rows for columns") {
  Random rng(3);
  for (const auto& [rows, cols] :
       {std::pair<Index, Index>{1, 1}, {64, 64}, {3, 200}, {130, 65}, {65, 63}, {0, 4}}) {
    const Matrix<double> x = random_states(rows, cols, rng);
    BinaryStates t(random_states(9, 300, rng));  // to be overwritten
    transpose(BinaryStates(x), t);
    CHECK(t == BinaryStates(x.transpose()));
    CHECK(t.matrix<double>() == x.transpose());
  }
}

TEST_CASE("States are numbers or bits") {
  Random rng(4);
  const Matrix<double> x = random_states(5, 3, rng);
  States<double> s;
  CHECK(s.size() == 0);
  s = x;
  CHECK_FALSE(s.is_binary());
  CHECK(s.numbers() == x);
  s = BinaryStates(x);
  CHECK(s.is_binary());
  CHECK(s.rows() == 5);
  CHECK(s.cols() == 3);
  CHECK(s.bits() == BinaryStates(x));
  CHECK(s.matrix() == x);
  s.as_numbers().setZero(2, 2);
  CHECK(s.matrix() == Matrix<double>::Zero(2, 2));
  s.as_bits().resize(1, 4);
  CHECK(s.size() == 4);
  CHECK(s.visit([](const auto& states) { return states.cols(); }) == 4);
}
