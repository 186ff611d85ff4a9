// SPDX-License-Identifier: MIT
// Bias, non-linearity and sampling over whole batches, in parallel pieces of contiguous memory.
#pragma once

#include <tuple>

#include "strata/core/random.hpp"

namespace strata {

namespace detail {

/// out_j = f(x_j) for each column.
template <class S, class F>
void for_each_column(const Batch<S>& x, Matrix<S>& out, F&& f) {
  out.resize(x.rows(), x.cols());
  const Index columns = std::max<Index>(1, (1 << 12) / std::max<Index>(1, x.rows()));  // 16 KiB
  parallel_pieces(x.cols(), columns, [&](Index first, Index n) {
    for (Index j = first; j < first + n; ++j) out.col(j) = f(x.col(j));
  });
}

}  // namespace detail

/// y = x + b.
template <class S>
void add_bias(const Batch<S>& x, const Vector<S>& b, Matrix<S>& y) {
  detail::for_each_column<S>(x, y, [&](const auto& column) { return column + b; });
}

/// y = σ(x + b).
template <class S>
void add_bias_sigmoid(const Batch<S>& x, const Vector<S>& b, Matrix<S>& y) {
  detail::for_each_column<S>(
      x, y, [&](const auto& column) { return (S(1) + (-(column + b).array()).exp()).inverse(); });
}

/// Σᵢ log(1 + e^{xᵢ + bᵢ}) for each column. Of z = x + b it is Σ max(z, 0) + log Π (1 + e^{−|z|}):
/// factors of at most 2, of which 64 are multiplied before their logarithm is taken.
template <class S>
Row<S> sum_softplus(const Batch<S>& x, const Vector<S>& b) {
  constexpr Index lanes = 16;
  using Lanes = Eigen::Array<S, lanes, 1>;
  Row<S> sums(x.cols());
  const Index columns = std::max<Index>(1, (1 << 12) / std::max<Index>(1, x.rows()));
  parallel_pieces(x.cols(), columns, [&](Index first, Index n) {
    for (Index j = first; j < first + n; ++j) {
      Lanes sum = Lanes::Zero(), product = Lanes::Ones();
      const auto add = [&](const Lanes& z) {
        sum += z.max(S(0));
        product *= S(1) + (-z.abs()).exp();
      };
      const auto column = x.col(j);
      Index i = 0, factors = 0;
      for (; i + lanes <= x.rows(); i += lanes) {
        add(column.template segment<lanes>(i).array() + b.template segment<lanes>(i).array());
        if (++factors % 64 > 0) continue;
        sum += product.log();
        product = Lanes::Ones();
      }
      if (i < x.rows()) {
        Lanes z = Lanes::Constant(std::numeric_limits<S>::lowest());  // adds nothing
        const Index rest = x.rows() - i;
        z.head(rest) = column.tail(rest).array() + b.tail(rest).array();
        add(z);
      }
      sums(j) = (sum + product.log()).sum();
    }
  });
  return sums;
}

/// x ← 1 with probability σ(x), else 0: the logistic function and the draw in one pass. A unit is
/// on where u (1 + e⁻ˣ) < 1 for a uniform number u.
template <class S>
void sample_sigmoid_in_place(Matrix<S>& x, Random& rng) {
  rng.for_each_uniform<S>(x.size(), [&]<class Piece>(const Piece& u, Index begin, Index count) {
    constexpr std::size_t n = std::tuple_size_v<Piece>;
    using Odds = Eigen::Array<S, static_cast<int>(n), 1>;
    Odds odds = Odds::Zero();  // the last piece may be short
    std::copy_n(x.data() + begin, count, odds.data());
    odds = S(1) + (-odds).exp();
    std::array<S, n> state;
    for (std::size_t i = 0; i < n; ++i) state[i] = u[i] * odds.data()[i] < S(1) ? S(1) : S(0);
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
  rng.draw<S>(out, [&]<std::size_t n>(const std::array<S, n>& u, Index begin, Index count,
                                      std::array<bool, n>& on) {
    using Piece = Eigen::Array<S, static_cast<int>(n), 1>;
    Piece odds = Piece::Zero(), wrapped;
    std::copy_n(x.data() + begin, count, odds.data());
    const Index row = begin % rows;
    const S* bias = b.data() + row;
    if (row + static_cast<Index>(n) > rows) {  // over the end of a column, or more of them
      for (Index i = 0, k = row; i < wrapped.size(); ++i, k = k + 1 == rows ? 0 : k + 1)
        wrapped(i) = b(k);
      bias = wrapped.data();
    }
    odds = S(1) + (-odds - Eigen::Map<const Piece>(bias)).exp();
    for (std::size_t i = 0; i < n; ++i) on[i] = u[i] * odds.data()[i] < S(1);
    if (mean) {
      odds = odds.inverse();
      std::copy_n(odds.data(), count, mean->data() + begin);
    }
  });
}

}  // namespace strata
