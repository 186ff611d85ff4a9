// SPDX-License-Identifier: MIT
// Products with binary states.
#pragma once

#include <cmath>

#include "strata/kernels/column_sums.hpp"
#include "strata/kernels/product.hpp"

namespace strata {

/// Above this share of units that are on, products of numbers are faster: with half the units on, a
/// step of CD-1 took the same time either way (784-500, batch 100, AVX-512).
inline constexpr double dense_from = 0.5;
/// From this many columns on, a product gains more from tiles than copying them costs.
inline constexpr Index tiles_from = 24;

namespace detail {

/// The words of states, in blocks: the columns of a that are tiles together. A sum over a block has
/// some sixteen terms, to share what each sum costs besides; but no more, the tile should stay in
/// the first cache. An even number of blocks, for two halves.
inline Cut word_blocks(Index words, Index terms, Index cols) {
  const double in_word = static_cast<double>(terms) / static_cast<double>(words * cols);
  const auto wide = std::clamp<Index>(std::llround(16 / std::max(in_word, 0.01)), 1, words);
  return {words, words < 2 ? 1 : std::max<Index>(1, words / (2 * wide)) * 2};
}

/// Copies some rows and columns first..first+n-1 of a matrix, or of the transpose of one, into a
/// tile: column by column, filled up with zeros to whole registers.
template <class S>
void copy_tile(const Factor<S>& a, const Band<S>& rows, Index first, Index n, S* tile) {
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

/// What a product needs besides: each thread keeps its own for the next one.
template <class S>
struct ProductScratch {
  Lists add, subtract;
  Matrix<S> half;
};

/// out = base + the columns of `a` that are listed, less others; no base: 0. Each half of a's
/// columns in memory is summed by itself, as are halves of the gradient: so a thread finds the
/// weights that it changed last in its own cache.
template <class S>
void sum_lists(const Factor<S>& a, const Cut& blocks, Index cols, ProductScratch<S>& scratch,
               bool subtracts, const S* base, S* out) {
  const Index rows = a.rows();
  // Few columns are summed where they lie, if they lie in one piece.
  const bool in_place = !a.transposed && cols < tiles_from;
  const Bands<S> bands(rows);
  const Cut halves{blocks.count, a.transposed ? 1 : std::min<Index>(blocks.count, 2)};
  if (halves.count == 2) scratch.half.resize(rows, cols);
  strata::parallel_for(halves.count * bands.count, [&](Index task) {
    const Index h = task / bands.count;
    const Band<S> band = bands[task % bands.count];
    S* const sum = (h == 0 ? out : scratch.half.data()) + band.begin;
    const S* const first_base = h == 0 && base ? base + band.begin : nullptr;
    const bool copied = !in_place || band.count < band.height();
    thread_local Vector<S> memory;
    for (Index b = halves.begin(h); b < halves.begin(h + 1); ++b) {
      const Index first = 64 * blocks.begin(b), n = std::min(64 * blocks.size(b), a.cols() - first);
      if (copied) {
        if (memory.size() < band.height() * n) memory.resize(band.height() * n);
        copy_tile(a, band, first, n, memory.data());
      }
      const S* const from = copied ? memory.data() : a.data + band.begin + first * a.stride;
      const S* const before = b == halves.begin(h) ? first_base : sum;
      sum_each(
          band, cols, from, copied ? band.height() : a.stride,
          [&, list = b * cols](Index j) {
            return std::pair(scratch.add[list + j],
                             subtracts ? scratch.subtract[list + j] : ColumnList{});
          },
          [=](Index j) { return before ? before + j * rows : nullptr; },
          [=](Index j) { return sum + j * rows; });
    }
  });
  if (halves.count == 2) {
    Eigen::Map<Matrix<S>> sums(out, rows, cols);
    for_each_piece([](auto x, auto y) { x += y; }, sums, scratch.half);
  }
}

/// out = base + the columns of `a` whose bits are set in add(i), less those in subtract(i), for the
/// words i of all columns, counted through; `terms` are that many bits in all.
template <class S, class Add, class Subtract = std::nullptr_t>
void sum_columns_where(const Factor<S>& a, Index words, Index terms, Matrix<S>& out, Add&& add,
                       Subtract&& subtract = nullptr, const Matrix<S>* base = nullptr) {
  constexpr bool subtracts = !std::same_as<std::remove_cvref_t<Subtract>, std::nullptr_t>;
  thread_local ProductScratch<S> scratch;
  const Cut blocks = word_blocks(words, terms, out.cols());
  constexpr Index most = 1024;  // columns at once, so that the scratch stays small
  for (Index first = 0; first < out.cols(); first += most) {
    const Index cols = std::min(most, out.cols() - first), begin = first * out.rows();
    const auto skipped = static_cast<std::size_t>(first * words);
    scratch.add.make(blocks, cols, [&](std::size_t i) { return add(skipped + i); });
    if constexpr (subtracts)
      scratch.subtract.make(blocks, cols, [&](std::size_t i) { return subtract(skipped + i); });
    sum_lists(a, blocks, cols, scratch, subtracts, base ? base->data() + begin : nullptr,
              out.data() + begin);
  }
}

}  // namespace detail

/// out = a b for binary states b. `a` is a column-major matrix or the transpose of one.
template <class S, class A>
void product(const A& a, const BinaryStates& b, Matrix<S>& out) {
  const auto factor = detail::factor<S>(a);
  assert(factor.cols() == b.rows());
  const Index count = b.count();
  if (static_cast<double>(count) > dense_from * static_cast<double>(b.size())) {
    thread_local Matrix<S> numbers;
    b.matrix(numbers);
    return product(a, numbers, out);
  }
  out.resize(factor.rows(), b.cols());
  if (b.size() == 0) return void(out.setZero());
  detail::sum_columns_where(factor, b.words(), count, out,
                            [w = b.data()](std::size_t i) { return w[i]; });
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
  Index count = 0, differences = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(to.words() * to.cols()); ++i) {
    count += std::popcount(v[i]);
    differences += std::popcount(u[i] ^ v[i]);
  }
  if (differences >= count || to.size() == 0) return product(a, b, out);
  out.resize(x.rows(), x.cols());
  detail::sum_columns_where(
      detail::factor<S>(a), to.words(), differences, out,
      [=](std::size_t i) { return v[i] & ~u[i]; }, [=](std::size_t i) { return u[i] & ~v[i]; }, &x);
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
