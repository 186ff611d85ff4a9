// SPDX-License-Identifier: MIT
#include "strata/io/image.hpp"

#include <doctest/doctest.h>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("a pasted picture lands where it should, and what sticks out is cut off") {
  Image canvas = blank_image(3, 2, 1, 0);
  paste(canvas, {2, 2, 1, {1, 2, 3, 4}}, 1, 1);
  CHECK(canvas.pixels == Bytes{0, 0, 0, 0, 1, 2});
  paste(canvas, {2, 2, 1, {1, 2, 3, 4}}, -1, -1);
  CHECK(canvas.pixels == Bytes{4, 0, 0, 0, 1, 2});
}

TEST_CASE("grey stays grey on a coloured canvas, and colours do not fit on a grey one") {
  Image canvas = blank_image(1, 1, 3, 0);
  paste(canvas, {1, 1, 1, {7}}, 0, 0);
  CHECK(canvas.pixels == Bytes{7, 7, 7});
  Image grey = blank_image(1, 1, 1, 0);
  CHECK(error_of<std::invalid_argument>([&] { paste(grey, canvas, 0, 0); }) ==
        "paste: the picture has 3 channels, but the canvas has 1");
}

TEST_CASE("an enlarged pixel is a square") {
  CHECK(enlarged({2, 1, 1, {5, 6}}, 2).pixels == Bytes{5, 5, 6, 6, 5, 5, 6, 6});
  CHECK(error_of<std::invalid_argument>([] {
          enlarged({1, 1, 1, {0}}, 0);
        }) == "enlarged: zoom has the value 0, but at least 1 is needed");
}

TEST_CASE("a grid is about square unless told otherwise") {
  const std::vector<Image> nine(9, blank_image(4, 6, 1, 255));
  CHECK(grid(nine).width == 3 * 5 + 1);
  CHECK(grid(nine).height == 3 * 7 + 1);
  CHECK(grid(nine, 9).width == 9 * 5 + 1);
  CHECK(grid(nine, 100).width == 9 * 5 + 1);
  CHECK(grid(nine, 5).height == 2 * 7 + 1);
  const auto g = gutter_shade;
  CHECK(grid({{1, 1, 1, {8}}, {1, 1, 1, {9}}}).pixels ==
        Bytes{g, g, g, g, g, g, 8, g, 9, g, g, g, g, g, g});
}

TEST_CASE("one picture is put over another") {
  CHECK(over({1, 1, 1, {5}}, {1, 1, 1, {6}}).pixels == Bytes{5, 6});
  CHECK(over({1, 1, 1, {5}}, {1, 1, 3, {6, 7, 8}}).pixels == Bytes{5, 5, 5, 6, 7, 8});
}
