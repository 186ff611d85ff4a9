// SPDX-License-Identifier: MIT
// Small pictures made of bytes, and putting them together: pasted, in a grid, over one another,
// enlarged.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "strata/core/checks.hpp"

namespace strata {

using Color = std::array<std::uint8_t, 3>;  // red, green, blue

/// A grey (1 channel) or RGB (3 channels) picture, row-major, channels side by side.
struct Image {
  Index width = 0;
  Index height = 0;
  Index channels = 1;
  std::vector<std::uint8_t> pixels;

  std::uint8_t& at(Index row, Index column, Index channel = 0) {
    return pixels[static_cast<std::size_t>((row * width + column) * channels + channel)];
  }
  std::uint8_t at(Index row, Index column, Index channel = 0) const {
    return pixels[static_cast<std::size_t>((row * width + column) * channels + channel)];
  }
};

inline void check_image(std::string_view where, const Image& image) {
  check(image.width > 0 && image.height > 0, where, ": the image has ", image.width, " x ",
        image.height, " pixels, but at least 1 x 1 is needed");
  check(image.channels == 1 || image.channels == 3, where, ": the image has ", image.channels,
        " channels, but 1 (grey) or 3 (RGB) are possible");
  check(std::ssize(image.pixels) == image.width * image.height * image.channels, where,
        ": the image has ", image.pixels.size(), " bytes, but ", image.width, " x ", image.height,
        " x ", image.channels, " are needed");
}

/// A picture of one shade throughout.
inline Image blank_image(Index width, Index height, Index channels, std::uint8_t shade) {
  check(width >= 0 && height >= 0, "blank_image: the image has ", width, " x ", height,
        " pixels, but neither may be negative");
  const auto size = static_cast<std::size_t>(width * height * channels);
  return {width, height, channels, std::vector<std::uint8_t>(size, shade)};
}

/// Copies `picture` onto `canvas`, its corner at (row, column); what sticks out is cut off. A grey
/// picture stays grey on a coloured canvas.
inline void paste(Image& canvas, const Image& picture, Index row, Index column) {
  check(picture.channels == 1 || picture.channels == canvas.channels, "paste: the picture has ",
        picture.channels, " channels, but the canvas has ", canvas.channels);
  const Index first_i = std::max<Index>(0, -row),
              end_i = std::min(picture.height, canvas.height - row);
  const Index first_j = std::max<Index>(0, -column),
              end_j = std::min(picture.width, canvas.width - column);
  for (Index i = first_i; i < end_i; ++i)
    for (Index j = first_j; j < end_j; ++j)
      for (Index c = 0; c < canvas.channels; ++c)
        canvas.at(row + i, column + j, c) = picture.at(i, j, picture.channels == 1 ? 0 : c);
}

/// Every pixel a square of zoom × zoom.
inline Image enlarged(const Image& image, Index zoom) {
  check(zoom >= 1, "enlarged: zoom has the value ", zoom, ", but at least 1 is needed");
  Image large = blank_image(image.width * zoom, image.height * zoom, image.channels, 0);
  for (Index i = 0; i < large.height; ++i)
    for (Index j = 0; j < large.width; ++j)
      for (Index c = 0; c < large.channels; ++c)
        large.at(i, j, c) = image.at(i / zoom, j / zoom, c);
  return large;
}

constexpr std::uint8_t gutter_shade = 72;  // seen beside black and beside mid-grey

/// Pictures in rows of `columns` (0: about as many columns as rows), with gutters of a pixel.
inline Image grid(const std::vector<Image>& pictures, Index columns = 0) {
  check(!pictures.empty(), "grid: the list has 0 pictures, but at least 1 is needed");
  check(columns >= 0, "grid: columns has the value ", columns, ", but it may not be negative");
  const auto count = static_cast<Index>(pictures.size());
  if (columns == 0) columns = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(count))));
  columns = std::min(columns, count);
  const Index rows = (count + columns - 1) / columns;
  Index w = 0, h = 0;  // of a tile with its gutter
  for (const Image& picture : pictures) {
    w = std::max(w, picture.width + 1);
    h = std::max(h, picture.height + 1);
  }
  Image canvas = blank_image(columns * w + 1, rows * h + 1, pictures[0].channels, gutter_shade);
  for (Index k = 0; k < count; ++k)
    paste(canvas, pictures[static_cast<std::size_t>(k)], k / columns * h + 1, k % columns * w + 1);
  return canvas;
}

/// One picture above another, as with originals above their reconstructions.
inline Image over(const Image& top, const Image& bottom) {
  const Index channels = std::max(top.channels, bottom.channels);
  Image both = blank_image(std::max(top.width, bottom.width), top.height + bottom.height, channels,
                           gutter_shade);
  paste(both, top, 0, 0);
  paste(both, bottom, top.height, 0);
  return both;
}

}  // namespace strata
