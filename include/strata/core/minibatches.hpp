// SPDX-License-Identifier: MIT
// An epoch in minibatches: every column once, in a fresh random order, in batches of about one size.
#pragma once

#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "strata/core/random.hpp"

namespace strata {

/// A random order of 0..n-1 (Fisher and Yates; std::shuffle differs from one library to another).
inline std::vector<Index> permutation(Index n, Random& rng) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  const Matrix<double> u = rng.uniform<double>(n, 1);
  for (Index i = n - 1; i > 0; --i) {
    const auto j = static_cast<Index>(u(i) * static_cast<double>(i + 1));
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(j)]);
  }
  return order;
}

/// Calls f(columns) on each minibatch of one epoch in that order. They are as few as may be of at most
/// batch_size, and their sizes differ by one at most: an optimiser that fits each would fit a short one
/// too well.
template <class F>
void for_each_minibatch(std::span<const Index> order, Index batch_size, F&& f) {
  check(batch_size >= 1, "for_each_minibatch: batch_size has ", batch_size,
        ", but at least 1 is needed");
  const auto n = std::ssize(order);
  batch_size = std::min(batch_size, std::max<Index>(1, n));  // the largest number means all
  auto rest = order;
  for (Index left = (n + batch_size - 1) / batch_size; left > 0; --left) {
    const auto count = static_cast<std::size_t>((std::ssize(rest) + left - 1) / left);
    f(rest.first(count));
    rest = rest.subspan(count);
  }
}
/// The same in a random order.
template <class F>
void for_each_minibatch(Index n, Index batch_size, Random& rng, F&& f) {
  for_each_minibatch(permutation(n, rng), batch_size, f);
}

/// The named columns of x, side by side; `out` is reused.
template <class S>
void gather(const Batch<S>& x, std::span<const Index> columns, Matrix<S>& out) {
  out.resize(x.rows(), static_cast<Index>(columns.size()));
  for (std::size_t j = 0; j < columns.size(); ++j)
    out.col(static_cast<Index>(j)) = x.col(columns[j]);
}

inline void gather(const BinaryStates& x, std::span<const Index> columns, BinaryStates& out) {
  out.resize(x.rows(), static_cast<Index>(columns.size()));
  for (std::size_t j = 0; j < columns.size(); ++j)
    std::ranges::copy(x.column(columns[j]), out.column(static_cast<Index>(j)).begin());
}

}  // namespace strata
