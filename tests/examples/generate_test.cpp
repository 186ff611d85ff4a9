// SPDX-License-Identifier: MIT
#include "support/generate.hpp"

#include <doctest/doctest.h>

#include <set>
#include <strata/core/parallel.hpp>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Pixels of noise, and the number of the image for a label.
support::DataSet noise(std::string_view name, std::uint64_t seed, const support::SetSizes& sizes) {
  return support::generate(name, seed, sizes, 9, [](Index i, Random& rng, support::Pixels pixels) {
    for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(rng.below(256));
    return static_cast<int>(i);
  });
}

/// All images of a set, side by side.
Matrix<std::uint8_t> in_a_row(const support::DataSet& set) {
  Matrix<std::uint8_t> all(set.train.images.rows(),
                           set.train.size() + set.valid.size() + set.test.size());
  all << set.train.images.bytes(), set.valid.images.bytes(), set.test.images.bytes();
  return all;
}

}  // namespace

TEST_CASE("examples: a set depends on its name and seed, not on its sizes or the threads") {
  const auto images = in_a_row(noise("a", 1, {.train = 4, .valid = 1, .test = 3}));
  CHECK(in_a_row(noise("a", 1, {.train = 2, .valid = 0, .test = 6})) == images);
  CHECK(in_a_row(noise("b", 1, {.train = 4, .valid = 1, .test = 3})) != images);
  CHECK(in_a_row(noise("a", 2, {.train = 4, .valid = 1, .test = 3})) != images);
  for (const int n : {1, 3}) {
    const ThreadCount count(n);
    CHECK(in_a_row(noise("a", 1, {.train = 4, .valid = 1, .test = 3})) == images);
  }
}

TEST_CASE("examples: images are counted through the three parts") {
  const auto set = noise("a", 1, {.train = 2, .valid = 1, .test = 2});
  CHECK(set.train.labels == Labels{0, 1});
  CHECK(set.valid.labels == Labels{2});
  CHECK(set.test.labels == Labels{3, 4});
}

TEST_CASE("examples: each image has a stream of its own") {
  std::set<std::uint64_t> seeds;
  for (const std::string_view name : {"rot", "rect"})
    for (const std::uint64_t seed : {1U, 2U})
      for (Index i = 0; i < 100; ++i) seeds.insert(support::stream(name, seed, i).seed());
  CHECK(seeds.size() == 400);
}

TEST_CASE("examples: numbers are drawn from where they should be") {
  Random rng(1);
  std::set<Index> seen;
  for (int i = 0; i < 200; ++i) {
    const double u = support::uniform(rng, -2, 3);
    CHECK((u >= -2 && u < 3));
    seen.insert(support::whole(rng, -1, 2));
  }
  CHECK(seen == std::set<Index>{-1, 0, 1, 2});
}

TEST_CASE("examples: between pixels a parabola goes on as one, and at them they are kept") {
  constexpr Index width = 8;
  std::array<std::uint8_t, width * width> picture{};
  const auto level = [](double y, double x) { return 2 * y * y + x * x - x * y + 3 * x + 20; };
  for (Index i = 0; i < width; ++i)
    for (Index j = 0; j < width; ++j)
      picture[static_cast<std::size_t>(i * width + j)] =
          static_cast<std::uint8_t>(level(static_cast<double>(i), static_cast<double>(j)));
  for (const double y : {1.0, 2.25, 3.5, 5.9})
    for (const double x : {1.0, 1.5, 4.75, 5.0})
      CHECK(support::interpolated(picture.data(), width, y, x) == near(level(y, x)));
  CHECK(support::interpolated(picture.data(), width, -3, 2.0) == near(level(0, 2)));
  CHECK(support::interpolated(picture.data(), width, 7, 12.5) == near(level(7, 7)));
}
