// SPDX-License-Identifier: MIT
// Lists of the units that are on in each column of binary states.
#pragma once

#include <cstring>

#include "strata/core/binary_states.hpp"

namespace strata::detail {

/// 0..n-1 cut into `count` ranges as equal as may be.
struct Cut {
  Index n, count;

  Index begin(Index i) const { return n * i / count; }
  Index size(Index i) const { return begin(i + 1) - begin(i); }
};

/// Places of columns.
struct ColumnList {
  const std::uint32_t* columns = nullptr;
  std::size_t size = 0;
};

/// The places of the bits that are set in each byte.
inline constexpr auto bits_of_bytes = [] {
  std::array<std::array<std::uint32_t, 8>, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte)
    for (std::uint32_t i = 0, k = 0; i < 8; ++i)
      if (byte >> i & 1) table[byte][k++] = i;
  return table;
}();

/// Writes first + i to `to` for each bit i that is set, and up to eight numbers more, which do not
/// count: byte by byte from a table, a third of the time that one bit after the other takes, of
/// which the CPU cannot guess the last. Returns the end.
inline std::uint32_t* list_bits(BinaryStates::Word bits, std::uint32_t first, std::uint32_t* to) {
  using Eight [[gnu::vector_size(32)]] = std::uint32_t;
  if (bits == 0) return to;
  for (int i = 0; i < 64; i += 8) {
    const auto byte = static_cast<std::uint8_t>(bits >> i);
    Eight places;
    std::memcpy(&places, &bits_of_bytes[byte], sizeof places);
    places += first + static_cast<std::uint32_t>(i);
    std::memcpy(to, &places, sizeof places);
    to += std::popcount(byte);
  }
  return to;
}

/// Lists of columns. They keep their memory for the next ones.
class Lists {
 public:
  /// Lists of the units that are on: list b · n + j has those of block b of the words of column j,
  /// counted from the block's first. word(i) is word i of all n columns, counted through. In
  /// parallel.
  template <class Word>
  void make(const Cut& blocks, Index n, Word&& word) {
    lists_.resize(static_cast<std::size_t>(blocks.count * n));
    const Cut pieces{n, std::clamp<Index>(n * blocks.n / 128, 1, 8)};
    if (memory_.size() < static_cast<std::size_t>(pieces.count))
      memory_.resize(static_cast<std::size_t>(pieces.count));
    strata::parallel_for(pieces.count, [&](Index piece) {
      const Index first = pieces.begin(piece), last = pieces.begin(piece + 1);
      std::vector<std::uint32_t>& memory = memory_[static_cast<std::size_t>(piece)];
      std::size_t begin = 0;
      for (Index b = 0; b < blocks.count; ++b) {
        const Index first_word = blocks.begin(b), last_word = blocks.begin(b + 1);
        const auto room = static_cast<std::size_t>(64 * (last_word - first_word) + 8);
        for (Index j = first; j < last; ++j) {
          if (memory.size() < begin + room) memory.resize(2 * begin + room);
          std::uint32_t* end = memory.data() + begin;
          for (Index k = first_word; k < last_word; ++k)
            end = list_bits(word(static_cast<std::size_t>(j * blocks.n + k)),
                            static_cast<std::uint32_t>(64 * (k - first_word)), end);
          ColumnList& list = lists_[static_cast<std::size_t>(b * n + j)];
          list.size = static_cast<std::size_t>(end - memory.data()) - begin;
          begin += list.size;
        }
      }
      const std::uint32_t* columns = memory.data();  // which moves no more
      for (Index b = 0; b < blocks.count; ++b)
        for (Index j = first; j < last; ++j) {
          ColumnList& list = lists_[static_cast<std::size_t>(b * n + j)];
          list.columns = columns;
          columns += list.size;
        }
    });
  }
  void make(const Cut& blocks, const BinaryStates& states) {
    make(blocks, states.cols(), [w = states.data()](std::size_t i) { return w[i]; });
  }

  ColumnList operator[](Index i) const { return lists_[static_cast<std::size_t>(i)]; }

 private:
  std::vector<ColumnList> lists_;
  std::vector<std::vector<std::uint32_t>> memory_;  // of each piece
};

}  // namespace strata::detail
