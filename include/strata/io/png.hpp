// SPDX-License-Identifier: MIT
// Pictures written as PNG files, through libpng's simplified interface: its errors are values, not
// longjmp.
#pragma once

#include <png.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include "strata/io/file.hpp"
#include "strata/io/image.hpp"

namespace strata {

/// The bytes of a PNG file. Throws std::invalid_argument if the image does not hold what it says,
/// and std::runtime_error with libpng's words if that cannot write it.
inline Bytes png_bytes(const Image& image) {
  check_image("png", image);
  constexpr Index most = std::numeric_limits<std::int32_t>::max();
  check(image.width <= most && image.height <= most, "png: the image has ", image.width, " x ",
        image.height, " pixels, but PNG allows ", most, " each way");
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;

  Bytes bytes(PNG_IMAGE_PNG_SIZE_MAX(png));  // of the worst case; cut to the true size below
  png_alloc_size_t size = bytes.size();
  if (!png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr))
    throw std::runtime_error(text("png: libpng refused an image of ", image.width, " x ",
                                  image.height, " pixels: ", png.message));
  bytes.resize(size);
  return bytes;
}

/// Writes a picture; the old file is whole if anything fails.
inline void write_png(const std::filesystem::path& path, const Image& image) {
  write_atomically(path, png_bytes(image));
}

}  // namespace strata
