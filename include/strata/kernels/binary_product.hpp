// SPDX-License-Identifier: MIT
// Products with binary states.
#pragma once

#include "strata/kernels/column_sums.hpp"

namespace strata {

/// Above this share of units that are on, adding columns one by one is slower than multiplying.
inline constexpr double dense_from = 0.75;
/// From this many columns on, a product gains more from tiles than copying them costs.
inline constexpr Index tiles_from = 24;

namespace detail {

/// Columns of a tile. With eight registers of rows it fits the second cache, and takes few pages of
/// memory whatever the stride of the matrix.
inline constexpr Index tile_cols = 128;

/// Copies some rows and columns first..first+n-1 of a matrix, or of the transpose of one, into a
/// tile: column by column, filled up with zeros to whole registers.
template <class S>
void copy_tile(const Factor<S>& a, const Rows<S>& rows, Index first, Index n, S* tile) {
  constexpr Index lanes = Registers<S>::lanes;
  const Index height = rows.height();
  const Factor<S> part = a.middle_rows(rows.begin, rows.count).middle_cols(first, n);
  if (!a.transposed) {
    for (Index j = 0; j < n; ++j) {
      S* to = tile + j * height;
      std::copy_n(part.data + j * part.stride, rows.count, to);
      std::fill(to + rows.count, to + height, S(0));
    }
    return;
  }
  const Index whole_rows = rows.count / lanes * lanes, whole_cols = n / lanes * lanes;
  for (Index i = 0; i < whole_rows; i += lanes)
    for (Index j = 0; j < whole_cols; j += lanes)
      transpose_square(part.data + i * part.stride + j, part.stride, tile + j * height + i, height);
  for (Index j = 0; j < n; ++j)
    for (Index i = j < whole_cols ? whole_rows : 0; i < height; ++i)
      tile[j * height + i] = i < rows.count ? part.data[i * part.stride + j] : S(0);
}

/// Appends the lists of the units that are on, in blocks of tile_cols units: list block · B + j is
/// that of column j. word(j, w) is word w of a column.
template <class F>
void list_blocks(Index words, Index cols, Lists& lists, F&& word) {
  constexpr Index per_block = tile_cols / 64;
  for (Index block = 0; block < words; block += per_block)
    for (Index j = 0; j < cols; ++j) {
      lists.append(static_cast<std::size_t>(std::min(per_block, words - block)), 0,
                   [&](std::size_t w) { return word(j, static_cast<std::size_t>(block) + w); });
      lists.end();
    }
}

/// out = base + the columns of `a` that are listed, less others; no base: 0. The lists are in
/// blocks.
template <class S>
void sum_blocks(const Factor<S>& a, const Lists& add, const Lists* subtract, const Matrix<S>* base,
                Matrix<S>& out) {
  const Index rows = out.rows(), cols = out.cols(), depth = a.cols();
  constexpr Index tallest = Registers<S>::most * Registers<S>::lanes;
  const bool in_place = !a.transposed && cols < tiles_from;
  parallel_pieces(rows, tallest, [&](Index begin, Index count) {
    Vector<S> memory(tallest * std::min(tile_cols, depth));
    for_each_rows<S>(begin, begin + count, in_place, [&](const Rows<S>& r) {
      for (Index first = 0, list = 0; first < depth; first += tile_cols, list += cols) {
        const S* tile = a.data + r.begin + first * a.stride;
        Index stride = a.stride;
        if (!in_place || r.count < r.height()) {
          copy_tile(a, r, first, std::min(tile_cols, depth - first), memory.data());
          tile = memory.data();
          stride = r.height();
        }
        const Matrix<S>* before = first == 0 ? base : &out;
        sum_each(
            r, cols, tile, stride,
            [&](Index j) {
              return std::pair(add[list + j], subtract ? (*subtract)[list + j] : ColumnList{});
            },
            [&](Index j) { return before ? before->data() + j * rows + r.begin : nullptr; },
            [&](Index j) { return out.data() + j * rows + r.begin; });
      }
    });
  });
}

}  // namespace detail

/// out = a b for binary states b. `a` is a column-major matrix or the transpose of one.
template <class S, class A>
void product(const A& a, const BinaryStates& b, Matrix<S>& out) {
  const auto factor = detail::factor<S>(a);
  assert(factor.cols() == b.rows());
  const Index count = b.count();
  if (static_cast<double>(count) > dense_from * static_cast<double>(b.size()))
    return product(a, b.template matrix<S>(), out);
  out.resize(factor.rows(), b.cols());
  if (b.rows() == 0) return void(out.setZero());
  detail::Lists add(count);
  detail::list_blocks(b.words(), b.cols(), add,
                      [&](Index j, std::size_t w) { return b.column(j)[w]; });
  detail::sum_blocks<S>(factor, add, nullptr, nullptr, out);
}

template <class S, class A>
void product(const A& a, const States<S>& b, Matrix<S>& out) {
  b.visit([&](const auto& states) { product(a, states, out); });
}

/// The same, given x = a old: where few units differ between old and b, only their columns count.
template <class S, class A>
void product(const A& a, const States<S>& b, const States<S>& old, const Matrix<S>& x,
             Matrix<S>& out) {
  if (!b.is_binary() || !old.is_binary()) return product(a, b, out);
  const BinaryStates &to = b.bits(), &from = old.bits();
  assert(to.rows() == from.rows() && to.cols() == from.cols());
  const auto on = [&](Index j, std::size_t w) { return to.column(j)[w] & ~from.column(j)[w]; };
  const auto off = [&](Index j, std::size_t w) { return from.column(j)[w] & ~to.column(j)[w]; };
  const Index count = to.count();
  Index added = 0, subtracted = 0;
  for (Index j = 0; j < to.cols(); ++j)
    for (std::size_t w = 0; w < to.column(j).size(); ++w) {
      added += std::popcount(on(j, w));
      subtracted += std::popcount(off(j, w));
    }
  if (added + subtracted >= count) return product(a, b, out);
  detail::Lists add(added), subtract(subtracted);
  detail::list_blocks(to.words(), to.cols(), add, on);
  detail::list_blocks(to.words(), to.cols(), subtract, off);
  out.resize(x.rows(), x.cols());
  detail::sum_blocks(detail::factor<S>(a), add, &subtract, &x, out);
}

/// bᵀs.
template <class S>
Row<S> dot_columns(const Vector<S>& b, const BinaryStates& s) {
  Row<S> sums = Row<S>::Zero(s.cols());
  for_each_on(s, [&](Index i, Index j) { sums(j) += b(i); });
  return sums;
}

/// out += s wᵀ.
template <class S>
void add_weighted_columns(const BinaryStates& s, const Row<S>& w, Vector<S>& out) {
  for_each_on(s, [&](Index i, Index j) { out(i) += w(j); });
}

}  // namespace strata
