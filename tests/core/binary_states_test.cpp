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

TEST_CASE("a cut of rows has the units of those rows, and nothing after them") {
  Random rng(5);
  for (const Index rows : {0, 1, 63, 64, 65, 128, 130, 200}) {
    const Matrix<double> x = random_states(rows, 5, rng, 0.7);
    const BinaryStates s(x);
    for (const Index first : {0, 1, 7, 63, 64, 65, 128, 129})
      for (const Index n : {0, 1, 2, 63, 64, 65, 127, 128, 136}) {
        if (first + n > rows) continue;
        BinaryStates out(random_states(70, 9, rng));  // to be overwritten
        s.rows(first, n, out);
        CHECK(out == BinaryStates(x.middleRows(first, n)));
        CHECK(out.matrix<double>() == x.middleRows(first, n));
      }
  }
}

TEST_CASE("units that are set leave those before and after them as they are") {
  Random rng(6);
  for (const Index rows : {1, 63, 64, 65, 128, 130, 200})
    for (const Index first : {0, 1, 7, 63, 64, 65, 128, 129})
      for (const Index n : {0, 1, 2, 63, 64, 65, 127, 128, 136}) {
        if (first + n > rows) continue;
        Matrix<double> x = random_states(rows, 5, rng, 0.5);
        const Matrix<double> part = random_states(n, 5, rng, 0.5);
        BinaryStates s(x);
        s.set_rows(first, BinaryStates(part));
        x.middleRows(first, n) = part;
        CHECK(s == BinaryStates(x));
      }
}

TEST_CASE("a new shape has nothing after its last unit") {
  for (const Index rows : {1, 63, 64, 65, 130}) {
    BinaryStates s(Matrix<double>::Ones(192, 7));
    s.resize(rows, 9);
    s.set_rows(0, BinaryStates(rows, 9));
    CHECK(s == BinaryStates(rows, 9));
  }
}

TEST_CASE("rows of States are cut and set as numbers or as bits") {
  Random rng(7);
  const Matrix<double> x = random_states(70, 4, rng), part = random_states(3, 4, rng);
  const States<double> numbers(x), bits{BinaryStates(x)};
  States<double> out;
  numbers.rows(60, 9, out);
  CHECK_FALSE(out.is_binary());
  CHECK(out.numbers() == x.middleRows(60, 9));
  bits.rows(60, 9, out);
  CHECK(out.is_binary());
  CHECK(out.bits() == BinaryStates(x.middleRows(60, 9)));

  Matrix<double> expected = x;
  expected.middleRows(63, 3) = part;
  States<double> to = numbers;
  to.set_rows(63, part);
  CHECK(to.numbers() == expected);
  to = numbers;
  to.set_rows(63, BinaryStates(part));
  CHECK(to.numbers() == expected);
  to = bits;
  to.set_rows(63, BinaryStates(part));
  CHECK(to.bits() == BinaryStates(expected));
}

TEST_CASE("units under a mask become those of other states, whether numbers or bits") {
  Random rng(9);
  for (const Index rows : {1, 63, 64, 65, 130}) {
    const Matrix<double> x = random_states(rows, 6, rng, 0.5), y = random_states(rows, 6, rng, 0.5);
    const Matrix<double> mask = random_states(rows, 6, rng, 0.5);
    const Matrix<double> expected = (mask.array() > 0).select(y, x);
    States<double> numbers(x), mixed(x), bits{BinaryStates(x)};
    numbers.set_where(BinaryStates(mask), Matrix<double>(y));
    CHECK(numbers.numbers() == expected);
    mixed.set_where(BinaryStates(mask), BinaryStates(y));
    CHECK(mixed.numbers() == expected);
    bits.set_where(BinaryStates(mask), BinaryStates(y));
    CHECK(bits.bits() == BinaryStates(expected));
  }
}

TEST_CASE("joined rows are bits if both are, and the same states anyway") {
  Random rng(8);
  for (const Index above : {0, 1, 63, 64, 65, 130})
    for (const Index below : {0, 1, 10, 64, 65}) {
      const Matrix<double> a = random_states(above, 6, rng), b = random_states(below, 6, rng);
      Matrix<double> both(above + below, 6);
      both << a, b;
      States<double> out(BinaryStates(random_states(200, 3, rng)));  // to be overwritten
      join_rows<double>(BinaryStates(a), BinaryStates(b), out);
      CHECK(out.is_binary());
      CHECK(out.bits() == BinaryStates(both));
      join_rows<double>(a, BinaryStates(b), out);
      CHECK_FALSE(out.is_binary());
      CHECK(out.numbers() == both);
      join_rows<double>(BinaryStates(a), b, out);
      CHECK_FALSE(out.is_binary());
      CHECK(out.numbers() == both);
      join_rows<double>(a, b, out);
      CHECK(out.numbers() == both);
    }
}

TEST_CASE("repeated columns stand side by side, bits as bits") {
  Random rng(9);
  for (const Index rows : {1, 64, 65})
    for (const Index k : {0, 1, 3}) {
      const Matrix<double> x = random_states(rows, 5, rng);
      Matrix<double> expected(rows, 5 * k);
      for (Index j = 0; j < 5 * k; ++j) expected.col(j) = x.col(j / k);
      States<double> out(BinaryStates(random_states(130, 40, rng)));  // to be overwritten
      repeat_columns<double>(x, k, out);
      CHECK(out.numbers() == expected);
      repeat_columns<double>(BinaryStates(x), k, out);
      CHECK(out.bits() == BinaryStates(expected));
    }
}
