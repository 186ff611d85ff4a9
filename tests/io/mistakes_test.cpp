// SPDX-License-Identifier: MIT
#include "strata/io/mistakes.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// How many pixels are more green than red, and more red than green.
std::pair<Index, Index> greens_and_reds(const Image& image) {
  Index greens = 0, reds = 0;
  for (Index i = 0; i < image.height; ++i)
    for (Index j = 0; j < image.width; ++j) {
      greens += image.at(i, j, 1) > image.at(i, j, 0);
      reds += image.at(i, j, 0) > image.at(i, j, 1);
    }
  return {greens, reds};
}

}  // namespace

TEST_CASE("only the mistakes are shown, each with both labels") {
  const Matrix<float> images = Matrix<float>::Random(784, 4).cwiseAbs();
  const Image image = mistakes(images, 28, 28, {1, 2, 3, 4}, {1, 7, 3, 4}, {.zoom = 1});
  CHECK(image.width == 30);
  CHECK(image.height == 28 + 10 + 2);
  const auto [greens, reds] = greens_and_reds(image);
  CHECK(greens == 15);  // the pixels of a 2
  CHECK(reds == 11);    // the pixels of a 7
  const Image digit = detail::tile_images(images.col(1), 28, 28)[0];
  for (Index i = 0; i < 28; ++i)
    for (Index j = 0; j < 28; ++j) REQUIRE(image.at(i + 1, j + 1, 2) == digit.at(i, j));
}

TEST_CASE("no more mistakes are shown than asked for") {
  const Matrix<float> images = Matrix<float>::Zero(784, 30);
  const Image image =
      mistakes(images, 28, 28, Labels(30, 0), Labels(30, 1), {.most = 6, .columns = 6, .zoom = 1});
  CHECK(image.width == 6 * 29 + 1);
  CHECK(image.height == 40);
}

TEST_CASE("without a mistake there is one black tile") {
  const Image image = mistakes(Matrix<float>::Ones(784, 2), 28, 28, {3, 4}, {3, 4}, {.zoom = 1});
  CHECK(image.width == 30);
  CHECK(*std::ranges::max_element(image.pixels) == gutter_shade);
}

TEST_CASE("the glyphs of the digits all differ") {
  for (int a = 0; a < 10; ++a)
    for (int b = 0; b < a; ++b)
      CHECK(detail::number_image(a, {9, 9, 9}).pixels != detail::number_image(b, {9, 9, 9}).pixels);
  CHECK(detail::number_image(12, {9, 9, 9}).width == 11);
}

TEST_CASE("mistakes refuses labels that do not fit the images") {
  const Matrix<float> images = Matrix<float>::Zero(784, 2);
  const auto error = [&](const Labels& truth, const Labels& predicted) {
    return error_of<std::invalid_argument>([&] { mistakes(images, 28, 28, truth, predicted); });
  };
  CHECK(error({1}, {1, 2}) == "mistakes: true_labels has 1 labels, but there are 2 images");
  CHECK(error({1, 2}, {1, 2, 3}) ==
        "mistakes: predicted_labels has 3 labels, but there are 2 images");
  CHECK(error({1, -1}, {1, 2}) ==
        "mistakes: image 1 has the labels -1 and 2, but labels count from 0");
}
