// SPDX-License-Identifier: MIT
// Where the loops get their minibatches.
#pragma once

#include "strata/core/minibatches.hpp"
#include "strata/core/samples.hpp"

namespace strata::detail {

/// Minibatches of a data set as States: its numbers, or, to binarise, draws with them as
/// probabilities; after them, for a model with labels, the label's units.
template <class S>
class Batches {
 public:
  /// `bits`: what is drawn is bits, not the numbers 0 and 1; binary data are, and nothing is drawn.
  Batches(const Samples<S>& data, bool binarise, bool bits, Index classes = 0)
      : data_(data), binarise_(binarise), bits_(bits), classes_(classes) {
    if (bits && data.is_binary()) held_ = data.to_bits();
  }

  void gather_into(std::span<const Index> columns, States<S>& out, Random& rng) {
    if (classes_ == 0) return gather_inputs(columns, out, rng);
    gather_inputs(columns, inputs_, rng);
    join_labels(columns, out);
  }
  /// The same samples as they are, as numbers.
  Matrix<S> numbers(std::span<const Index> columns) {
    data_.gather(columns, inputs_.as_numbers());
    if (classes_ == 0) return inputs_.numbers();
    States<S> joined;
    join_labels(columns, joined);
    return joined.matrix();
  }

 private:
  void join_labels(std::span<const Index> columns, States<S>& out) {
    labels_.as_bits() = one_hot(data_.labels(columns), classes_);
    join_rows(inputs_, labels_, out);
  }
  void gather_inputs(std::span<const Index> columns, States<S>& out, Random& rng) {
    if (held_.size() > 0) return gather(held_, columns, out.as_bits());
    if (!binarise_) return data_.gather(columns, out.as_numbers());
    data_.gather(columns, probability_);
    if (bits_)
      rng.bernoulli(probability_, out.as_bits());
    else
      out.as_numbers() = rng.bernoulli(probability_);
  }

  const Samples<S>& data_;
  bool binarise_, bits_;
  Index classes_;
  States<S> inputs_, labels_;
  BinaryStates held_;
  Matrix<S> probability_;
};

}  // namespace strata::detail
