// SPDX-License-Identifier: MIT
// Whole vector registers: plain values of GCC's and Clang's vector types, which become those of any
// machine, or several each where the machine has none as wide.
#pragma once

#include <cstring>
#include <utility>

#include "strata/core/types.hpp"

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
  static constexpr Index most = 8;  // that one set of sums is kept in
  using One [[gnu::vector_size(bytes)]] = S;

  static One load(const S* from) {
    One x;
    std::memcpy(&x, from, sizeof x);
    return x;
  }
  static void store(const One& x, S* to) { std::memcpy(to, &x, sizeof x); }
};

namespace detail {

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

}  // namespace detail
}  // namespace strata
