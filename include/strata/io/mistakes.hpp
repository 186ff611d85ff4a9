// SPDX-License-Identifier: MIT
// The images that a classifier got wrong, each above its true label (green) and the predicted one
// (red).
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "strata/core/checks.hpp"
#include "strata/core/types.hpp"
#include "strata/io/image.hpp"
#include "strata/io/tiles.hpp"

namespace strata {

struct MistakeOptions {
  Index most = 100;   // show no more than these, the first ones
  Index columns = 0;  // tiles in a row; 0: as many as make the grid about square
  Index zoom = 2;     // pixels to a side of each value
};

namespace detail {

constexpr Index glyph_width = 5;
constexpr Index glyph_height = 7;

/// The digits as 7 rows of 5 bits, the leftmost highest.
constexpr std::array<std::array<unsigned, 7>, 10> digit_glyphs = {{
    {0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110},
    {0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110},
    {0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111},
    {0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110},
    {0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010},
    {0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110},
    {0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110},
    {0b11111, 0b00001, 0b00010, 0b00010, 0b00100, 0b00100, 0b00100},
    {0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110},
    {0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100},
}};

/// A number in one colour on black.
inline Image number_image(int number, const Color& color) {
  const std::string digits = std::to_string(number);
  const auto count = static_cast<Index>(digits.size());
  Image image = blank_image(count * (glyph_width + 1) - 1, glyph_height, 3, 0);
  for (Index k = 0; k < count; ++k) {
    const auto& glyph =
        digit_glyphs[static_cast<std::size_t>(digits[static_cast<std::size_t>(k)] - '0')];
    for (Index i = 0; i < glyph_height; ++i)
      for (Index j = 0; j < glyph_width; ++j)
        if (glyph[static_cast<std::size_t>(i)] >> (glyph_width - 1 - j) & 1)
          for (Index c = 0; c < 3; ++c)
            image.at(i, k * (glyph_width + 1) + j, c) = color[static_cast<std::size_t>(c)];
  }
  return image;
}

/// A picture above its two labels, the true one on the left.
inline Image labelled(const Image& picture, int true_label, int predicted_label) {
  const Image right = number_image(true_label, {90, 220, 110});
  const Image wrong = number_image(predicted_label, {255, 90, 80});
  const Index width = std::max(picture.width, 2 * std::max(right.width, wrong.width) + 8);
  Image tile = blank_image(width, picture.height + glyph_height + 3, 3, 0);
  paste(tile, picture, 0, (width - picture.width) / 2);
  // The two labels are nearer to each other than to those of the next tile.
  paste(tile, right, picture.height + 1, width / 2 - 3 - right.width);
  paste(tile, wrong, picture.height + 1, width / 2 + 3);
  return tile;
}

}  // namespace detail

/// The columns of `images` whose two labels differ; one black tile if none do. Throws
/// std::invalid_argument if the counts do not match or a label is negative.
template <class Derived>
Image mistakes(const Eigen::MatrixBase<Derived>& images, Index height, Index width,
               const Labels& true_labels, const Labels& predicted_labels,
               const MistakeOptions& options = {}) {
  const auto same_count = [&](const char* what, const Labels& labels) {
    check(std::ssize(labels) == images.cols(), "mistakes: ", what, " has ", labels.size(),
          " labels, but there are ", images.cols(), " images");
  };
  same_count("true_labels", true_labels);
  same_count("predicted_labels", predicted_labels);
  std::vector<Image> shown;
  for (Index j = 0; j < images.cols() && std::ssize(shown) < options.most; ++j) {
    const int truth = true_labels[static_cast<std::size_t>(j)];
    const int predicted = predicted_labels[static_cast<std::size_t>(j)];
    check(truth >= 0 && predicted >= 0, "mistakes: image ", j, " has the labels ", truth, " and ",
          predicted, ", but labels count from 0");
    if (truth != predicted)
      shown.push_back(
          detail::labelled(detail::tile_images(images.col(j), height, width)[0], truth, predicted));
  }
  if (shown.empty()) shown.push_back(blank_image(width, height, 3, 0));
  return enlarged(grid(shown, options.columns), options.zoom);
}

}  // namespace strata
