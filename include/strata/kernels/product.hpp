// SPDX-License-Identifier: MIT
// Matrix products by Eigen, cut into tiles whose shape depends on the result's alone: the tiles run
// in parallel, and the bits are the same at any number of threads.
#pragma once

#include <algorithm>
#include <cassert>
#include <limits>

#include "strata/core/parallel.hpp"

namespace strata {

/// Rows (or columns) of a tile when n of them are cut: an even number of tiles, so that two and
/// four threads share them fairly, near 256 wide, where Eigen loses 2 % to the cutting (128: 7 %).
inline Index tile_width(Index n) {
  if (n < 64) return std::max<Index>(1, n);
  const Index tiles = 2 * std::max<Index>(1, (n + 256) / 512);
  const Index width = (n + tiles - 1) / tiles;
  return (width + 15) / 16 * 16;  // whole vector registers
}

namespace detail {

/// A matrix in memory, or its transpose, as a factor of a product.
template <class S>
struct Factor {
  const S* data;
  Index memory_rows, memory_cols, stride;
  bool transposed;

  Index rows() const { return transposed ? memory_cols : memory_rows; }
  Index cols() const { return transposed ? memory_rows : memory_cols; }

  /// Rows i..i+n-1 of the factor; its columns likewise.
  Factor middle_rows(Index i, Index n) const {
    return transposed ? Factor{data + i * stride, memory_rows, n, stride, true}
                      : Factor{data + i, n, memory_cols, stride, false};
  }
  Factor middle_cols(Index j, Index n) const {
    return transposed ? Factor{data + j, n, memory_cols, stride, true}
                      : Factor{data + j * stride, memory_rows, n, stride, false};
  }
};

template <class S, class M>
Factor<S> factor(const M& m) {
  static_assert(!M::IsRowMajor);
  return {m.data(), m.rows(), m.cols(), m.outerStride(), false};
}
template <class S, class M>
Factor<S> factor(const Eigen::Transpose<M>& t) {
  const auto& m = t.nestedExpression();
  return {m.data(), m.rows(), m.cols(), m.outerStride(), true};
}

/// out += scale · a b for one tile, in the calling thread, by the function behind Eigen's own
/// products (of Eigen 3.4). Written as `out.noalias() += …` each of the three forms
/// would bring along two more kernels, for vectors and for small sizes, and a third of the time
/// that strata takes to compile.
template <class S, int a_order, int b_order>
void add_tile_product(S scale, const Factor<S>& a, const Factor<S>& b, S* out, Index rows,
                      Index cols, Index stride) {
  using namespace Eigen::internal;
  const Index depth = a.cols();
  gemm_blocking_space<Eigen::ColMajor, S, S, Eigen::Dynamic, Eigen::Dynamic, Eigen::Dynamic>
      blocking(rows, cols, depth, 1, true);
  general_matrix_matrix_product<Index, S, a_order, false, S, b_order, false, Eigen::ColMajor,
                                1>::run(rows, cols, depth, a.data, a.stride, b.data, b.stride, out,
                                        1, stride, scale, blocking, nullptr);
}

template <class S>
void add_tile_product(S scale, const Factor<S>& a, const Factor<S>& b, S* out, Index rows,
                      Index cols, Index stride) {
  constexpr int column = Eigen::ColMajor, row = Eigen::RowMajor;
  assert(!(a.transposed && b.transposed));
  if (a.transposed)
    add_tile_product<S, row, column>(scale, a, b, out, rows, cols, stride);
  else if (b.transposed)
    add_tile_product<S, column, row>(scale, a, b, out, rows, cols, stride);
  else
    add_tile_product<S, column, column>(scale, a, b, out, rows, cols, stride);
}

template <class S>
void add_product(S scale, const Factor<S>& a, const Factor<S>& b, Matrix<S>& out) {
  const Index rows = out.rows(), cols = out.cols();
  assert(rows == a.rows() && cols == b.cols() && a.cols() == b.rows());
  if (a.cols() == 0 || out.size() == 0) return;  // Eigen would divide by the first
#ifdef STRATA_USE_BLAS                           // its sizes are ints, and Eigen would cut them off
  for (const Index n : {rows, cols, a.cols(), a.stride, b.stride})
    check(n <= std::numeric_limits<int>::max(), "product: a matrix has a size of ", n,
          ", but the BLAS takes at most ", std::numeric_limits<int>::max());
#endif
  if (rows >= cols)
    parallel_pieces(rows, tile_width(rows), [&](Index i, Index n) {
      add_tile_product(scale, a.middle_rows(i, n), b, out.data() + i, n, cols, rows);
    });
  else
    parallel_pieces(cols, tile_width(cols), [&](Index j, Index n) {
      add_tile_product(scale, a, b.middle_cols(j, n), out.data() + j * rows, rows, n, rows);
    });
}

}  // namespace detail

/// out += scale · a b. The factors are column-major matrices, blocks of them, or one of the two is
/// the transpose of such; `out` has its size already and is neither factor.
template <class S, class A, class B>
void add_product(S scale, const A& a, const B& b, Matrix<S>& out) {
  detail::add_product(scale, detail::factor<S>(a), detail::factor<S>(b), out);
}

/// out = a b.
template <class S, class A, class B>
void product(const A& a, const B& b, Matrix<S>& out) {
  const auto left = detail::factor<S>(a), right = detail::factor<S>(b);
  out.setZero(left.rows(), right.cols());
  detail::add_product(S(1), left, right, out);
}

/// out += s wᵀ, the sum of the columns of s with these weights. Not by Eigen's product with a
/// vector, a kernel that everyone would compile for a sliver of the time that a step takes.
template <class S>
void add_weighted_columns(const Batch<S>& s, const Row<S>& w, Vector<S>& out) {
  for (Index j = 0; j < s.cols(); ++j) out += w(j) * s.col(j);
}

/// Weights that make a sum over n columns their mean.
template <class S>
Row<S> equal_weights(Index n) {
  return Row<S>::Constant(n, S(1) / static_cast<S>(n));
}

/// The mean of the columns of s.
template <class S>
Vector<S> mean_column(const Batch<S>& s) {
  Vector<S> sum = Vector<S>::Zero(s.rows());
  add_weighted_columns<S>(s, Row<S>::Ones(s.cols()), sum);
  return sum / static_cast<S>(s.cols());
}

/// bᵀs, the product of b with each column.
template <class S>
Row<S> dot_columns(const Vector<S>& b, const Batch<S>& s) {
  Matrix<S> dots;
  product(b.transpose(), s, dots);
  return dots;
}

}  // namespace strata
