// SPDX-License-Identifier: MIT
// PGM and PPM, the plainest formats of grey and of coloured pictures [Netpbm]: "P5" or "P6", width, height
// and the level of white as decimal numbers with white space and # comments between them, one white
// space, then one byte or three a pixel.
#pragma once

#include <cctype>
#include <cstdint>
#include <filesystem>
#include <string>

#include "strata/io/file.hpp"
#include "strata/io/image.hpp"

namespace strata {

namespace detail {

/// The next number from 1 to `most` of a header, and the one white space that ends it.
inline Index read_pgm_number(InputFile& file, const std::string& what, Index most) {
  const auto next = [&] { return int{file.read_exactly(1, "the header")[0]}; };
  int c = next();
  for (bool comment = false; comment || c == '#' || std::isspace(c); c = next())
    comment = c == '#' || (comment && c != '\n');

  const auto begin = file.offset() - 1;
  std::string digits;
  for (; std::isdigit(c) && digits.size() < 9; c = next()) digits += static_cast<char>(c);
  if (digits.empty() || !std::isspace(c))
    file_error(file.path(), file.offset() - 1, text("byte ", c),
               text(digits.empty() ? "a digit of the " : "white space after the ", what));
  const Index number = std::stol(digits);
  if (number < 1 || number > most)
    file_error(file.path(), begin, text(what, " ", number), text("1 to ", most));
  return number;
}

/// A PGM (1 channel) or a PPM (3).
inline Image read_netpbm(const std::filesystem::path& path, Index channels) {
  const std::string name = channels == 1 ? "PGM" : "PPM";
  const int kind = channels == 1 ? '5' : '6';
  InputFile file(path);
  const Bytes magic = file.read_exactly(2, "the " + name + " magic number");
  if (magic[0] != 'P' || magic[1] != kind)
    file_error(
        path, 0, text("bytes ", int{magic[0]}, " and ", int{magic[1]}),
        text("80 and ", kind, " (P", kind - '0', "), the start of a binary ", name, " file"));
  constexpr Index most = 1 << 20;  // pixels each way
  const Index width = detail::read_pgm_number(file, "width", most);
  const Index height = detail::read_pgm_number(file, "height", most);
  const Index white = detail::read_pgm_number(file, "level of white", 255);

  const auto begin = file.offset();
  Image image{width, height, channels,
              file.read_exactly(static_cast<std::uint64_t>(width * height * channels), "pixels")};
  file.expect_end("the pixels");
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    if (image.pixels[i] > white)
      file_error(path, begin + i, text("grey level ", int{image.pixels[i]}),
                 text("at most ", white, ", the level of white"));
    image.pixels[i] = static_cast<std::uint8_t>((image.pixels[i] * 255 + white / 2) / white);
  }
  return image;
}

}  // namespace detail

/// Reads a grey picture, plain or gzipped; its white becomes 255. Throws std::runtime_error with the
/// path, the offset, what was found and what was expected.
inline Image read_pgm(const std::filesystem::path& path) { return detail::read_netpbm(path, 1); }

/// The same for a coloured one.
inline Image read_ppm(const std::filesystem::path& path) { return detail::read_netpbm(path, 3); }

}  // namespace strata
