// SPDX-License-Identifier: MIT
// Sums of chosen columns of a matrix, which is what its product with binary states comes down to.
// Written for whole vector registers: plain arrays of them, which GCC and Clang keep in registers.
#pragma once

#include <cstring>
#include <memory>
#include <utility>

#include "strata/core/binary_states.hpp"
#include "strata/kernels/product.hpp"

namespace strata {

/// The machine's vector registers.
template <class S>
struct Registers {
#if defined(__AVX512F__)
  static constexpr Index bytes = 64;
#elif defined(__AVX__)
  static constexpr Index bytes = 32;
#else
  static constexpr Index bytes = 16;
#endif
  static constexpr Index lanes = bytes / static_cast<Index>(sizeof(S));
#if defined(__AVX512F__) || defined(__aarch64__)
  static constexpr bool many = true;  // 32 of them, else 16
#else
  static constexpr bool many = false;
#endif
  /// That sums are kept in.
  static constexpr Index most = 8;
  using One [[gnu::vector_size(bytes)]] = S;

  static One load(const S* from) {
    One x;
    std::memcpy(&x, from, sizeof x);
    return x;
  }
  static void store(const One& x, S* to) { std::memcpy(to, &x, sizeof x); }
};

namespace detail {

/// A few rows of a matrix: those whose sums fit into 8 registers.
template <class S>
struct Rows {
  Index begin, count;
  Index registers;  // that take them, the last one perhaps not filled

