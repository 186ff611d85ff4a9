// SPDX-License-Identifier: MIT
#include "strata/io/tiles.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// The pixels of a tile of one row alone, without its gutters.
Bytes inside(const Image& image) {
  return {image.pixels.begin() + image.width + 1, image.pixels.begin() + 2 * image.width - 1};
}

}  // namespace

TEST_CASE("pictures keep 0 black and 1 white, and clamp the rest") {
  const Vector<double> x{{-3, 0, 0.5, 1, 7}};
  CHECK(inside(tiles(x, 1, 5)) == Bytes{0, 0, 128, 255, 255});
}

TEST_CASE("each filter has its own scale, and zero is mid-grey") {
  const Vector<float> x{{-2, 0, 1, 2}};
  const TileOptions filters{.shades = Shades::filter};
  CHECK(inside(tiles(x, 1, 4, filters)) == Bytes{0, 128, 191, 255});
  CHECK(inside(tiles(1e-4F * x, 1, 4, filters)) == Bytes{0, 128, 191, 255});
  CHECK(inside(tiles(0 * x, 1, 4, filters)) == Bytes{128, 128, 128, 128});
}

TEST_CASE("a column is a tile, row-major, in its place in the grid") {
  Matrix<double> x(6, 3);
  for (Index i = 0; i < x.size(); ++i) x(i) = static_cast<double>(i) / 255;
  const Image image = tiles(x, 2, 3, {.columns = 2, .zoom = 2});
  CHECK(image.width == 2 * (2 * 4 + 1));
  CHECK(image.height == 2 * (2 * 3 + 1));
  for (Index k = 0; k < 3; ++k)
    for (Index i = 0; i < 2; ++i)
      for (Index j = 0; j < 3; ++j)
        CHECK(image.at(2 * (k / 2 * 3 + 1 + i) + 1, 2 * (k % 2 * 4 + 1 + j)) == 6 * k + 3 * i + j);
}

TEST_CASE("the rows of a weight matrix are tiles as well") {
  const Matrix<float> weights = Matrix<float>::Random(5, 12);
  const Matrix<float> columns = weights.transpose();
  CHECK(tiles(weights.transpose(), 3, 4).pixels == tiles(columns, 3, 4).pixels);
}

TEST_CASE("tiles refuses what is no picture") {
  Matrix<float> x = Matrix<float>::Zero(6, 2);
  const auto error = [&](Index height, const TileOptions& options = {}) {
    return error_of<std::invalid_argument>([&] { tiles(x, height, 3, options); });
  };
  CHECK(error(3) == "tiles: x has 6 rows, but a tile has 3 x 3 values");
  CHECK(error(2, {.columns = -1}) == "grid: columns has the value -1, but it may not be negative");
  x(4, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK(contains(error(2), "tiles: x has nan at row 4, column 1"));
  x.resize(6, 0);
  CHECK(error(2) == "tiles: x has 0 columns, but at least 1 is needed");
}
