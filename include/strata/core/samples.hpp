// SPDX-License-Identifier: MIT
// Data sets, however they are kept: as numbers, as grey levels in bytes or as bits.
#pragma once

#include <cstdint>
#include <span>

#include "strata/core/binary_states.hpp"
#include "strata/core/checks.hpp"
#include "strata/core/minibatches.hpp"
#include "strata/core/source.hpp"

namespace strata {

/// Numbers from 0 to 1 in bytes, n × N, one sample per column: 255 stands for 1. A quarter of the
/// memory of floats.
template <class S>
class GreyLevels {
 public:
  using Scalar = S;

  GreyLevels() = default;
  explicit GreyLevels(Matrix<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}

  Index rows() const { return bytes_.rows(); }
  Index cols() const { return bytes_.cols(); }
  Index size() const { return bytes_.size(); }
  const Matrix<std::uint8_t>& bytes() const { return bytes_; }

  /// An expression of Eigen: the numbers, made when they are looked at. Refers to the bytes.
  auto numbers() const { return bytes_.template cast<S>() * (S(1) / S(255)); }
  GreyLevels leftCols(Index n) const {
    return GreyLevels(Matrix<std::uint8_t>(bytes_.leftCols(n)));
  }

 private:
  Matrix<std::uint8_t> bytes_;
};

/// Inputs with one class label for each column.
template <class S, class Images = Matrix<S>>
struct LabelledData {
  using Scalar = S;
  Images images;  // n × N
  Labels labels;  // N, from 0

  Index size() const { return images.cols(); }
};

template <class S>
using LabelledImages = LabelledData<S, GreyLevels<S>>;

/// The first n samples.
template <class S, class Images>
LabelledData<S, Images> first(const LabelledData<S, Images>& data, Index n) {
  n = std::min(n, data.size());
  return {Images(data.images.leftCols(n)), {data.labels.begin(), data.labels.begin() + n}};
}

/// `data` must have a column, and a label for each: `error_rate: data has 3 labels, but 2 images`
template <class S, class Images>
void check_labelled(std::string_view where, const LabelledData<S, Images>& data) {
  check(data.size() > 0, where, ": data has 0 columns, but at least 1 is needed");
  check(static_cast<Index>(data.labels.size()) == data.size(), where, ": data has ",
        data.labels.size(), " labels, but ", data.size(), " images");
}

/// Throws unless each label is a class: `train: data has label 10 at column 3, but the model has
/// classes 0 to 9`
inline void check_labels(std::string_view where, const Labels& labels, Index classes) {
  for (std::size_t i = 0; i < labels.size(); ++i)
    check(labels[i] >= 0 && labels[i] < classes, where, ": data has label ", labels[i],
          " at column ", i, ", but the model has classes 0 to ", classes - 1);
}

/// The same, and that there is one for each of n columns.
inline void check_labels(std::string_view where, const Labels& labels, Index n, Index classes) {
  check(std::ssize(labels) == n, where, ": data has ", labels.size(), " labels, but ", n,
        " columns");
  check_labels(where, labels, classes);
}

/// One column for each label, in which its unit is on.
inline BinaryStates one_hot(const Labels& labels, Index classes) {
  check_labels("one_hot", labels, classes);
  BinaryStates s(classes, std::ssize(labels));
  for (std::size_t j = 0; j < labels.size(); ++j) s.turn_on(labels[j], static_cast<Index>(j));
  return s;
}

/// A view of a data set, n × N, one sample per column, perhaps with labels: what may learn from
/// numbers, grey levels or bits takes this. Holds a reference.
template <class S>
class Samples {
 public:
  Samples(const GreyLevels<S>& levels) : numbers_(none()), levels_(&levels) {}
  Samples(const BinaryStates& bits) : numbers_(none()), bits_(&bits) {}
  Samples(const Source<S>& source) : numbers_(none()), source_(&source) {}
  template <class Images>
  Samples(const LabelledData<S, Images>& data) : Samples(data.images) {
    labels_ = &data.labels;
  }
  /// A matrix, or an expression of Eigen, which is evaluated if need be.
  template <class X>
  Samples(const Eigen::EigenBase<X>& numbers) : numbers_(numbers.derived()) {}

  Index rows() const {
    return visit([](const auto& data) { return data.rows(); });
  }
  Index cols() const {
    return visit([](const auto& data) { return data.cols(); });
  }
  /// Null if they are in memory.
  const Source<S>* source() const { return source_; }
  /// A random order of all columns; those of a source are shuffled block by block.
  std::vector<Index> order(Random& rng) const {
    const Index block = source_ ? source_->block() : cols();
    std::vector<Index> order;
    order.reserve(static_cast<std::size_t>(cols()));
    for (Index first = 0; first < cols(); first += block)
      for (const Index j : permutation(std::min(block, cols() - first), rng))
        order.push_back(first + j);
    return order;
  }

