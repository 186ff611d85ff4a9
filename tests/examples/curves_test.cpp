// SPDX-License-Identifier: MIT
#include "support/curves.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

constexpr Index curve_side = support::curve_side;

support::Picture drawn(const support::ThreePoints& points) {
  support::Picture pixels(curve_side * curve_side);
  support::draw_curve(points, pixels);
  return pixels;
}

/// Turns the ink that hangs together with pixel k to 0.
void erase(support::Picture& pixels, Index row, Index column) {
  if (row < 0 || row >= curve_side || column < 0 || column >= curve_side) return;
  if (std::exchange(pixels(row * curve_side + column), std::uint8_t{0}) == 0) return;
  for (Index i = row - 1; i <= row + 1; ++i)
    for (Index j = column - 1; j <= column + 1; ++j) erase(pixels, i, j);
}

}  // namespace

TEST_CASE(
    "examples: a curve leaves its first point for the second and comes to the third from there") {
  const support::ThreePoints points{{{1, 2}, {7, -3}, {5, 11}}};
  const auto check_direction = [&](double from, double to, std::size_t i) {
    const auto a = support::curve(points, from), b = support::curve(points, to);
    CHECK((b.x - a.x) / (to - from) == near(2 * (points[i + 1].x - points[i].x), 1e-5));
    CHECK((b.y - a.y) / (to - from) == near(2 * (points[i + 1].y - points[i].y), 1e-5));
  };
  CHECK(support::curve(points, 0).x == near(points[0].x));
  CHECK(support::curve(points, 0).y == near(points[0].y));
  CHECK(support::curve(points, 1).x == near(points[2].x));
  CHECK(support::curve(points, 1).y == near(points[2].y));
  check_direction(-1e-6, 1e-6, 0);
  check_direction(1 - 1e-6, 1 + 1e-6, 1);
}

TEST_CASE("examples: the ink of a straight curve fades with the distance from it") {
  const auto pixels = drawn({{{6, 10.5}, {12, 10.5}, {20, 10.5}}});
  const auto ink = [](double distance) {
    return static_cast<int>(std::lround(255 * std::max(0.0, 1 - distance / 2.5)));
  };
  for (Index i = 0; i < curve_side; ++i)
    CHECK(int{pixels(i * curve_side + 12)} == ink(std::abs(static_cast<double>(i) - 10)));
  for (Index j = 20; j < curve_side; ++j)  // beyond its end
    CHECK(int{pixels(10 * curve_side + j)} == ink(static_cast<double>(j) - 19.5));
}

TEST_CASE("examples: ink hangs together, is white on the curve and leaves the edges free") {
  for (Index k = 0; k < 50; ++k) {
    Random rng = support::stream("test", 1, k);
    const auto points = support::random_points(rng);
    auto pixels = drawn(points);
    for (const double t : {0.0, 0.3, 0.5, 1.0}) {
      const auto p = support::curve(points, t);
      CHECK(pixels(static_cast<Index>(p.y) * curve_side + static_cast<Index>(p.x)) > 180);
    }
    for (Index i = 0; i < curve_side; ++i)
      for (const Index j : {Index{0}, Index{1}, curve_side - 2, curve_side - 1}) {
        CHECK(pixels(i * curve_side + j) == 0);
        CHECK(pixels(j * curve_side + i) == 0);
      }
    erase(pixels, static_cast<Index>(points[0].y), static_cast<Index>(points[0].x));
    CHECK(pixels.maxCoeff() == 0);
  }
}

TEST_CASE("examples: curves come without labels, the same from the same seed, with enough ink") {
  const support::SetSizes sizes{.train = 200, .valid = 3, .test = 100};
  const auto set = support::make_curves(sizes, 1);
  CHECK(set.train.images.rows() == 784);
  CHECK(set.train.size() == 200);
  CHECK(set.valid.size() == 3);
  CHECK(set.test.size() == 100);
  CHECK(set.train.labels.empty());
  CHECK(set.test.labels.empty());

  // 0.053 of the pixels; the mean of 200 pictures has a deviation of 0.0010.
  const double mean = set.train.images.numbers().cast<double>().mean();
  CHECK(mean > 0.048);
  CHECK(mean < 0.058);

  const ThreadCount three(3);
  CHECK(support::make_curves(sizes, 1).test.images.bytes() == set.test.images.bytes());
  CHECK(support::make_curves(sizes, 2).test.images.bytes() != set.test.images.bytes());
}
