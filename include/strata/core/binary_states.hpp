// SPDX-License-Identifier: MIT
// States of binary units as bits: a thirtieth of the memory of floats, and the products that
// take them (kernels/binary_product.hpp) add up columns instead of multiplying.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <span>
#include <utility>

#include "strata/core/parallel.hpp"
#include "strata/core/types.hpp"

namespace strata {

/// A batch of binary states, n × B, one sample per column. Unit i of a column is bit i % 64 of its
/// word i / 64; the bits after the last unit are 0.
class BinaryStates {
 public:
  using Word = std::uint64_t;

  BinaryStates() = default;
  /// All off.
  BinaryStates(Index rows, Index cols) {
    check(rows >= 0 && cols >= 0, "BinaryStates: rows, cols has ", rows, ", ", cols,
          ", but at least 0 is needed");
    resize(rows, cols);
    std::fill(bits_.begin(), bits_.end(), 0);
  }
  /// On where x is not 0.
  template <class X>
  explicit BinaryStates(const Eigen::DenseBase<X>& x) : BinaryStates(x.rows(), x.cols()) {
    for (Index j = 0; j < cols_; ++j)
      for (Index i = 0; i < rows_; ++i)
        if (x.derived().coeff(i, j) != typename X::Scalar(0)) turn_on(i, j);
  }

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  Index size() const { return rows_ * cols_; }
  /// Of one column.
  Index words() const { return (rows_ + 63) / 64; }

  bool operator()(Index i, Index j) const { return column(j)[word(i)] >> (i % 64) & 1; }
  void turn_on(Index i, Index j) { column(j)[word(i)] |= Word{1} << (i % 64); }

  std::span<const Word> column(Index j) const {
    return {bits_.data() + j * words(), word(rows_ + 63)};
  }
  std::span<Word> column(Index j) { return {bits_.data() + j * words(), word(rows_ + 63)}; }

  /// The words of all columns, one column after the other.
  const Word* data() const { return bits_.data(); }

  /// How many units are on.
  Index count() const {
    Index n = 0;
    for (const Word w : bits_) n += std::popcount(w);
    return n;
  }
  /// The share of units that are on.
  double density() const {
    return size() == 0 ? 0 : static_cast<double>(count()) / static_cast<double>(size());
  }

  /// The states as numbers, 0 and 1.
  template <class S>
  Matrix<S> matrix() const {
    Matrix<S> numbers;
    matrix(numbers);
    return numbers;
  }
  template <class S>
  void matrix(Matrix<S>& out) const {
    out =
        Matrix<S>::NullaryExpr(rows_, cols_, [this](Index i, Index j) { return S((*this)(i, j)); });
  }

  /// A new shape; what the units are is left open.
  void resize(Index rows, Index cols) {
    rows_ = rows;
    cols_ = cols;
    bits_.resize(static_cast<std::size_t>(cols_ * words()));
    if (rows_ % 64 > 0)  // set_rows leaves the bits after the last unit as they are
      for (Index j = 0; j < cols_; ++j) column(j).back() = 0;
  }

  /// All units, from bits that have the columns one after the other without a gap.
  void assign(std::span<const Word> bits) {
    for (Index j = 0; j < cols_; ++j) copy_bits(bits, static_cast<std::size_t>(j * rows_), j);
  }

  /// out = units first..first+n-1 of every column.
  void rows(Index first, Index n, BinaryStates& out) const {
    out.resize(n, cols_);
    for (Index j = 0; j < cols_; ++j) out.copy_bits(column(j), static_cast<std::size_t>(first), j);
  }
  /// Units first..first+n-1 of every column become the n units of `part`.
  void set_rows(Index first, const BinaryStates& part) {
    assert(part.cols() == cols_ && first + part.rows() <= rows_);
    const auto at = word(first), shift = static_cast<std::size_t>(first % 64);
    for (Index j = 0; j < cols_; ++j) {
      const std::span<const Word> from = part.column(j);
      const std::span<Word> to = column(j);
      for (std::size_t w = 0; w < from.size(); ++w) {
        const Index n = std::min<Index>(64, part.rows() - static_cast<Index>(64 * w));
        const Word mask = low_bits(n);
        to[at + w] = (to[at + w] & ~(mask << shift)) | from[w] << shift;
        if (shift > 0 && at + w + 1 < to.size())
          to[at + w + 1] = (to[at + w + 1] & ~(mask >> (64 - shift))) | from[w] >> (64 - shift);
      }
    }
  }

