// SPDX-License-Identifier: MIT
#include "strata/core/minibatches.hpp"

#include <doctest/doctest.h>

#include "core/statistics.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("an epoch has every column once, in batches of about one size") {
  Random rng(1);
  for (const auto& [n, size] : {std::pair{10, 3}, {10, 5}, {10, 10}, {10, 100}, {1, 1}, {0, 4}}) {
    std::vector<Index> seen(static_cast<std::size_t>(n)), sizes;
    for_each_minibatch(n, size, rng, [&](std::span<const Index> columns) {
      sizes.push_back(static_cast<Index>(columns.size()));
      for (const Index j : columns) ++seen.at(static_cast<std::size_t>(j));
    });
    CHECK(seen == std::vector<Index>(static_cast<std::size_t>(n), 1));
    REQUIRE(static_cast<int>(sizes.size()) == (n + size - 1) / size);
    if (n == 0) continue;
    CHECK(std::ranges::max(sizes) <= size);
    CHECK(std::ranges::max(sizes) - std::ranges::min(sizes) <= 1);
  }
}

TEST_CASE("all orders are equally likely") {
  Random rng(2);
  std::vector<double> counts(256);
  for (int i = 0; i < 48'000; ++i) {
    std::size_t code = 0;
    for (const Index k : permutation(4, rng)) code = 4 * code + static_cast<std::size_t>(k);
    ++counts[code];
  }
  std::erase(counts, 0.0);
  REQUIRE(counts.size() == 24);
  CHECK(std::abs(chi_square_z(counts)) < 5);
}

TEST_CASE("each epoch has an order of its own, and a seed always the same ones") {
  Random rng(3), same(3);
  const auto first = permutation(100, rng), second = permutation(100, rng);
  CHECK(first != second);
  CHECK(permutation(100, same) == first);
  CHECK(permutation(100, same) == second);
}

TEST_CASE("a batch is the named columns side by side") {
  const Matrix<float> x = Matrix<float>::Random(3, 5);
  Matrix<float> batch(7, 7);
  const std::vector<Index> columns = {4, 0, 4};
  BinaryStates bits;
  gather(BinaryStates(x.array() > 0), columns, bits);
  gather<float>(x, columns, batch);
  CHECK(bits == BinaryStates(batch.array() > 0));
  REQUIRE(batch.cols() == 3);
  CHECK(batch.col(0) == x.col(4));
  CHECK(batch.col(1) == x.col(0));
  CHECK(batch.col(2) == x.col(4));
}
