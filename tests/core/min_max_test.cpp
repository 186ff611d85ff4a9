// SPDX-License-Identifier: MIT
#include "strata/core/min_max.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("min_max brings each row to [0, 1], and back") {
  const Matrix<double> x{{-1, 3, 1}, {1e6, 1e6 + 1, 1e6 + 4}, {0, 0, -8}};
  const auto range = min_max(x);
  const Matrix<double> expected{{0, 1, 0.5}, {0, 0.25, 1}, {1, 1, 0}};
  CHECK(range.to_unit(x) == expected);
  CHECK(range.from_unit(expected) == x);
}

TEST_CASE(
    "min_max: other data are brought to [0, 1] by the same range, what lies outside to its ends") {
  const auto range = min_max(Matrix<double>{{0, 4}, {-2, -1}});
  CHECK(range.to_unit(Matrix<double>{{-1, 1, 5}, {-2.5, -1.5, 0}}) ==
        Matrix<double>{{0, 0.25, 1}, {0, 0.5, 1}});
}

TEST_CASE("min_max: a constant row becomes 0, and larger values in it 1") {
  const auto range = min_max(Matrix<float>{{7, 7, 7}, {0, 1, 0}});
  CHECK(range.to_unit(Matrix<float>{{7, 7.5F, 6}, {0, 1, 0}}) ==
        Matrix<float>{{0, 1, 0}, {0, 1, 0}});
  CHECK(range.from_unit(Matrix<float>{{0, 1}, {0, 1}}) == Matrix<float>{{7, 7}, {0, 1}});
}

TEST_CASE("min_max: all is in [0, 1] whatever the scale, one sample or many") {
  Random rng(1);
  for (const double scale : {1e-310, 1e-30, 1.0, 1e30, 1e300})
    for (const Index n : {1, 2, 1001}) {
      const Matrix<double> x = scale * rng.normal<double>(5, n);
      const auto range = min_max(x);
      const Matrix<double> y = range.to_unit(x);
      CAPTURE(scale);
      CHECK(y.minCoeff() == 0);
      CHECK(y.maxCoeff() == (n == 1 ? 0 : 1));
      CHECK(distance(range.from_unit(y) / scale, x / scale) < 1e-14);
    }
}

TEST_CASE("min_max refuses what has no range") {
  constexpr double inf = HUGE_VAL, most = std::numeric_limits<double>::max();
  CHECK(message_of([] { min_max(Matrix<double>(3, 0)); }) ==
        "min_max: x has 0 columns, but at least 1 is needed");
  CHECK(message_of([] {
          min_max(Matrix<double>{{0, 1}, {0, std::nan("")}});
        }) == "min_max: x has nan at row 1, column 1, but the units take finite values");
  CHECK(message_of([] {
          min_max(Matrix<double>{{inf, 1}});
        }) == "min_max: x has inf at row 0, column 0, but the units take finite values");
  CHECK(message_of([] {
          min_max(Matrix<double>{{-most, most}});
        }) ==
        "min_max: the range of x has inf at row 0, column 0, but the units take finite values");
  const auto range = min_max(Matrix<double>{{0}, {1}});
  CHECK(message_of([&] { range.to_unit(Matrix<double>{{0}}); }) ==
        "MinMax::to_unit: x has 1 rows, but the data had 2");
  CHECK(message_of([&] { range.from_unit(Matrix<double>{{0}}); }) ==
        "MinMax::from_unit: x has 1 rows, but the data had 2");
}
