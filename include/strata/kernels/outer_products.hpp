// SPDX-License-Identifier: MIT
// The gradient of a weight matrix before it is multiplied out. Training takes it tile by tile: each
// tile becomes a step and is forgotten, and no matrix of gradients goes through memory.
#pragma once

#include <deque>

#include "strata/core/parameters.hpp"
#include "strata/kernels/binary_product.hpp"

namespace strata {

/// Σ_k s_k a_k b_kᵀ, m × n. Named matrices and states are not copied: they must stay as they are
/// until the last tile is taken.
template <class S>
class OuterProducts final : public TiledGradient<S> {
 public:
  using Scalar = S;

  OuterProducts() = default;
  OuterProducts(Index rows, Index cols) : rows_(rows), cols_(cols) {}
  OuterProducts(OuterProducts&&) = default;
  OuterProducts& operator=(OuterProducts&&) = default;

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }

  void setZero() override {
    dense_.clear();
    binary_.clear();
    owned_used_ = 0;
    multiplied_ = false;
  }
  /// Becomes a matrix, which is copied.
  OuterProducts& operator=(const Matrix<S>& m) {
    setZero();
    matrix_ = m;
    multiplied_ = true;
    return *this;
  }

  /// Adds scale · a bᵀ, where a is m × B and b n × B.
  void add(S scale, const Matrix<S>& a, const Matrix<S>& b) { dense_.push_back({scale, &a, &b}); }
  void add(S scale, const Matrix<S>& a, const BinaryStates& b) {
    if (b.density() > dense_from)
      add(scale, a, keep(b.template matrix<S>()));
    else
      binary_.push_back({scale, &a, &b});
  }
  void add(S scale, const Matrix<S>& a, const States<S>& b) {
    b.visit([&](const auto& states) { add(scale, a, states); });
  }
  template <class A, class B>
  void add(S scale, A&& a, B&& b) {
    add(scale, keep(std::forward<A>(a)), keep(std::forward<B>(b)));
  }

  void for_each_tile(const typename TiledGradient<S>::Tile& f) override {
    if (!binary_.empty()) gather();
    const Index width = tile_columns();
    parallel_pieces(cols_, width, [&](Index first, Index n) {
      thread_local Vector<S> memory;
      if (memory.size() < rows_ * width) memory.resize(rows_ * width);
      const Eigen::Map<Matrix<S>> tile(memory.data(), rows_, n);
      multiply(first, tile);
      f(first, tile);
    });
  }

  /// The whole, multiplied out and kept.
  const Matrix<S>& matrix() {
    if (multiplied_ && dense_.empty() && binary_.empty()) return matrix_;
    Matrix<S> all(rows_, cols_);
    for_each_tile([&](Index first, const Eigen::Map<Matrix<S>>& tile) {
      all.middleCols(first, tile.cols()) = tile;
    });
    setZero();
    matrix_.swap(all);
    multiplied_ = true;
    return matrix_;
  }

 private:
  template <class B>
  struct Term {
    S scale;
    const Matrix<S>* a;
    const B* b;
  };

  template <class X>
  const auto& keep(X&& x) {
    using T = std::remove_cvref_t<X>;
    constexpr bool states = std::same_as<T, BinaryStates> || std::same_as<T, States<S>>;
    if constexpr (std::is_lvalue_reference_v<X> && (states || std::same_as<T, Matrix<S>>)) {
      return x;
    } else {
      if (owned_used_ == owned_.size()) owned_.emplace_back();
      return owned_[owned_used_++] = std::forward<X>(x);
    }
  }

  // An even number of tiles, which two threads share fairly: wide enough for Eigen's products, or
  // to use each a_k often while it is in the cache, and no wider, to be there themselves.
  Index tile_columns() const {
    const Index wide = dense_.empty() ? std::clamp<Index>(columns_ / 2, 8, 128) : 128;
    const Index tiles = 2 * ((cols_ + 2 * wide - 1) / (2 * wide));
    return std::max<Index>(1, (cols_ + tiles - 1) / std::max<Index>(1, tiles));
  }

  // f(i, n): n elements of scale · a from the i-th on.
  static auto elements(const Matrix<S>& a, S scale) {
    return [scale, data = a.data()](Index i, Index n) {
      return scale * Eigen::Map<const Vector<S>>(data + i, n);
    };
  }

