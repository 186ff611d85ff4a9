// SPDX-License-Identifier: MIT
#include "strata/core/checks.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <sstream>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("a check that holds is silent, one that fails says all its parts") {
  CHECK_NOTHROW(check(true, "unsaid"));
  CHECK_THROWS_WITH_AS(check(false, "train: epochs has ", -1, ", but at least ", 0, " is needed"),
                       "train: epochs has -1, but at least 0 is needed", std::invalid_argument);
}

TEST_CASE("text has numbers as streams print them") {
  CHECK(text() == "");
  CHECK(text("a", std::string("b"), std::string_view("c"), -3, 4u, std::size_t{5}) == "abc-345");
  for (const double x : {0.0, -0.5, 1e-7, 123456.0, 1234567.0, 1.0 / 3, HUGE_VAL}) {
    std::ostringstream out;
    out << x << ' ' << static_cast<float>(x);
    CHECK(text(x, " ", static_cast<float>(x)) == out.str());
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(text(nan, " ", std::copysign(nan, -1.0)) == "nan nan");
  CHECK(text(describe(Interval{0, 1}), " or ", describe(Interval{})) ==
        "values in [0, 1] or finite values");
}

TEST_CASE("a wrong number of rows is told with both numbers") {
  CHECK_NOTHROW(check_rows("free_energy", "v", 784, 784, "visible units"));
  CHECK_THROWS_WITH_AS(check_rows("free_energy", "v", 783, 784, "visible units"),
                       "free_energy: v has 783 rows, but the model has 784 visible units",
                       std::invalid_argument);
}

TEST_CASE_TEMPLATE("values are checked column by column, and the first bad one is named", S, float,
                   double) {
  const auto message = [](const Matrix<S>& x, const Interval& support = {}) {
    return message_of([&] { check_values("train", "data", x, support); });
  };
  Matrix<S> x = Matrix<S>::Zero(5, 20);
  CHECK(message(x, {0, 1}) == "no exception");
  CHECK(message(Matrix<S>(0, 0), {0, 1}) == "no exception");
  x(0, 18) = 2;
  x(3, 17) = std::numeric_limits<S>::quiet_NaN();
  CHECK(message(x, {0, 1}) ==
        "train: data has nan at row 3, column 17, but the units take values in [0, 1]");
  CHECK(message(x) == "train: data has nan at row 3, column 17, but the units take finite values");
  x(3, 17) = S(-0.5);
  CHECK(message(x, {0, 1}) ==
        "train: data has -0.5 at row 3, column 17, but the units take values in [0, 1]");
  x(3, 17) = 1;
  CHECK(message(x, {0, 1}) ==
        "train: data has 2 at row 0, column 18, but the units take values in [0, 1]");
  CHECK(message(x) == "no exception");
  x(4, 19) = -std::numeric_limits<S>::infinity();
  CHECK(message(x) == "train: data has -inf at row 4, column 19, but the units take finite values");
}
