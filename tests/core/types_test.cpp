// SPDX-License-Identifier: MIT
#include "strata/core/types.hpp"

#include <doctest/doctest.h>

using namespace strata;

TEST_CASE("the first samples keep their labels") {
  LabelledData<float> data{Matrix<float>::Random(3, 4), {5, 6, 7, 8}};
  const auto two = first(data, 2);
  CHECK(two.images == data.images.leftCols(2));
  CHECK(two.labels == Labels{5, 6});
  CHECK(first(data, 9).images == data.images);
  CHECK(first(data, 9).labels == data.labels);
}

TEST_CASE(
    "matrices and blocks of columns are batches without a copy, other expressions are evaluated") {
  const Matrix<float> x = Matrix<float>::Random(3, 4);
  const auto of = [](const Batch<float>& b) { return b.data(); };
  CHECK(of(x) == x.data());
  CHECK(of(x.middleCols(1, 2)) == x.col(1).data());
  const auto doubled = as_states<float>(2 * x);
  CHECK(Matrix<float>(doubled) == Matrix<float>(x + x));
}

TEST_CASE("states that are not Eigen's pass as they are") {
  struct OtherStates {
  } states;
  CHECK(&as_states<float>(states) == &states);
}
