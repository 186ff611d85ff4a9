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
    CHECK(s.states(1, 3).matrix() == expected.middleCols(1, 3));
    CHECK(s.labels() == nullptr);
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

TEST_CASE("a part of samples that are bits is bits, one of numbers or grey levels is numbers") {
  Random rng(3);
  for (const Index rows : {1, 63, 64, 65, 130}) {
    const Matrix<double> x = rng.bernoulli<double>(Matrix<double>::Constant(rows, 9, 0.5));
    const BinaryStates bits(x);
    const States<double> some = Samples<double>(bits).states(2, 5);
    REQUIRE(some.is_binary());
    CHECK(some.bits() == BinaryStates(x.middleCols(2, 5)));
    CHECK(Samples<double>(bits).states(9, 0).cols() == 0);
    CHECK_FALSE(Samples<double>(x).states(2, 5).is_binary());
    const GreyLevels<double> levels(Matrix<std::uint8_t>((255 * x).cast<std::uint8_t>()));
    CHECK_FALSE(Samples<double>(levels).states(2, 5).is_binary());
    CHECK(Samples<double>(levels).states(2, 5).numbers() == x.middleCols(2, 5));
  }
}

TEST_CASE("columns from all over a set are all of a small one, and evenly spaced in a large one") {
  const auto spread = [](Index columns, Index n) {
    const Matrix<double> x(2, columns);
    return Samples<double>(x).spread(n);
  };
  CHECK(spread(4, 100) == std::vector<Index>{0, 1, 2, 3});
  CHECK(spread(4, 4) == std::vector<Index>{0, 1, 2, 3});
  CHECK(spread(4, 2) == std::vector<Index>{0, 2});
  CHECK(spread(10, 3) == std::vector<Index>{0, 3, 6});
  CHECK(spread(0, 3).empty());
  CHECK(spread(4, 0).empty());
  const auto some = spread(60'000, 1000);
  REQUIRE(some.size() == 1000);
  for (std::size_t j = 0; j < 1000; ++j) CHECK(some[j] == 60 * static_cast<Index>(j));
}

TEST_CASE("samples have the labels of their data, or those they are given") {
  const LabelledImages<double> grey{GreyLevels<double>(some_bytes()), {1, 2, 3, 4}};
  const LabelledData<double, BinaryStates> bits{BinaryStates(some_bytes()), {4, 3, 2, 1}};
  const Samples<double> samples(grey);
  CHECK(samples.labels() == &grey.labels);
  CHECK(Samples<double>(bits).labels() == &bits.labels);
  CHECK(Samples<double>(bits).is_binary());
  CHECK(Samples<double>(grey.images).labels() == nullptr);

  const Labels other{0, 0, 1, 1};
  const Samples<double> renamed = samples.with(&other);
  CHECK(renamed.labels() == &other);
  CHECK(samples.labels() == &grey.labels);
  CHECK(renamed.columns(0, 4) == grey.images.numbers());
  CHECK(renamed.with(nullptr).labels() == nullptr);
}

TEST_CASE("a label as units is one-hot") {
  CHECK(one_hot({2, 0, 2}, 3).matrix<double>() == Matrix<double>{{0, 1, 0}, {0, 0, 0}, {1, 0, 1}});
  for (const Index classes : {1, 63, 64, 65, 130}) {
    Labels all;
    for (int k = 0; k < classes; ++k) all.push_back(k);
    CHECK(one_hot(all, classes) == BinaryStates(Matrix<double>::Identity(classes, classes)));
  }
  CHECK(one_hot({}, 3) == BinaryStates(3, 0));
}

TEST_CASE("labels that are no class, or too few, are errors") {
  CHECK_NOTHROW(check_labels("here", {0, 9, 5}, 3, 10));
  CHECK(message_of([] {
          check_labels("here", {0, 9, 10, 11}, 10);
        }) == "here: data has label 10 at column 2, but the model has classes 0 to 9");
  CHECK(message_of([] {
          check_labels("here", {0, -1}, 2, 10);
        }) == "here: data has label -1 at column 1, but the model has classes 0 to 9");
  CHECK(message_of([] {
          check_labels("here", {0, 10}, 3, 10);
        }) == "here: data has 2 labels, but 3 columns");
  CHECK(message_of([] { one_hot({3}, 3); }) ==
        "one_hot: data has label 3 at column 0, but the model has classes 0 to 2");
}
