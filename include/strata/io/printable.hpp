// SPDX-License-Identifier: MIT
// What stood in a file, fit to be shown in an error.
#pragma once

#include <string>
#include <string_view>

namespace strata {

/// Cut short, with a ? for what would move the cursor or end the message.
inline std::string printable(std::string_view words) {
  constexpr std::size_t most = 40;
  std::string fit;
  for (const char c : words.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    fit += byte < ' ' || byte == 0x7F ? '?' : c;
  }
  return words.size() > most ? fit + "…" : fit;
}

}  // namespace strata
