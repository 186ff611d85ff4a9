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
  const Index columns = std::max<Index>(1, (1 << 14) / std::max<Index>(1, x.rows()));  // 64 KiB
  parallel_pieces(x.cols(), columns, [&](Index j, Index n) {
    y.middleCols(j, n).noalias() = x.middleCols(j, n).colwise() + b;
  });
}

/// x ← σ(x).
template <class S>
void sigmoid_in_place(Matrix<S>& x) {
  for_each_piece([](auto a) { a = (S(1) + (-a).exp()).inverse(); }, x);
}

/// x ← 1 with probability σ(x), else 0: the logistic function and the draw in one pass. A unit is
/// on where u < σ(x) for a uniform number u.
template <class S>
void sample_sigmoid_in_place(Matrix<S>& x, Random& rng) {
  rng.for_each_uniform<S>(x.size(), [&]<class Piece>(const Piece& u, Index begin, Index count) {
    constexpr std::size_t n = std::tuple_size_v<Piece>;
    Eigen::Array<S, static_cast<int>(n), 1> p = p.Zero();  // the last piece may be short
    std::copy_n(x.data() + begin, count, p.data());
    p = (S(1) + (-p).exp()).inverse();
    std::array<S, n> state;
    for (std::size_t i = 0; i < n; ++i) state[i] = u[i] < p.data()[i] ? S(1) : S(0);
    std::copy_n(state.data(), count, x.data() + begin);
  });
}

/// The same draws with probability σ(x + b), as bits; `mean`, if given, gets the probabilities.
template <class S>
void sample_sigmoid(const Batch<S>& x, const Vector<S>& b, Random& rng, BinaryStates& out,
                    Matrix<S>* mean = nullptr) {
  const Index rows = x.rows();
  out.resize(rows, x.cols());
  if (mean) mean->resize(rows, x.cols());
  if (x.size() == 0) return;
  // The biases of 64 successive units, wherever they begin.
  Vector<S> wrapped(rows + 64);
  for (Index i = 0; i < wrapped.size(); ++i) wrapped(i) = b(i % rows);
  rng.draw<S>(out, [&]<std::size_t n>(Index begin, Index count, std::array<S, n>& p) {
    using Piece = Eigen::Map<Eigen::Array<S, static_cast<int>(n), 1>>;
    std::copy_n(x.data() + begin, count, p.data());
    const auto row = static_cast<std::uint64_t>(begin) % static_cast<std::uint64_t>(rows);
    Piece y(p.data());
    y += Eigen::Map<const typename Piece::PlainObject>(wrapped.data() + row);
    y = (S(1) + (-y).exp()).inverse();
    if (mean) std::copy_n(p.data(), count, mean->data() + begin);
  });
}

}  // namespace strata