  /// Units that are on in `mask` become those of `other`.
  void set_where(const BinaryStates& mask, const BinaryStates& other) {
    assert(mask.bits_.size() == bits_.size() && other.bits_.size() == bits_.size());
    for (std::size_t w = 0; w < bits_.size(); ++w)
      bits_[w] = (bits_[w] & ~mask.bits_[w]) | (other.bits_[w] & mask.bits_[w]);
  }

  friend bool operator==(const BinaryStates&, const BinaryStates&) = default;

 private:
  static std::size_t word(Index i) { return static_cast<std::size_t>(i) / 64; }
  static Word low_bits(Index n) { return ~Word{0} >> (64 - n); }  // 1 to 64 of them

  // Column j becomes the bits from number `first` on.
  void copy_bits(std::span<const Word> bits, std::size_t first, Index j) {
    const std::size_t at = first / 64, shift = first % 64;
    const std::span<Word> to = column(j);
    for (std::size_t w = 0; w < to.size(); ++w) {
      to[w] = bits[at + w] >> shift;
      if (shift > 0 && at + w + 1 < bits.size()) to[w] |= bits[at + w + 1] << (64 - shift);
    }
    if (rows_ % 64 > 0) to.back() &= low_bits(rows_ % 64);
  }

  Index rows_ = 0, cols_ = 0;
  std::vector<Word> bits_;
};

/// f(i) for each unit i that is on in a column.
template <class F>
void for_each_on(std::span<const BinaryStates::Word> column, F&& f) {
  for (std::size_t w = 0; w < column.size(); ++w)
    for (BinaryStates::Word rest = column[w]; rest != 0; rest &= rest - 1)
      f(static_cast<Index>(64 * w) + std::countr_zero(rest));
}
/// f(i, j) for each unit i that is on in column j.
template <class F>
void for_each_on(const BinaryStates& s, F&& f) {
  for (Index j = 0; j < s.cols(); ++j) for_each_on(s.column(j), [&](Index i) { f(i, j); });
}

/// The bits of 64 rows and 64 columns with rows and columns exchanged: halves of the halves of the
/// block change places, six times.
inline void transpose_bits(std::array<BinaryStates::Word, 64>& x) {
  BinaryStates::Word mask = 0x00000000FFFFFFFF;
  for (std::size_t d = 32; d > 0; d /= 2, mask ^= mask << d)
    for (std::size_t first = 0; first < 64; first += 2 * d)
      for (std::size_t i = first; i < first + d; ++i) {
        const BinaryStates::Word swap = (x[i] >> d ^ x[i + d]) & mask;
        x[i] ^= swap << d;
        x[i + d] ^= swap;
      }
}

/// out = xᵀ.
inline void transpose(const BinaryStates& x, BinaryStates& out) {
  out.resize(x.cols(), x.rows());
  parallel_pieces(x.rows(), 64, [&](Index i, Index high) {
    std::array<BinaryStates::Word, 64> block;
    for (Index j = 0; j < x.cols(); j += 64) {
      const Index wide = std::min<Index>(64, x.cols() - j);
      block.fill(0);
      for (Index k = 0; k < wide; ++k)
        block[static_cast<std::size_t>(k)] = x.column(j + k)[static_cast<std::size_t>(i / 64)];
      transpose_bits(block);
      for (Index k = 0; k < high; ++k)
        out.column(i + k)[static_cast<std::size_t>(j / 64)] = block[static_cast<std::size_t>(k)];
    }
  });
}

/// A batch of states, n × B, one sample per column: numbers, or bits where all are 0 or 1. Whatever
/// takes one looks which it is. It keeps the memory of both, for reuse.
template <class S>
class States {
 public:
  using Scalar = S;

