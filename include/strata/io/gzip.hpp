// SPDX-License-Identifier: MIT
// Bytes packed as gzip [RFC 1952]. InputFile unpacks by itself.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <stdexcept>

#include "strata/io/file.hpp"

namespace strata {

/// The same bytes from the same bytes: no time and no name is kept. Throws std::runtime_error if
/// zlib finds no memory.
inline Bytes gzip(std::span<const std::uint8_t> bytes) {
  constexpr int gzip_window = 15 + 16;  // 32 KiB, as gzip and not as zlib's own format
  constexpr int usual_memory = 8;
  constexpr std::size_t most = std::numeric_limits<uInt>::max();  // at a time
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, usual_memory,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("gzip: zlib cannot begin to pack");

  Bytes packed, piece(1 << 20);
  for (int state = Z_OK; state != Z_STREAM_END;) {
    if (stream.avail_in == 0) {
      const std::size_t count = std::min(bytes.size(), most);
      stream.next_in = const_cast<Bytef*>(bytes.data());  // zlib only reads from there
      stream.avail_in = static_cast<uInt>(count);
      bytes = bytes.subspan(count);
    }
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    state = deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    packed.insert(packed.end(), piece.data(), stream.next_out);
  }
  deflateEnd(&stream);
  return packed;
}

/// Writes a file whole or not at all, packed if its name ends in .gz.
inline void write_packed(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  if (path.extension() == ".gz")
    write_atomically(path, gzip(bytes));
  else
    write_atomically(path, bytes);
}

}  // namespace strata