  // One matrix of all a_k side by side, and for each unit the list of its columns in which the unit
  // is on. For two terms the columns are s₁a₁ + s₂a₂, s₁a₁ and s₂a₂: a unit that is on in both, as
  // most are in data and reconstruction, costs one addition.
  void gather() {
    const auto &u = binary_.front(), &v = binary_.back();
    const Index batch = u.b->cols();
    const bool pair = binary_.size() == 2 && v.b->cols() == batch;
    columns_ = pair ? batch : 0;
    for (const auto& t : binary_) columns_ += t.b->cols();
    const detail::Bands<S> bands(rows_);
    side_by_side_.resize(bands.registers * bands.lanes * columns_);
    on_.resize(cols_, columns_);
    Index first = 0;
    // value(i, n): n elements of the next columns from the i-th on; word(i): word i of them.
    const auto put = [&](Index columns, const auto& value, const auto& word) {
      const detail::Cut pieces{columns, 8};
      parallel_for(pieces.count, [&](Index piece) {
        const Index begin = pieces.begin(piece), n = pieces.size(piece);
        for (Index band = 0; band < bands.count; ++band) {
          const detail::Band<S> r = bands[band];
          S* to = side_by_side_.data() + r.begin * columns_ + (first + begin) * r.height();
          for (Index j = begin; j < begin + n; ++j, to += r.height()) {
            Eigen::Map<Vector<S>>(to, r.count) = value(j * rows_ + r.begin, r.count);
            std::fill(to + r.count, to + r.height(), S(0));
          }
        }
        const Index words = on_.words();
        BinaryStates::Word* to = on_.column(first + begin).data();
        for (Index i = begin * words; i < (begin + n) * words; ++i)
          *to++ = word(static_cast<std::size_t>(i));
      });
      first += columns;
    };
    if (pair) {
      const auto a = elements(*u.a, u.scale), b = elements(*v.a, v.scale);
      const BinaryStates::Word *p = u.b->data(), *q = v.b->data();
      put(
          batch, [&](Index i, Index n) { return a(i, n) + b(i, n); },
          [=](std::size_t i) { return p[i] & q[i]; });
      put(batch, a, [=](std::size_t i) { return p[i] & ~q[i]; });
      put(batch, b, [=](std::size_t i) { return q[i] & ~p[i]; });
    } else {
      for (const auto& t : binary_)
        put(t.b->cols(), elements(*t.a, t.scale),
            [w = t.b->data()](std::size_t i) { return w[i]; });
    }
    transpose(on_, on_transposed_);
    lists_.make({on_transposed_.words(), 1}, on_transposed_);
  }

  // Columns from `first` on.
  void multiply(Index first, Eigen::Map<Matrix<S>> tile) const {
    const Index n = tile.cols();
    const bool add = multiplied_ || !dense_.empty();
    if (multiplied_)
      std::copy_n(matrix_.data() + first * rows_, n * rows_, tile.data());
    else if (add || binary_.empty())
      std::fill_n(tile.data(), n * rows_, S(0));
    for (const auto& t : dense_)
      detail::add_tile_product(t.scale, detail::factor<S>(*t.a),
                               detail::factor<S>(t.b->transpose()).middle_cols(first, n),
                               tile.data(), rows_, n, rows_);
    if (binary_.empty()) return;
    const detail::Bands<S> bands(rows_);
    for (Index band = 0; band < bands.count; ++band) {
      const detail::Band<S> r = bands[band];
      S* const to = tile.data() + r.begin;
      detail::sum_each(
          r, n, side_by_side_.data() + r.begin * columns_, r.height(),
          [&](Index j) { return std::pair(lists_[first + j], detail::ColumnList{}); },
          [=, this](Index j) { return add ? to + j * rows_ : nullptr; },
          [=, this](Index j) { return to + j * rows_; });
    }
  }

  Index rows_ = 0, cols_ = 0;
  std::vector<Term<Matrix<S>>> dense_;
  std::vector<Term<BinaryStates>> binary_;
  Matrix<S> matrix_;         // what was multiplied out before
  bool multiplied_ = false;  // there is such
  std::deque<Matrix<S>> owned_;
  std::size_t owned_used_ = 0;

  // Made of the binary terms by gather(), for the tiles.
  Index columns_ = 0;       // of all a_k side by side,
  Vector<S> side_by_side_;  // which are kept in bands of rows
  BinaryStates on_, on_transposed_;
  detail::Lists lists_;  // of them, for each column of the result
};

/// sum += scale · a bᵀ, for a matrix at once.
template <class S, class A, class B>
void add_outer(S scale, const A& a, const B& b, Matrix<S>& sum) {
  OuterProducts<S> one(sum.rows(), sum.cols());
  one.add(scale, a, b);
  one.for_each_tile([&](Index first, const Eigen::Map<Matrix<S>>& tile) {
    sum.middleCols(first, tile.cols()) += tile;
  });
}
/// For OuterProducts, later.
template <class S, class A, class B>
void add_outer(S scale, A&& a, B&& b, OuterProducts<S>& sum) {
  sum.add(scale, std::forward<A>(a), std::forward<B>(b));
}

/// A gradient as a matrix.
template <class S>
const Matrix<S>& multiplied(const Matrix<S>& g) {
  return g;
}
template <class S>
const Matrix<S>& multiplied(OuterProducts<S>& g) {
  return g.matrix();
}

}  // namespace strata