  States() = default;
  States(Matrix<S> numbers) : numbers_(std::move(numbers)) {}
  States(BinaryStates bits) : binary_(true), bits_(std::move(bits)) {}

  bool is_binary() const { return binary_; }
  Index rows() const { return binary_ ? bits_.rows() : numbers_.rows(); }
  Index cols() const { return binary_ ? bits_.cols() : numbers_.cols(); }
  Index size() const { return rows() * cols(); }

  /// f(numbers) or f(bits).
  template <class F>
  decltype(auto) visit(F&& f) const {
    return binary_ ? f(bits_) : f(numbers_);
  }
  const Matrix<S>& numbers() const {
    assert(!binary_);
    return numbers_;
  }
  const BinaryStates& bits() const {
    assert(binary_);
    return bits_;
  }
  /// To be written: from now on they are numbers, or bits.
  Matrix<S>& as_numbers() {
    binary_ = false;
    return numbers_;
  }
  BinaryStates& as_bits() {
    binary_ = true;
    return bits_;
  }
  /// A copy as numbers.
  Matrix<S> matrix() const { return binary_ ? bits_.template matrix<S>() : numbers_; }

  /// out = units first..first+n-1 of every column.
  void rows(Index first, Index n, States& out) const {
    if (binary_)
      bits_.rows(first, n, out.as_bits());
    else
      out.as_numbers() = numbers_.middleRows(first, n);
  }
  /// Units first..first+n-1 of every column become the n units of `part`; bits only take bits.
  void set_rows(Index first, const States& part) {
    if (binary_)
      bits_.set_rows(first, part.bits());
    else
      part.visit([&](const auto& states) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(states)>, BinaryStates>)
          numbers_.middleRows(first, states.rows()) = states.template matrix<S>();
        else
          numbers_.middleRows(first, states.rows()) = states;
      });
  }
  /// Units that are on in `mask` become those of `other`; bits only take bits.
  void set_where(const BinaryStates& mask, const States& other) {
    if (binary_) return bits_.set_where(mask, other.bits());
    other.visit([&](const auto& states) {
      for_each_on(mask, [&](Index i, Index j) { numbers_(i, j) = static_cast<S>(states(i, j)); });
    });
  }

 private:
  bool binary_ = false;
  Matrix<S> numbers_;
  BinaryStates bits_;
};

/// out = the units of a, and after them those of b: bits if both are.
template <class S>
void join_rows(const States<S>& a, const States<S>& b, States<S>& out) {
  assert(a.cols() == b.cols());
  const Index rows = a.rows() + b.rows(), cols = a.cols();
  if (a.is_binary() && b.is_binary())
    out.as_bits().resize(rows, cols);
  else
    out.as_numbers().resize(rows, cols);
  out.set_rows(0, a);
  out.set_rows(a.rows(), b);
}

/// out = each column of x k times.
template <class S>
void repeat_columns(const Matrix<S>& x, Index k, Matrix<S>& out) {
  out.resize(x.rows(), k * x.cols());
  for (Index j = 0; j < out.cols(); ++j) out.col(j) = x.col(j / k);
}
template <class S>
void repeat_columns(const States<S>& x, Index k, States<S>& out) {
  if (!x.is_binary()) return repeat_columns(x.numbers(), k, out.as_numbers());
  BinaryStates& bits = out.as_bits();
  bits.resize(x.rows(), k * x.cols());
  for (Index j = 0; j < bits.cols(); ++j)
    std::ranges::copy(x.bits().column(j / k), bits.column(j).begin());
}

}  // namespace strata
