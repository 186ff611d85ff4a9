// SPDX-License-Identifier: MIT
// Matrix products by Eigen, cut into tiles whose shape depends on the result's alone: the tiles run
// in parallel, and the bits are the same at any number of threads. All products of a program are
// three instantiations of Eigen's kernel, which is most of what strata costs to compile.
#pragma once

#include <algorithm>

#include "strata/core/parallel.hpp"

namespace strata {

/// Rows (or columns) of a tile when n of them are cut: an even number of tiles, so that two and four
/// threads share them fairly, near 256 wide, where Eigen loses 2 % to the cutting (128: 7 %).
inline Index tile_width(Index n) {
  if (n < 64) return n;
  const Index tiles = 2 * std::max<Index>(1, (n + 256) / 512);
  const Index width = (n + tiles - 1) / tiles;
  return (width + 15) / 16 * 16;  // whole vector registers
}

namespace detail {

/// A matrix in memory, or its transpose, as a factor of a product.
template <class S>
struct Factor {
  using View = Eigen::Map<const Matrix<S>, 0, Eigen::OuterStride<>>;
  const S* data;
  Index rows, cols, stride;  // in memory
  bool transposed;

  View view() const { return {data, rows, cols, Eigen::OuterStride<>(stride)}; }
  /// Rows i..i+n-1 of the factor; its columns likewise.
  Factor middle_rows(Index i, Index n) const {
    return transposed ? Factor{data + i * stride, rows, n, stride, true}
                      : Factor{data + i, n, cols, stride, false};
  }
  Factor middle_cols(Index j, Index n) const {
    return transposed ? Factor{data + j, n, cols, stride, true}
                      : Factor{data + j * stride, rows, n, stride, false};
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

/// out += scale · a b for one tile, in the calling thread.
template <class S>
void add_tile_product(S scale, const Factor<S>& a, const Factor<S>& b,
                      Eigen::Map<Matrix<S>, 0, Eigen::OuterStride<>> out) {
  if (a.transposed)
    out.noalias() += scale * (a.view().transpose() * b.view());
  else if (b.transposed)
    out.noalias() += scale * (a.view() * b.view().transpose());
  else
    out.noalias() += scale * (a.view() * b.view());
}

template <class S>
void add_product(S scale, const Factor<S>& a, const Factor<S>& b, Matrix<S>& out) {
  const Eigen::OuterStride<> stride(out.rows());
  if (out.rows() >= out.cols())
    parallel_pieces(out.rows(), tile_width(out.rows()), [&](Index i, Index n) {
      add_tile_product<S>(scale, a.middle_rows(i, n), b, {out.data() + i, n, out.cols(), stride});
    });
  else
    parallel_pieces(out.cols(), tile_width(out.cols()), [&](Index j, Index n) {
      add_tile_product<S>(scale, a, b.middle_cols(j, n),
                          {out.data() + j * out.rows(), out.rows(), n, stride});
    });
}

}  // namespace detail

/// out += scale · a b. The factors are column-major matrices, blocks of them, or one of the two is the
/// transpose of such; `out` has its size already and is neither factor.
template <class S, class A, class B>
void add_product(S scale, const A& a, const B& b, Matrix<S>& out) {
  detail::add_product(scale, detail::factor<S>(a), detail::factor<S>(b), out);
}

/// out = a b.
template <class S, class A, class B>
void product(const A& a, const B& b, Matrix<S>& out) {
  out.setZero(a.rows(), b.cols());
  add_product(S(1), a, b, out);
}

}  // namespace strata