  Index height() const { return registers * Registers<S>::lanes; }
};

/// A list of columns to add, and one of columns to subtract.
struct ColumnList {
  const std::uint32_t* columns = nullptr;
  std::size_t size = 0;
};

/// out = base + Σ_{j ∈ add} a_j − Σ_{j ∈ subtract} a_j over rows 0..n·lanes-1 of a, with the sums
/// in n registers; no base: 0. Two columns are added at a time where there are registers for two
/// sets of sums: one alone would wait for its last addition.
template <class S, std::size_t... I>
inline void sum_columns(const S* a, Index stride, ColumnList add, ColumnList subtract,
                        const S* base, S* out, std::index_sequence<I...>) {
  using R = Registers<S>;
  constexpr bool two = R::many || sizeof...(I) < R::most;
  typename R::One first[sizeof...(I)]{}, second[two ? sizeof...(I) : 1]{};
  const auto column = [&](std::uint32_t j) {
    const S* c = a + static_cast<Index>(j) * stride;
#if defined(__GNUC__)
    asm("" : "+r"(c));  // one address, or GCC takes two registers for each load: 25 % slower
#endif
    return c;
  };
  const auto at = [](const S* c, std::size_t i) {
    return R::load(c + static_cast<Index>(i) * R::lanes);
  };
  if (base) ((first[I] = at(base, I)), ...);
  std::size_t k = 0;
  if constexpr (two)
    for (; k + 2 <= add.size; k += 2) {
      const S* c = column(add.columns[k]);
      const S* d = column(add.columns[k + 1]);
      ((first[I] += at(c, I)), ...);
      ((second[I] += at(d, I)), ...);
    }
  for (; k < add.size; ++k) {
    const S* c = column(add.columns[k]);
    ((first[I] += at(c, I)), ...);
  }
  for (k = 0; k < subtract.size; ++k) {
    const S* c = column(subtract.columns[k]);
    ((first[I] -= at(c, I)), ...);
  }
  if constexpr (two) ((first[I] += second[I]), ...);
  (R::store(first[I], out + static_cast<Index>(I) * R::lanes), ...);
}

/// f(std::index_sequence of as many registers), 1 to 8.
template <class F>
void with_registers(Index n, F&& f) {
  switch (n) {
    case 8:
      return f(std::make_index_sequence<8>());
    case 7:
      return f(std::make_index_sequence<7>());
    case 6:
      return f(std::make_index_sequence<6>());
    case 5:
      return f(std::make_index_sequence<5>());
    case 4:
      return f(std::make_index_sequence<4>());
    case 3:
      return f(std::make_index_sequence<3>());
    case 2:
      return f(std::make_index_sequence<2>());
    default:
      return f(std::make_index_sequence<1>());
  }
}

/// sum_columns for columns 0..n-1 of a product, on some rows of it: lists(j) gives the columns to
/// add and to subtract, base(j) and out(j) where the sums begin and go.
template <class S, class Lists, class Base, class Out>
void sum_each(const Rows<S>& rows, Index n, const S* a, Index stride, Lists&& lists, Base&& base,
              Out&& out) {
  with_registers(rows.registers, [&](auto registers) {
    alignas(64)
        S whole[decltype(registers)::size() * static_cast<std::size_t>(Registers<S>::lanes)];
    const bool filled = rows.count == rows.height();
    for (Index j = 0; j < n; ++j) {
      const auto [add, subtract] = lists(j);
      const S* from = base(j);
      S* to = out(j);
      if (filled) {
        sum_columns(a, stride, add, subtract, from, to, registers);
      } else {  // base and out may end with the rows
        if (from) std::copy_n(from, rows.count, whole);
        sum_columns(a, stride, add, subtract, from ? whole : nullptr, whole, registers);
        std::copy_n(whole, rows.count, to);
      }
    }
  });
}

/// Exchanges rows and columns of a square of numbers, one row in each register: as transpose_bits
/// does it, by halves of halves.
template <class S, std::size_t distance, std::size_t... I>
void transpose_registers(typename Registers<S>::One* x, std::index_sequence<I...> lanes) {
  constexpr std::size_t n = sizeof...(I);
  const auto exchange = [&](std::size_t i) {
    const auto a = x[i], b = x[i + distance];
    x[i] =
        __builtin_shufflevector(a, b, static_cast<int>((I & distance) ? n + (I ^ distance) : I)...);
    x[i + distance] =
        __builtin_shufflevector(a, b, static_cast<int>((I & distance) ? n + I : (I ^ distance))...);
  };
  ((I & distance ? void() : exchange(I)), ...);
  if constexpr (distance > 1) transpose_registers<S, distance / 2>(x, lanes);
}

/// out(j, i) = in(i, j) for a square as wide as a register.
template <class S>
void transpose_square(const S* in, Index in_stride, S* out, Index out_stride) {
  using R = Registers<S>;
  constexpr auto n = static_cast<std::size_t>(R::lanes);
  typename R::One x[n];
  for (std::size_t i = 0; i < n; ++i) x[i] = R::load(in + static_cast<Index>(i) * in_stride);
  if constexpr (n > 1) transpose_registers<S, n / 2>(x, std::make_index_sequence<n>());
  for (std::size_t i = 0; i < n; ++i) R::store(x[i], out + static_cast<Index>(i) * out_stride);
}

/// Lists of columns.
class Lists {
 public:
  /// blocks × n lists, made of `words` words each: list b · n + j has entry origin(k) + i for each
  /// bit i that is set in word(b, j, k). In parallel.
  template <class Word, class Origin>
  Lists(Index blocks, Index n, Index words, Word&& word, Origin&& origin)
      : begins_(static_cast<std::size_t>(blocks * n)), sizes_(begins_.size()) {
    std::size_t room = 0, list = 0;
    for (Index b = 0; b < blocks; ++b)
      for (Index j = 0; j < n; ++j, ++list) {
        int size = 0;
        for (Index k = 0; k < words; ++k) size += std::popcount(word(b, j, k));
        sizes_[list] = static_cast<std::uint32_t>(size);
        begins_[list] = room;
        room += static_cast<std::size_t>(size) + slack;
      }
    columns_.reset(new std::uint32_t[room]);
    parallel_pieces(n, 64, [&](Index first, Index count) {
      for (Index b = 0; b < blocks; ++b)
        for (Index j = first; j < first + count; ++j) {
          std::uint32_t* to = columns_.get() + begins_[static_cast<std::size_t>(b * n + j)];
          for (Index k = 0; k < words; ++k) {
            const auto from = static_cast<std::uint32_t>(origin(k));
            BinaryStates::Word bits = word(b, j, k);
            std::uint32_t* const end = to + std::popcount(bits);
            do {  // eight at a time, some past the end: fewer jumps for the CPU to guess
              for (int i = 0; i < 8; ++i, bits &= bits - 1)
                *to++ = from + static_cast<std::uint32_t>(std::countr_zero(bits));
            } while (to < end);
            to = end;
          }
        }
    });
  }

  ColumnList operator[](Index i) const {
    const auto k = static_cast<std::size_t>(i);
    return {columns_.get() + begins_[k], sizes_[k]};
  }

 private:
  static constexpr std::size_t slack = 8;
  std::unique_ptr<std::uint32_t[]> columns_;
  std::vector<std::size_t> begins_;
  std::vector<std::uint32_t> sizes_;
};

/// Bands of rows that cover 0..n-1: an even number of them, as equal as registers allow, so that
/// two threads share them fairly.
template <class S>
struct Bands {
  static constexpr Index lanes = Registers<S>::lanes, most = Registers<S>::most;
  Index rows, registers, count;

  explicit Bands(Index n)
      : rows(n),
        registers((n + lanes - 1) / lanes),
        count(registers <= most ? std::min<Index>(registers, 1)
                                : (registers + 2 * most - 1) / (2 * most) * 2) {}

  Rows<S> operator[](Index i) const {
    const Index first = registers * i / count, end = registers * (i + 1) / count;
    return {first * lanes, std::min(end * lanes, rows) - first * lanes, end - first};
  }
};

}  // namespace detail
}  // namespace strata
