// SPDX-License-Identifier: MIT
// Data that are read while a model learns from them, since they do not fit into memory.
#pragma once

#include <algorithm>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>

#include "strata/core/checks.hpp"
#include "strata/core/parallel.hpp"

namespace strata {

/// A data set, n × N, that a function reads block by block: read(first, x) writes samples first, first + 1, …
/// to all columns of x, n × the size of the block. The next block is read by another thread while one is
/// learned from, so training is as fast as with data in memory unless reading is slower. Two blocks are held, and of a stack that is
/// pre-trained two of what each layer makes of them.
/// An epoch takes the blocks in order and shuffles within each, and what is looked at before and between
/// epochs is from the first one: the samples should lie in a random order. Read is called by one thread at a
/// time; what it throws ends the training. A block is checked when it has been read, not all data before the start.
/// Copies share their blocks. Goes where a matrix goes:
///   Source<float> source(784, n, [&](Index first, Matrix<float>& x) { file.read(first, x); });
///   train(rbm, source, ContrastiveDivergence{}, SGD{}, {.binarise = true}, rng);
template <class S>
class Source {
 public:
  using Scalar = S;
  using Read = std::function<void(Index first, Matrix<S>& x)>;

  /// Throws unless there are as many rows as 0 or more, and blocks of 1 sample or more.
  Source(Index rows, Index samples, Read read, Index block = 1 << 14)
      : shared_(std::make_shared<Shared>()) {
    check(rows >= 0 && samples >= 0, "Source: the data has ", rows, " x ", samples,
          ", but at least 0 x 0 is needed");
    check(block >= 1, "Source: block has ", block, ", but at least 1 is needed");
    shared_->rows = rows;
    shared_->samples = samples;
    shared_->read = std::move(read);
    shared_->block = block;
  }
  /// The elements of a range that can be gone through again and again (std::ranges::forward_range), each a
  /// sample: a range of n numbers. Holds a reference to a range that has a name, and owns one that has none.
  template <std::ranges::forward_range R>
  Source(Index rows, R&& range, Index block = 1 << 14)
      : Source(rows, Walk<std::remove_reference_t<R>>(held(std::forward<R>(range))), block) {}

  Index rows() const { return shared_->rows; }
  Index cols() const { return shared_->samples; }
  Index size() const { return rows() * cols(); }
  /// The samples of a block; the last may have fewer.
  Index block() const { return shared_->block; }

  /// What every block has to be like: values that are not finite or outside `values` are errors as
  /// check_values has them; without a `where` nothing is asked.
  struct Expected {
    std::string where = {}, what = {};
    Interval values = {};

    bool operator==(const Expected& other) const {
      return where == other.where && what == other.what && values.lowest == other.values.lowest &&
             values.highest == other.values.highest;
    }
  };

  /// out = sample j. Fast where j is in the block of the last call or the one after it.
  template <class Column>
  void copy(Index j, Column&& out, const Expected& expected = {}) const {
    const std::lock_guard lock(shared_->mutex);
    out = shared_->at(j / shared_->block, expected).col(j % shared_->block);
  }

  /// Samples first, first + 1, … are read afresh to the columns of x, n × as many.
  void read(Index first, Matrix<S>& x) const { shared_->read_alone(first, x); }

 private:
  template <class R>
  struct Walk;
  template <class R>
  Source(Index rows, Walk<R> walk, Index block)
      : Source(rows, static_cast<Index>(std::ranges::distance(*walk.range)), Read(walk), block) {}

  template <class R>
  static std::shared_ptr<std::remove_reference_t<R>> held(R&& range) {
    if constexpr (std::is_lvalue_reference_v<R>)
      return {std::shared_ptr<void>(), &range};  // without an owner
    else
      return std::make_shared<R>(std::move(range));
  }

  /// The block at hand, and the one that is coming.
  struct Shared {
    std::mutex mutex, reading;
    Index rows = 0, samples = 0, block = 1;
    Read read;
    Index current = -1, coming = -1;   // their numbers
    Expected checked, coming_checked;  // what was asked of them
    Matrix<S> x;
    std::future<Matrix<S>> next;

    const Matrix<S>& at(Index number, const Expected& expected) {
      if (number != current) {
        auto ready = std::exchange(next, {});
        const bool came = std::exchange(coming, -1) == number;
        if (!came && ready.valid()) ready.wait();  // one reads at a time
        x = came ? ready.get() : fetch(number, expected);
        checked = came ? coming_checked : expected;
        current = number;
      }
      if (checked != expected) {
        check_block(x, current, expected);
        checked = expected;
      }
      const Index blocks = (samples + block - 1) / block;
      if (coming < 0 && blocks > 1) {  // the next one, after the last the first
        coming = (current + 1) % blocks;
        coming_checked = expected;
        next = std::async(std::launch::async, [this, number = coming, expected, n = threads()] {
          set_threads(n);  // as the thread that learns has it
          return fetch(number, expected);
        });
      }
      return x;
    }
    // Several sources may read from this one.
    void read_alone(Index first, Matrix<S>& some) {
      const std::lock_guard lock(reading);
      read(first, some);
    }
    Matrix<S> fetch(Index number, const Expected& expected) {
      const Index count = std::min(block, samples - number * block);
      Matrix<S> some(rows, count);
      read_alone(number * block, some);
      check(some.rows() == rows && some.cols() == count, "Source: read made a block of ",
            some.rows(), " x ", some.cols(), ", but ", rows, " x ", count, " is needed");
      check_block(some, number, expected);
      return some;
    }
    void check_block(const Matrix<S>& some, Index number, const Expected& expected) const {
      if (!expected.where.empty())
        check_values(expected.where, expected.what, some, expected.values, number * block);
    }
  };

  /// Reads a range: on from where the last block ended, or again from the start.
  template <class R>
  struct Walk {
    std::shared_ptr<R> range;
    std::ranges::iterator_t<R> at;
    Index position = 0;

    explicit Walk(std::shared_ptr<R> held)
        : range(std::move(held)), at(std::ranges::begin(*range)) {}

    void operator()(Index first, Matrix<S>& x) {
      if (first < position) {
        at = std::ranges::begin(*range);
        position = 0;
      }
      std::ranges::advance(at, first - position);
      position = first;
      for (Index j = 0; j < x.cols(); ++j, ++at, ++position) {
        auto&& sample = *at;
        const auto n = static_cast<Index>(std::ranges::distance(sample));
        check(n == x.rows(), "Source: sample ", first + j, " has ", n, " numbers, but ", x.rows(),
              " are needed");
        std::ranges::transform(sample, x.col(j).begin(), [](auto v) { return static_cast<S>(v); });
      }
    }
  };

  std::shared_ptr<Shared> shared_;
};

}  // namespace strata
