// SPDX-License-Identifier: MIT
// Word counts: "Replicated softmax: an undirected topic model" (Salakhutdinov and Hinton 2009).
#pragma once

#include <algorithm>
#include <vector>

#include "strata/core/special.hpp"
#include "strata/kernels/elementwise.hpp"
#include "strata/units/differentiable.hpp"
#include "strata/units/log_factorial.hpp"

namespace strata {

/// A document of D words out of K in each column, s ∈ ℕᴷ with Σ sₖ = D, with energy
///   E(s) = −bᵀs − log(D! / Πₖ sₖ!):
/// D softmax units that share bias and weights, of which D!/Πₖ sₖ! arrangements have the counts s. D is
/// given, not modelled: `lengths`, one for all columns or one for each, are those of states that are
/// drawn, and like(s) are the units with the lengths of the columns of s. Files do not keep lengths.
///
/// The paper scales the hidden biases a by D. As D = Σₖ sₖ, D aᵀh = Σₖⱼ hⱼ aⱼ sₖ: its model is this
/// one with aⱼ added to all of row j of the weights. Here the hidden biases are not scaled, and what
/// grows with the length is learned by the weights.
template <std::floating_point S>
struct ReplicatedSoftmax {
  using Scalar = S;
  static constexpr std::string_view name = "replicated softmax";
  static constexpr Interval support{0, HUGE_VAL};
  Vector<S> bias;                           // b, K
  Row<S> lengths = Row<S>::Constant(1, 1);  // D, one or one for each column

  ReplicatedSoftmax() = default;
  /// Throws unless D ≥ 0.
  explicit ReplicatedSoftmax(Index words, Index length = 1)
      : bias(Vector<S>::Zero(checked_size("ReplicatedSoftmax", "words", words))),
        lengths(Row<S>::Constant(1, static_cast<S>(length))) {
    check(length >= 0, "ReplicatedSoftmax: length has ", length, ", but at least 0 is needed");
  }

  Index size() const { return bias.size(); }

  /// The same units under the numbers of words that the columns of s have.
  ReplicatedSoftmax like(const Batch<S>& s) const {
    ReplicatedSoftmax units;
    units.bias = bias;
    units.lengths = s.colwise().sum();
    return units;
  }

  Row<S> energy(const Batch<S>& s) const {
    Row<S> e = -dot_columns<S>(bias, s);
    for (Index j = 0; j < s.cols(); ++j) {
      double words = 0, orders = 0;  // log Π sₖ!
      for (const S count : s.col(j)) {
        words += static_cast<double>(count);
        if (count != S(0) && count != S(1)) orders += log_factorial(static_cast<double>(count));
      }
      e(j) -= static_cast<S>(log_factorial(words) - orders);
    }
    return e;
  }
  // Γ(x) = D log Σₖ e^{bₖ + xₖ}
  Row<S> log_partition(const Batch<S>& x) const {
    Matrix<S> p;
    add_bias<S>(x, bias, p);
    return lengths_of(x).cwiseProduct(softmax_in_place(p, size()));
  }
  // E[s | x] = D softmax(b + x)
  void mean(const Batch<S>& x, Matrix<S>& out) const {
    add_bias<S>(x, bias, out);
    softmax_in_place(out, size());
    out.array().rowwise() *= lengths_of(x).array();
  }
  // D words, each the first of which the cumulative probability exceeds a uniform number.
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& out) const {
    const Row<S> d = lengths_of(x);
    std::vector<Index> first(static_cast<std::size_t>(x.cols() + 1), 0);  // uniform number of each
    for (Index j = 0; j < x.cols(); ++j) {
      check(d(j) >= 0 && d(j) <= S(1e9), "ReplicatedSoftmax: column ", j, " has ", d(j),
            " words, but 0 to 1e9 can be drawn");
      first[at(j + 1)] = first[at(j)] + std::lround(d(j));
    }
    const Matrix<double> u = rng.uniform<double>(first.back(), 1);
    add_bias<S>(x, bias, out);
    softmax_in_place(out, size());
    parallel_pieces(x.cols(), 16, [&](Index begin, Index n) {
      Vector<double> cumulative(size());
      for (Index j = begin; j < begin + n; ++j) {
        double sum = 0;
        for (Index k = 0; k < size(); ++k) cumulative(k) = sum += static_cast<double>(out(k, j));
        out.col(j).setZero();
        if (size() == 0) continue;
        for (Index word = first[at(j)]; word < first[at(j + 1)]; ++word) {
          const auto end = cumulative.end() - 1;  // the last word takes what rounding leaves
          out(std::upper_bound(cumulative.begin(), end, u(word) * sum) - cumulative.begin(), j) +=
              1;
        }
      }
    });
  }
  // Of y = D p: D (diag p − p pᵀ) g = y ∘ (g − yᵀg / D)
  void mean_gradient(const Batch<S>&, const Matrix<S>& y, Matrix<S>& g) const {
    const Row<S> along = y.cwiseProduct(g).colwise().sum().array() /
                         y.colwise().sum().array().max(std::numeric_limits<S>::min());
    g = y.cwiseProduct(g.rowwise() - along);
  }

  // The logarithms of the words' frequencies, kept off 0 as if half a word more had been each.
  void fit(const Batch<S>& data) {
    const auto documents = static_cast<S>(data.cols());
    const Vector<S> frequency = mean_column<S>(data).cwiseMax(S(0.5) / (documents + S(1)));
    bias = (frequency / frequency.sum()).array().log();
  }

  Rows block(Index) const { return {0, size()}; }  // what one word leaves another takes
  // C(D + K − 1, D), for units of one length.
  double count() const {
    const Index words = one_length();
    return size() == 0 ? (words == 0 ? 1 : 0) : ways(words, size());
  }
  // In the order of their numbers of the first word, then of the second, …
  Matrix<S> states(Index first, Index n) const {
    Matrix<S> s(size(), n);
    for (Index j = 0; j < n; ++j) {
      auto rank = static_cast<double>(first + j);
      Index rest = one_length();
      for (Index k = 0; k + 1 < size(); ++k) {
        Index words = 0;
        for (double below; rank >= (below = ways(rest - words, size() - k - 1)); ++words)
          rank -= below;
        s(k, j) = static_cast<S>(words);
        rest -= words;
      }
      if (size() > 0) s(size() - 1, j) = static_cast<S>(rest);
    }
    return s;
  }

 private:
  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  Row<S> lengths_of(const Batch<S>& x) const {
    check(lengths.size() == 1 || lengths.size() == x.cols(), "ReplicatedSoftmax: x has ", x.cols(),
          " columns, but the units have ", lengths.size(), " lengths");
    return lengths.size() == 1 ? Row<S>::Constant(x.cols(), lengths(0)) : lengths;
  }
  Index one_length() const {
    check(lengths.size() == 1, "ReplicatedSoftmax: lengths has ", lengths.size(),
          " values, but states are counted for 1");
    return std::lround(lengths(0));
  }
  // In how many ways `words` words fall on `kinds` kinds: C(words + kinds − 1, words).
  static double ways(Index words, Index kinds) {
    double n = 1;
    for (Index i = 1; i < kinds; ++i)
      n = n * static_cast<double>(words + i) / static_cast<double>(i);  // whole at each step
    return n;
  }
};
static_assert(EnumerableUnits<ReplicatedSoftmax<float>> &&
              DifferentiableUnits<ReplicatedSoftmax<float>> &&
              ConservingUnits<ReplicatedSoftmax<float>> && LinearUnits<ReplicatedSoftmax<float>>);

}  // namespace strata
