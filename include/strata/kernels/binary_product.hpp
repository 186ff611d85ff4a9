// SPDX-License-Identifier: MIT
// Products with binary states.
#pragma once

#include <cmath>

#include "strata/kernels/column_sums.hpp"

namespace strata {

/// Above this share of units that are on, products of numbers are faster: with half the units on, a
/// step of CD-1 took the same time either way (784-500, batch 100, AVX-512).
inline constexpr double dense_from = 0.5;
/// From this many columns on, a product gains more from tiles than copying them costs.
inline constexpr Index tiles_from = 24;

namespace detail {

/// Columns of a tile, whole words of them: so many that a sum over them has some sixteen terms, and
/// what each sum costs besides is shared; but no more, the tile should stay in the first cache.
inline Index tile_words(Index words, Index terms, Index cols) {
  const double in_word = static_cast<double>(terms) / static_cast<double>(words * cols);
  return std::clamp<Index>(std::llround(16 / std::max(in_word, 0.01)), 1, words);
}

/// Copies some rows and columns first..first+n-1 of a matrix, or of the transpose of one, into a
/// tile: column by column, filled up with zeros to whole registers.
template <class S>
void copy_tile(const Factor<S>& a, const Rows<S>& rows, Index first, Index n, S* tile) {
  constexpr Index lanes = Registers<S>::lanes;
  const Index height = rows.height();
  const Factor<S> part = a.middle_rows(rows.begin, rows.count).middle_cols(first, n);
  if (!a.transposed) {
    const Index whole = rows.count / lanes;
    for (Index j = 0; j < n; ++j) {
      const S* from = part.data + j * part.stride;
      S* to = tile + j * height;
      for (Index k = 0; k < whole; ++k)
        Registers<S>::store(Registers<S>::load(from + k * lanes), to + k * lanes);
      for (Index i = whole * lanes; i < height; ++i) to[i] = i < rows.count ? from[i] : S(0);
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

/// Lists of the units that are on, in blocks of as many words: list block · B + j is that of column
/// j. word(i) is word i of all columns, one after the other.
template <class F>
Lists list_blocks(Index words, Index cols, Index per_block, F&& word) {
  return {(words + per_block - 1) / per_block, cols, per_block,
          [&](Index block, Index j, Index k) {
            const Index w = block * per_block + k;
            return w < words ? word(static_cast<std::size_t>(j * words + w)) : 0;
          },
          [](Index k) { return 64 * k; }};
}

/// out = base + the columns of `a` that are listed, less others; no base: 0. The lists are in
/// blocks of as many words.
template <class S>
void sum_blocks(const Factor<S>& a, Index block, const Lists& add, const Lists* subtract,
                const Matrix<S>* base, Matrix<S>& out) {
  const Index rows = out.rows(), cols = out.cols(), depth = a.cols(), tile_cols = 64 * block;
  // Few columns are summed where they lie, if they lie in one piece.
  const bool in_place = !a.transposed && cols < tiles_from;
  const Bands<S> bands(rows);
  strata::parallel_for(bands.count, [&](Index band) {
    const Rows<S> r = bands[band];
    const bool copied = !in_place || r.count < r.height();
    Vector<S> memory(copied ? r.height() * std::min(tile_cols, depth) : 0);
    for (Index first = 0, list = 0; first < depth; first += tile_cols, list += cols) {
      if (copied) copy_tile(a, r, first, std::min(tile_cols, depth - first), memory.data());
      const Matrix<S>* before = first == 0 ? base : &out;
      sum_each(
          r, cols, copied ? memory.data() : a.data + r.begin + first * a.stride,
          copied ? r.height() : a.stride,
          [&](Index j) {
            return std::pair(add[list + j], subtract ? (*subtract)[list + j] : ColumnList{});
          },
          [&](Index j) { return before ? before->data() + j * rows + r.begin : nullptr; },
          [&](Index j) { return out.data() + j * rows + r.begin; });
    }
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
  if (b.size() == 0) return void(out.setZero());
  const Index block = detail::tile_words(b.words(), count, b.cols());
  const auto add = detail::list_blocks(b.words(), b.cols(), block,
                                       [bits = b.data()](std::size_t i) { return bits[i]; });
  detail::sum_blocks<S>(factor, block, add, nullptr, nullptr, out);
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
  const BinaryStates::Word *u = from.data(), *v = to.data();
  const auto on = [=](std::size_t i) { return v[i] & ~u[i]; };
  const auto off = [=](std::size_t i) { return u[i] & ~v[i]; };
  Index count = 0, differences = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(to.words() * to.cols()); ++i) {
    count += std::popcount(v[i]);
    differences += std::popcount(u[i] ^ v[i]);
  }
  if (differences >= count || to.size() == 0) return product(a, b, out);
  const Index block = detail::tile_words(to.words(), differences, to.cols());
  const auto add = detail::list_blocks(to.words(), to.cols(), block, on);
  const auto subtract = detail::list_blocks(to.words(), to.cols(), block, off);
  out.resize(x.rows(), x.cols());
  detail::sum_blocks(detail::factor<S>(a), block, add, &subtract, &x, out);
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
  if (s.cols() == 0) return;
  const bool equal = (w.array() == w(0)).all();
  parallel_pieces(s.rows(), 64, [&](Index first, Index count) {
    const auto word = static_cast<std::size_t>(first / 64);
    for (Index j = 0; j < s.cols(); j += 64) {
      const Index n = std::min<Index>(64, s.cols() - j);
      std::array<BinaryStates::Word, 64> block{};
      for (Index k = 0; k < n; ++k) block[static_cast<std::size_t>(k)] = s.column(j + k)[word];
      if (equal) {  // counted
        transpose_bits(block);
        for (Index i = 0; i < count; ++i)
          out(first + i) +=
              w(0) * static_cast<S>(std::popcount(block[static_cast<std::size_t>(i)]));
      } else {
        for (Index k = 0; k < n; ++k)
          for (auto bits = block[static_cast<std::size_t>(k)]; bits != 0; bits &= bits - 1)
            out(first + std::countr_zero(bits)) += w(j + k);
      }
    }
  });
}

}  // namespace strata
