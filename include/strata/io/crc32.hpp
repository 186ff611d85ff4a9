// SPDX-License-Identifier: MIT
// The checksum of files, CRC-32 [as in RFC 1952].
#pragma once

#include <zlib.h>

#include <cstdint>
#include <span>
#include <string>

#include "strata/core/types.hpp"

namespace strata::detail {

/// That of what came before, whose own is `crc`, and of these bytes.
inline std::uint32_t checksum(std::uint32_t crc, std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return crc;  // where zlib would begin anew
  return static_cast<std::uint32_t>(crc32_z(crc, bytes.data(), bytes.size()));
}
/// Eight digits.
inline std::string hexadecimal(std::uint32_t crc) {
  std::string digits;
  for (int shift = 28; shift >= 0; shift -= 4) digits += "0123456789abcdef"[crc >> shift & 15];
  return digits;
}

}  // namespace strata::detail
