// SPDX-License-Identifier: MIT
// The gradient of a weight matrix before it is multiplied out. Training takes it tile by tile: each
// tile becomes a step and is forgotten, and no matrix of gradients goes through memory.
#pragma once

#include <deque>
#include <optional>

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

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }

  void set_zero() override {
    terms_.clear();
    owned_used_ = 0;
    multiplied_ = false;
  }
  /// Becomes a matrix, which is copied.
  OuterProducts& operator=(const Matrix<S>& m) {
    set_zero();
    matrix_ = m;
    multiplied_ = true;
    return *this;
  }

  /// Adds scale · a bᵀ, where a is m × B and b n × B.
  void add(S scale, const Matrix<S>& a, const Matrix<S>& b) {
    terms_.push_back({scale, &a, &b, nullptr});
  }
  void add(S scale, const Matrix<S>& a, const BinaryStates& b) {
    if (b.density() > dense_from)
      terms_.push_back({scale, &a, &keep(b.template matrix<S>()), nullptr});
    else
      terms_.push_back({scale, &a, nullptr, &b});
  }
  void add(S scale, const Matrix<S>& a, const States<S>& b) {
    b.visit([&](const auto& states) { add(scale, a, states); });
  }
  template <class A, class B>
  void add(S scale, A&& a, B&& b) {
    add(scale, keep(std::forward<A>(a)), keep(std::forward<B>(b)));
  }

  void for_each_tile(const typename TiledGradient<S>::Tile& f) override {
    prepare();
    const Index width = tile_columns(), tiles = (cols_ + width - 1) / width;
    const Index tasks = std::min<Index>(tiles, 32);
    scratch_.resize(static_cast<std::size_t>(tasks));
    parallel_for(tasks, [&](Index task) {
      Matrix<S>& tile = scratch_[static_cast<std::size_t>(task)];
      tile.resize(rows_, width);
      for (Index t = tiles * task / tasks; t < tiles * (task + 1) / tasks; ++t) {
        const Index first = t * width, n = std::min(width, cols_ - first);
        multiply(first, n, tile);
        f(first, Eigen::Map<Matrix<S>>(tile.data(), rows_, n));
      }
    });
  }

  /// The whole, multiplied out and kept.
  const Matrix<S>& matrix() {
    if (multiplied_ && terms_.empty()) return matrix_;
    Matrix<S> all(rows_, cols_);
    for_each_tile([&](Index first, const Eigen::Map<Matrix<S>>& tile) {
      all.middleCols(first, tile.cols()) = tile;
    });
    set_zero();
    matrix_.swap(all);
    multiplied_ = true;
    return matrix_;
  }

 private:
  struct Term {
    S scale;
    const Matrix<S>* a;
    const Matrix<S>* numbers;  // b, or
    const BinaryStates* bits;  // b
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

  // An even number of tiles, which two threads share fairly, of some 128 columns: wide enough for
  // Eigen's products, and to use each a_k often while it is in the cache.
  Index tile_columns() const {
    const Index tiles = 2 * ((cols_ + 255) / 256);
    return std::max<Index>(1, (cols_ + tiles - 1) / std::max<Index>(1, tiles));
  }

  void prepare() {
    has_numbers_ = false;
    std::vector<Term> binary;
    for (const Term& t : terms_)
      if (t.bits)
        binary.push_back(t);
      else
        has_numbers_ = true;
    lists_.reset();
    if (!binary.empty()) gather(binary);
  }

  // One matrix of all a_k side by side, and for each unit the list of its columns in which the unit
  // is on. For two terms the columns are s₁a₁ + s₂a₂, s₁a₁ and s₂a₂: a unit that is on in both, as
  // most are in data and reconstruction, costs one addition.
  void gather(const std::vector<Term>& terms) {
    const Index batch = terms[0].bits->cols();
    const bool pair = terms.size() == 2 && terms[1].bits->cols() == batch;
    transposed_.resize(terms.size());
    columns_ = pair ? batch : 0;
    for (std::size_t k = 0; k < terms.size(); ++k) {
      transpose(*terms[k].bits, transposed_[k]);
      columns_ += terms[k].bits->cols();
    }
    constexpr Index lanes = Registers<S>::lanes;
    side_by_side_.resize((rows_ + lanes - 1) / lanes * lanes * columns_);
    const detail::Bands<S> bands(rows_);
    parallel_for(bands.count, [&](Index band) {
      const detail::Rows<S> r = bands[band];
      S* to = side_by_side_.data() + r.begin * columns_;
      const auto put = [&](const auto& value) {
        for (Index i = 0; i < r.count; ++i) to[i] = value(i);
        std::fill(to + r.count, to + r.height(), S(0));
        to += r.height();
      };
      const auto column = [&](const Term& t, Index j) { return t.a->data() + j * rows_ + r.begin; };
      if (pair)
        for (Index j = 0; j < batch; ++j)
          put([a = column(terms[0], j), b = column(terms[1], j), s = terms[0].scale,
               u = terms[1].scale](Index i) { return s * a[i] + u * b[i]; });
      for (const Term& t : terms)
        for (Index j = 0; j < t.a->cols(); ++j)
          put([a = column(t, j), s = t.scale](Index i) { return s * a[i]; });
    });

    // The words of all groups of columns, one after the other.
    struct Words {
      const BinaryStates::Word *u, *v;
      Index stride, origin;
      int group;
    };
    std::vector<Words> words;
    Index first = 0;
    for (std::size_t group = 0; group < (pair ? 3 : terms.size()); ++group) {
      const BinaryStates& b = transposed_[pair ? 0 : group];
      for (Index w = 0; w < b.words(); ++w)
        words.push_back({b.data() + w, transposed_[pair ? 1 : group].data() + w, b.words(),
                         first + 64 * w, pair ? static_cast<int>(group) : 0});
      first += b.rows();
    }
    lists_.emplace(
        1, cols_, static_cast<Index>(words.size()),
        [&](Index, Index i, Index k) {
          const Words& w = words[static_cast<std::size_t>(k)];
          const auto u = w.u[i * w.stride], v = w.v[i * w.stride];
          return w.group == 0 ? u & v : w.group == 1 ? u & ~v : v & ~u;
        },
        [&](Index k) { return words[static_cast<std::size_t>(k)].origin; });
  }

  // Columns first..first+n-1 into the first columns of a tile.
  void multiply(Index first, Index n, Matrix<S>& tile) const {
    if (multiplied_)
      std::copy_n(matrix_.data() + first * rows_, n * rows_, tile.data());
    else if (has_numbers_ || !lists_)
      std::fill_n(tile.data(), n * rows_, S(0));
    for (const Term& t : terms_)
      if (t.numbers)
        detail::add_tile_product(t.scale, detail::factor<S>(*t.a),
                                 detail::factor<S>(t.numbers->transpose()).middle_cols(first, n),
                                 tile.data(), rows_, n, rows_);
    if (!lists_) return;
    const bool add = multiplied_ || has_numbers_;
    const detail::Bands<S> bands(rows_);
    for (Index band = 0; band < bands.count; ++band) {
      const detail::Rows<S> r = bands[band];
      const S* side = side_by_side_.data() + r.begin * columns_;
      const auto to = [&](Index j) { return tile.data() + j * rows_ + r.begin; };
      detail::sum_each(
          r, n, side, r.height(),
          [&](Index j) { return std::pair((*lists_)[first + j], detail::ColumnList{}); },
          [&](Index j) { return add ? to(j) : nullptr; }, to);
    }
  }

  Index rows_ = 0, cols_ = 0;
  std::vector<Term> terms_;
  Matrix<S> matrix_;         // what was multiplied out before
  bool multiplied_ = false;  // there is such
  std::deque<Matrix<S>> owned_;
  std::size_t owned_used_ = 0;

  // Made of the terms by prepare(), for the tiles.
  bool has_numbers_ = false;
  Index columns_ = 0;                   // of all a_k side by side,
  Vector<S> side_by_side_;              // which are kept in tiles of rows
  std::optional<detail::Lists> lists_;  // of them, for each column of the result
  std::vector<BinaryStates> transposed_;
  std::vector<Matrix<S>> scratch_;
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
