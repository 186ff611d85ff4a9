// SPDX-License-Identifier: MIT
// Where the loops get their minibatches.
#pragma once

#include "strata/core/minibatches.hpp"
#include "strata/core/samples.hpp"

namespace strata::detail {

/// Minibatches of a data set as States: its numbers, or, to binarise, draws with them as
/// probabilities.
template <class S>
class Batches {
 public:
  /// `bits`: what is drawn is bits, not the numbers 0 and 1; binary data are, and nothing is drawn.
  Batches(const Samples<S>& data, bool binarise, bool bits)
      : data_(data), binarise_(binarise), bits_(bits) {
    if (bits && data.is_binary()) held_ = data.to_bits();
  }

  void gather_into(std::span<const Index> columns, States<S>& out, Random& rng) {
    if (held_.size() > 0) return gather(held_, columns, out.as_bits());
    if (!binarise_) return data_.gather(columns, out.as_numbers());
    data_.gather(columns, probability_);
    if (bits_)
      rng.bernoulli(probability_, out.as_bits());
    else
      out.as_numbers() = rng.bernoulli(probability_);
  }

 private:
  const Samples<S>& data_;
  bool binarise_, bits_;
  BinaryStates held_;
  Matrix<S> probability_;
};

}  // namespace strata::detail
