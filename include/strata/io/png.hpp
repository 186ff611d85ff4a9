// SPDX-License-Identifier: MIT
// Pictures read and written as PNG files, through libpng's simplified interface: its errors are values, not
// longjmp.
#pragma once

#include <png.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <stdexcept>
#include <string_view>

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

namespace detail {

/// The first bytes and the last ones; libpng does not look at the last.
inline void check_png_ends(const std::filesystem::path& path, const Bytes& bytes) {
  constexpr std::string_view begin("\x89PNG\r\n\x1A\n", 8);
  constexpr std::string_view end("\0\0\0\0IEND\xAE\x42\x60\x82", 12);
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!all.starts_with(begin))
    file_error(path, 0, "other bytes", "\\x89PNG, the start of a PNG file");
  if (!all.ends_with(end))
    file_error(path, std::max(bytes.size(), end.size()) - end.size(), "other bytes",
               "IEND, the last chunk of a PNG file");
}

/// An image of libpng's that frees what it holds.
struct PngReader {
  png_image png{};
  PngReader() { png.version = PNG_IMAGE_VERSION; }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_image_free(&png); }

  void check(const std::filesystem::path& path, int ok) const {
    if (!ok || PNG_IMAGE_FAILED(png))
      file_error(path, 8, text("what libpng refuses (", png.message, ")"), "an intact PNG file");
  }
};

}  // namespace detail

/// Reads a PNG file of any kind as bytes: grey pictures have 1 channel, coloured ones 3, those of a
/// palette too; of 16 bits a value the upper 8 are kept, rounded. What is transparent lies on
/// `background`, white unless it is said. Throws std::runtime_error if the file is damaged, cut short or
/// followed by more.
inline Image read_png(const std::filesystem::path& path, std::uint8_t background = 255) {
  const Bytes bytes = read_bytes(path);
  detail::check_png_ends(path, bytes);
  detail::PngReader reader;
  png_image& png = reader.png;
  reader.check(path, png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()));
  // zlib packs 1,032 bytes into one, and a byte is at most 8 pixels: more need not be set aside.
  const std::uint64_t pixels = std::uint64_t{png.width} * png.height;
  if (pixels / (std::uint64_t{8} * 1032) > bytes.size())
    file_error(path, 16, text(png.width, " x ", png.height, " pixels"),
               text("no more than ", bytes.size(), " bytes can hold"));

  png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16 bits are meant like 8, not as linear light
  const bool grey = (png.format & PNG_FORMAT_FLAG_COLOR) == 0;
  png.format = grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  Image image = blank_image(png.width, png.height, grey ? 1 : 3, 0);
  const png_color ground{background, background, background};
  reader.check(path, png_image_finish_read(&png, &ground, image.pixels.data(), 0, nullptr));
  return image;
}

}  // namespace strata
