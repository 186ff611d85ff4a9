// SPDX-License-Identifier: MIT
// Sums of chosen columns of a matrix, which is what its product with binary states comes down to.
// Written for whole vector registers: plain arrays of them, which GCC and Clang keep in registers.
#pragma once

#include "strata/kernels/bit_lists.hpp"
#include "strata/kernels/registers.hpp"

namespace strata::detail {

/// A few rows of a matrix: those whose sums fit into 8 registers.
template <class S>
struct Band {
  Index begin, count;
  Index registers;  // that take them, the last one perhaps not filled

  Index height() const { return registers * Registers<S>::lanes; }
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

  Band<S> operator[](Index i) const {
    const Cut cut{registers, count};
    const Index first = cut.begin(i) * lanes;
    return {first, std::min(cut.begin(i + 1) * lanes, rows) - first, cut.size(i)};
  }
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
void sum_each(const Band<S>& rows, Index n, const S* a, Index stride, Lists&& lists, Base&& base,
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

}  // namespace strata::detail
