// SPDX-License-Identifier: MIT
// The readers of pictures: PGM, PPM, and PNG, whose checksums are put right, so that what they guard is
// tried too.
#include "fuzz/testing.hpp"
#include "strata/io/pgm.hpp"
#include "strata/io/png.hpp"

using namespace strata;
using namespace strata::fuzzing;

namespace {

std::uint32_t big_endian_at(const Bytes& bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | bytes[at + i];
  return number;
}

/// Chunk by chunk, as far as there are whole ones; then the last chunk of all.
Bytes with_checksums(std::span<const std::uint8_t> input) {
  constexpr std::uint8_t end[] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xAE, 0x42, 0x60, 0x82};
  Bytes bytes(input.begin(), input.end());
  for (std::size_t at = 8; at + 12 <= bytes.size();) {
    const std::size_t length = big_endian_at(bytes, at);
    if (length > bytes.size() - at - 12) break;
    const auto crc = crc32(0, &bytes[at + 4], static_cast<uInt>(length + 4));
    for (std::size_t i = 0; i < 4; ++i)
      bytes[at + 8 + length + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
    at += length + 12;
  }
  bytes.insert(bytes.end(), std::begin(end), std::end(end));
  return bytes;
}

void check_picture(const Image& image) {
  check_image("picture", image);
  if (image.pixels.size() > (1 << 16)) return;  // which would take longer than all else
  const MemoryFile again(png_bytes(image));
  const Image back = read_png(again.path());
  require(back.width == image.width && back.height == image.height &&
              back.channels == image.channels && back.pixels == image.pixels,
          "the picture that was read, written and read again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span input(data, size);
  const MemoryFile file(input);
  refusal(file, [](const auto& path) { check_picture(read_pgm(path)); });
  refusal(file, [](const auto& path) { check_picture(read_ppm(path)); });
  refusal(file, [](const auto& path) { check_picture(read_png(path)); });
  if (size >= 8 && data[0] == 0x89)
    refusal(MemoryFile(with_checksums(input)),
            [](const auto& path) { check_picture(read_png(path)); });
  return 0;
}
