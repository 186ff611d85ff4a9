// SPDX-License-Identifier: MIT
// Pictures that move, written as animated PNG files [PNG, third edition, W3C 2025]: a viewer that
// knows nothing of animations shows frame 0.
#pragma once

#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "strata/io/file.hpp"
#include "strata/io/image.hpp"
#include "strata/io/png.hpp"

namespace strata {

struct AnimationOptions {
  int milliseconds = 100;     // each frame
  int loops = 0;              // 0: for ever
  int last_milliseconds = 0;  // of the last frame; 0: as the others
};

namespace detail {

/// A PNG file without its IEND, as libpng has just written it: a damaged one is not noticed.
struct PngParts {
  Bytes head;               // the signature and every chunk before the pixels
  std::vector<Bytes> data;  // of each IDAT chunk

  explicit PngParts(const Bytes& png) : head(png.begin(), png.begin() + 8) {
    for (auto at = png.begin() + 8; at != png.end();) {
      const auto end = at + 12 + png_get_uint_32(&*at);  // the length leaves out 12 bytes
      if (std::equal(at + 4, at + 8, "IDAT"))            // length, type, data, CRC
        data.emplace_back(at + 8, end - 4);
      else if (data.empty())
        head.insert(head.end(), at, end);
      at = end;
    }
  }
};

/// Numbers of 32 bits, big-endian.
inline Bytes png_numbers(std::integral auto... numbers) {
  Bytes bytes(4 * sizeof...(numbers));
  std::uint8_t* at = bytes.data();
  ((png_save_uint_32(at, static_cast<png_uint_32>(numbers)), at += 4), ...);
  return bytes;
}

inline void add_png_chunk(Bytes& file, std::string_view type, const Bytes& numbers,
                          const Bytes& data) {
  const auto add = [&](const auto& part) { file.insert(file.end(), part.begin(), part.end()); };
  add(png_numbers(numbers.size() + data.size()));
  const auto start = file.size();
  add(type);
  add(numbers);
  add(data);
  add(png_numbers(crc32(0, &file[start], static_cast<uInt>(file.size() - start))));
}

/// Puts PNG files of one kind together. The fcTL and fdAT chunks are numbered through from 0; the
/// pixels of frame 0 stay in IDAT chunks, which have no number.
inline Bytes joined_pngs(const std::vector<Bytes>& pngs, const AnimationOptions& options) {
  const auto [each, loops, last] = options;
  const Bytes head = PngParts(pngs.at(0)).head;
  const auto width = png_get_uint_32(&head[16]), height = png_get_uint_32(&head[20]);  // in IHDR
  Bytes file = head;
  add_png_chunk(file, "acTL", png_numbers(pngs.size(), loops), {});
  for (std::uint32_t k = 0, sequence = 0; k < pngs.size(); ++k) {
    const PngParts frame(pngs[k]);
    if (frame.head != head)
      throw std::runtime_error(text("apng: frame ", k, " has another PNG header than frame 0, but ",
                                    "the file has only one"));
    const bool held = k + 1 == pngs.size() && last != 0;
    const auto delay = static_cast<std::uint32_t>(held ? last : each);  // in 1/1000 seconds
    // At (0, 0) and as large as the canvas: there is nothing to dispose of (0) or to blend (0).
    add_png_chunk(file, "fcTL", png_numbers(sequence++, width, height, 0, 0, delay << 16 | 1000),
                  {0, 0});
    for (const Bytes& data : frame.data)
      add_png_chunk(file, k == 0 ? "IDAT" : "fdAT", k == 0 ? Bytes{} : png_numbers(sequence++),
                    data);
  }
  add_png_chunk(file, "IEND", {}, {});
  return file;
}

}  // namespace detail

/// The bytes of an animated PNG file. Throws std::invalid_argument if there is no frame, if one
/// does not hold what it says or is unlike frame 0 in size or channels, or if an option is out of
/// range; and std::runtime_error if libpng cannot write a frame.
inline Bytes apng_bytes(const std::vector<Image>& frames, const AnimationOptions& options = {}) {
  const auto [delay, loops, last] = options;
  check(!frames.empty(), "apng: the list has 0 frames, but at least 1 is needed");
  check(delay >= 1 && delay <= 65535, "apng: milliseconds has the value ", delay,
        ", but 1 to 65535 are possible");
  check(last >= 0 && last <= 65535, "apng: last_milliseconds has the value ", last,
        ", but 0 (as the others) to 65535 are possible");
  check(loops >= 0, "apng: loops has the value ", loops, ", but it may not be negative");

  const Image& first = frames[0];
  std::vector<Bytes> pngs;
  for (const Image& frame : frames) {
    const auto name = text("apng: frame ", pngs.size());
    check_image(name, frame);
    check(frame.width == first.width && frame.height == first.height, name, " has ", frame.width,
          " x ", frame.height, " pixels, but frame 0 has ", first.width, " x ", first.height);
    check(frame.channels == first.channels, name, " has ", frame.channels,
          " channels, but frame 0 has ", first.channels);
    pngs.push_back(png_bytes(frame));
  }
  return detail::joined_pngs(pngs, options);
}

/// Writes an animation; the old file is whole if anything fails.
inline void write_apng(const std::filesystem::path& path, const std::vector<Image>& frames,
                       const AnimationOptions& options = {}) {
  write_atomically(path, apng_bytes(frames, options));
}

}  // namespace strata
