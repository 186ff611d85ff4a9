// SPDX-License-Identifier: MIT
#include "strata/core/samples.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"
#include "strata/core/random.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

Matrix<std::uint8_t> some_bytes() {
  Matrix<std::uint8_t> bytes(3, 4);
  bytes << 0, 255, 1, 51, 102, 0, 255, 204, 255, 153, 0, 254;
  return bytes;
}

}  // namespace

TEST_CASE("grey levels are 255ths") {
  const GreyLevels<double> levels(some_bytes());
  CHECK(levels.rows() == 3);
  CHECK(levels.cols() == 4);
  CHECK(distance(levels.numbers(), some_bytes().cast<double>() / 255) < 1e-16);
  CHECK(levels.numbers().maxCoeff() == 1);
  CHECK(levels.leftCols(2).numbers() == levels.numbers().leftCols(2));
}

TEST_CASE("samples are the same numbers, however they are kept") {
  Random rng(1);
  const GreyLevels<double> levels(some_bytes());
  const Matrix<double> numbers = levels.numbers(), zeros_and_ones = rng.bernoulli(numbers);
  const BinaryStates bits(zeros_and_ones);
  const std::vector<Index> columns{2, 0, 2};
  const auto check_samples = [&](const Samples<double>& s, const Matrix<double>& expected) {
    CHECK(s.rows() == 3);
    CHECK(s.cols() == 4);
    CHECK(s.columns(1, 3) == expected.middleCols(1, 3));
    Matrix<double> some;
    s.gather(columns, some);
    CHECK(some == expected(Eigen::all, columns));
    CHECK(s.some(100) == expected);
    CHECK(s.some(2) == expected(Eigen::all, {0, 2}));
  };
  check_samples(numbers, numbers);
  check_samples(levels, numbers);
  check_samples(bits, zeros_and_ones);
  check_samples(numbers.leftCols(4), numbers);
  check_samples(2 * numbers, 2 * numbers);
}

TEST_CASE("samples know whether they are binary") {
  Random rng(2);
  const Matrix<double> zeros_and_ones = rng.bernoulli<double>(Matrix<double>::Constant(70, 5, 0.5));
  const BinaryStates bits(zeros_and_ones);
  CHECK(Samples<double>(bits).is_binary());
  CHECK(Samples<double>(bits).to_bits() == bits);
  CHECK(Samples<double>(zeros_and_ones).is_binary());
  CHECK(Samples<double>(zeros_and_ones).to_bits() == bits);
  Matrix<std::uint8_t> bytes = (255 * zeros_and_ones).cast<std::uint8_t>();
  const GreyLevels<double> black_and_white(bytes);
  CHECK(Samples<double>(black_and_white).is_binary());
  CHECK(Samples<double>(black_and_white).to_bits() == bits);
  for (const int level : {1, 254}) {
    bytes(3, 2) = static_cast<std::uint8_t>(level);
    const GreyLevels<double> grey(bytes);
    CHECK_FALSE(Samples<double>(grey).is_binary());
  }
  Matrix<double> other = zeros_and_ones;
  other(3, 2) = 0.5;
  CHECK_FALSE(Samples<double>(other).is_binary());
}

TEST_CASE("labelled data have a label for each column") {
  const LabelledImages<double> data{GreyLevels<double>(some_bytes()), {1, 2, 3, 4}};
  CHECK(data.size() == 4);
  const auto two = first(data, 2);
  CHECK(two.images.numbers() == data.images.numbers().leftCols(2));
  CHECK(two.labels == Labels{1, 2});
  CHECK(first(data, 9).size() == 4);
  CHECK(message_of([&] {
          check_labelled("here", LabelledImages<double>{data.images, {1}});
        }) == "here: data has 1 labels, but 4 images");
}
