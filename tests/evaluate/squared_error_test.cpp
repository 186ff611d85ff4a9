// SPDX-License-Identifier: MIT
#include "strata/evaluate/squared_error.hpp"

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("the squared error sums over rows and averages over columns, in blocks of any number") {
  Random rng(1);
  for (const Index n : {1, 999, 1000, 2345}) {
    const Matrix<double> x = rng.normal<double>(3, n);
    const double expected = 0.25 * x.squaredNorm() / static_cast<double>(n);
    CHECK(squared_error<double>([](const Matrix<double>& v) { return Matrix<double>(0.5 * v); },
                                Samples<double>(x)) == near(expected, 1e-12));
  }
}

TEST_CASE("the squared error of grey levels is that of the numbers they stand for") {
  const GreyLevels<double> bytes(Matrix<std::uint8_t>{{0, 255, 51}});
  CHECK(squared_error<double>([](const auto& v) { return Matrix<double>(0 * v); },
                              Samples<double>(bytes)) == near((1 + 0.04) / 3, 1e-12));
}

TEST_CASE("the squared error refuses other shapes, and nothing") {
  const Matrix<double> x = Matrix<double>::Zero(3, 2);
  const auto wrong = [](const Matrix<double>& v) { return Matrix<double>(v.topRows(2)); };
  CHECK(message_of([&] { squared_error<double>(wrong, Samples<double>(x)); }) ==
        "squared_error: the reconstruction has 2 x 2 values, but the samples have 3 x 2");
  const Matrix<double> none(3, 0);
  CHECK(message_of([&] { squared_error<double>(wrong, Samples<double>(none)); }) ==
        "squared_error: x has 0 columns, but at least 1 is needed");
}