  /// Null if there are none.
  const Labels* labels() const { return labels_; }
  /// The same samples with these labels.
  Samples with(const Labels* labels) const {
    Samples labelled = *this;
    labelled.labels_ = labels;
    return labelled;
  }

  /// The labels of the named columns.
  Labels labels(std::span<const Index> columns) const {
    Labels named;
    for (const Index j : columns) named.push_back((*labels_)[static_cast<std::size_t>(j)]);
    return named;
  }
  /// The named columns, side by side, as numbers.
  void gather(std::span<const Index> columns, Matrix<S>& out) const {
    out.resize(rows(), std::ssize(columns));
    for (Index j = 0; j < out.cols(); ++j) copy(columns[static_cast<std::size_t>(j)], out.col(j));
  }
  /// Columns first..first+n-1 as numbers.
  Matrix<S> columns(Index first, Index n) const {
    Matrix<S> out(rows(), n);
    for (Index j = 0; j < n; ++j) copy(first + j, out.col(j));
    return out;
  }
  /// f(columns as numbers, first) on all of them, a thousand at a time.
  template <class F>
  void for_each_block(F&& f) const {
    for (Index first = 0; first < cols(); first += 1000)
      f(columns(first, std::min<Index>(1000, cols() - first)), first);
  }
  /// Columns first..first+n-1, as bits if they are kept so.
  States<S> states(Index first, Index n) const {
    if (!bits_) return columns(first, n);
    BinaryStates some(rows(), n);
    for (Index j = 0; j < n; ++j)
      std::ranges::copy(bits_->column(first + j), some.column(j).begin());
    return some;
  }
  /// At most n columns from all over the set, or the first block of a source.
  std::vector<Index> spread(Index n) const {
    const Index all = source_ ? std::min(source_->block(), cols()) : cols();
    n = std::min(n, all);
    std::vector<Index> columns(static_cast<std::size_t>(n));
    for (Index j = 0; j < n; ++j) columns[static_cast<std::size_t>(j)] = all * j / n;
    return columns;
  }

  /// Whether all values are known to be 0 or 1, which those of a source never are: `binarise` makes bits of
  /// them.
  bool is_binary() const {
    if (source_) return false;
    if (levels_) return ((levels_->bytes().array() + 1) < 2).all();  // 255 + 1 is 0
    return bits_ || (numbers_.array() == S(0) || numbers_.array() == S(1)).all();
  }
  /// The set as bits, on where it is not 0.
  BinaryStates to_bits() const {
    if (levels_) return BinaryStates(levels_->bytes());
    return bits_ ? *bits_ : BinaryStates(numbers_);
  }

  /// Throws like check_values; grey levels and bits are always from 0 to 1, and the blocks of a source will
  /// be looked at when they are there, the first one now.
  void check_values(std::string_view where, std::string_view what, const Interval& support) const {
    if (source_) {
      expected_.where = where;
      expected_.what = what;
      expected_.values.lowest = std::max(expected_.values.lowest, support.lowest);
      expected_.values.highest = std::min(expected_.values.highest, support.highest);
      if (cols() > 0) columns(0, 1);
      return;
    }
    if (!levels_ && !bits_) strata::check_values(where, what, numbers_, support);
  }

 private:
  template <class F>
  Index visit(F&& f) const {
    return levels_ ? f(*levels_) : bits_ ? f(*bits_) : source_ ? f(*source_) : f(numbers_);
  }
  template <class Column>
  void copy(Index j, Column&& out) const {
    if (source_)
      source_->copy(j, out, expected_);
    else if (levels_)
      out = levels_->numbers().col(j);
    else if (bits_)
      for (Index i = 0; i < out.size(); ++i) out(i) = static_cast<S>((*bits_)(i, j));
    else
      out = numbers_.col(j);
  }
  static const Matrix<S>& none() {
    static const Matrix<S> empty;
    return empty;
  }

  Batch<S> numbers_;
  const GreyLevels<S>* levels_ = nullptr;
  const BinaryStates* bits_ = nullptr;
  const Source<S>* source_ = nullptr;
  mutable typename Source<S>::Expected expected_;  // what check_values asks of blocks to come
  const Labels* labels_ = nullptr;
};

}  // namespace strata
