// SPDX-License-Identifier: MIT
// Bias, non-linearity and sampling over whole batches, in parallel pieces of contiguous memory.
#pragma once

#include <tuple>

#include "strata/core/random.hpp"

namespace strata {

/// y = x + b, column by column.
template <class S>
void add_bias(const Batch<S>& x, const Vector<S>& b, Matrix<S>& y) {
  y.resize(x.rows(), x.cols());
  const Index columns = std::max<Index>(1, elementwise_grain / std::max<Index>(1, x.rows()));
  parallel_pieces(x.cols(), columns, [&](Index j, Index n) {
    y.middleCols(j, n).noalias() = x.middleCols(j, n).colwise() + b;
  });
}

/// x ← σ(x).
template <class S>
void sigmoid_in_place(Matrix<S>& x) {
  for_each_piece([](auto a) { a = (S(1) + (-a).exp()).inverse(); }, x);
}

/// x ← 1 with probability σ(x), else 0: the logistic function and the draw in one pass. A unit is on
/// where u < σ(x) for a uniform number u.
template <class S>
void sample_sigmoid_in_place(Matrix<S>& x, Random& rng) {
  rng.for_each_uniform<S>(x.size(), [&]<class Piece>(const Piece& u, Index begin, Index count) {
    S* state = x.data() + begin;
    Eigen::Array<S, std::tuple_size_v<Piece>, 1> p;
    if (count == p.size())  // whole registers but at the very end
      p = (S(1) + (-Eigen::Map<const decltype(p)>(state)).exp()).inverse();
    else
      p.head(count) = (S(1) + (-Eigen::Map<const Eigen::ArrayX<S>>(state, count)).exp()).inverse();
    for (Index i = 0; i < count; ++i) state[i] = u[static_cast<std::size_t>(i)] < p[i] ? S(1) : S(0);
  });
}

}  // namespace strata
