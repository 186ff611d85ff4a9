// SPDX-License-Identifier: MIT
// How likely each part of a state is given all others, which needs no Z: "Statistical analysis of
// non-lattice data" (Besag 1975).
#pragma once

#include <numeric>
#include <span>

#include "strata/evaluate/likelihood.hpp"

namespace strata {

/// RBMs of which the visible units are in blocks with finitely many states: Bernoulli and spin units and
/// counts (each a block), groups of softmax units, and such kinds side by side.
template <class M>
concept HasPseudoLikelihood = AnyRBM<M> && HasAlternatives<decltype(M::visible)>;

namespace detail {

/// A block of visible units, and what its states are worth.
template <class S>
struct Alternatives {
  Rows rows;
  Matrix<S> states;       // one per column
  Matrix<S> input;        // W t(state), what the hidden units receive from them, n_h × states
  Vector<double> energy;  // up to a constant

  /// The number of v's own state; throws if it is none of them.
  template <class Column>
  std::int32_t state_of(const Column& v, Index column) const {
    for (Index k = 0; k < states.cols(); ++k)
      if (v.segment(rows.first, rows.count) == states.col(k)) return static_cast<std::int32_t>(k);
    throw std::invalid_argument(text("pseudo_log_likelihood: v has ", v(rows.first), " at row ",
                                     rows.first, ", column ", column,
                                     ", but a state of the units is needed"));
  }
};

template <HasPseudoLikelihood M>
std::vector<Alternatives<ScalarOf<M>>> all_alternatives(const M& m) {
  using S = ScalarOf<M>;
  std::vector<Alternatives<S>> blocks;
  Vector<S> common(m.visible.size());  // energies are compared with those of a state all have
  for (Index i = 0; i < common.size();) {
    const Rows rows = block(m.visible, i);
    const Matrix<S> states = m.visible.alternatives(i);
    common.segment(rows.first, rows.count) = states.col(0);
    blocks.push_back({rows, states, {}, {}});
    i += rows.count;
  }
  const Vector<S> scale = statistic_scale(m.visible);
  strata::parallel_for(std::ssize(blocks), [&](Index i) {
    auto& b = blocks[static_cast<std::size_t>(i)];
    b.input = m.weights.middleCols(b.rows.first, b.rows.count) *
              scale.segment(b.rows.first, b.rows.count).asDiagonal() * b.states;
    Matrix<S> v = common.replicate(1, b.states.cols());
    v.middleRows(b.rows.first, b.rows.count) = b.states;
    b.energy = energy(m.visible, v).transpose().template cast<double>();
  });
  return blocks;
}

/// Σ log p(block | all others) over the blocks chosen(j) of each column j of v, where blocks are drawn
/// from; `log_p` is set. Another state of a block changes the hidden input by a column: n_h a state.
template <HasPseudoLikelihood M, class Chosen>
void sum_log_conditionals(const M& m, const std::vector<Alternatives<ScalarOf<M>>>& blocks,
                          const Matrix<ScalarOf<M>>& v, Index first_column, Chosen&& chosen,
                          Eigen::Ref<Row<double>> log_p) {
  using S = ScalarOf<M>;
  const auto at = [&](Index b) -> const Alternatives<S>& {
    return blocks[static_cast<std::size_t>(b)];
  };
  const Index n_blocks = std::ssize(blocks);
  Eigen::Matrix<std::int32_t, Eigen::Dynamic, Eigen::Dynamic> own(n_blocks, v.cols());
  for (Index j = 0; j < v.cols(); ++j)
    for (Index b = 0; b < n_blocks; ++b) own(b, j) = at(b).state_of(v.col(j), first_column + j);

  const Matrix<S> x = hidden_input(m, v);
  const Row<double> gamma = m.hidden.log_partition(x).template cast<double>();
  strata::parallel_for(v.cols(), [&](Index j) {
    constexpr Index together = 32;  // blocks: their hidden units stay in the second cache
    thread_local Matrix<S> y;
    const std::span<const Index> some = chosen(j);
    double sum = 0;
    for (Index begin = 0; begin < std::ssize(some); begin += together) {
      const auto part = some.subspan(
          static_cast<std::size_t>(begin),
          static_cast<std::size_t>(std::min<Index>(together, std::ssize(some) - begin)));
      Index others = 0, c = 0;
      for (const Index b : part) others += at(b).states.cols() - 1;
      y.resize(x.rows(), others);
      for (const Index b : part)
        for (Index k = 0; k < at(b).states.cols(); ++k)
          if (k != own(b, j))
            y.col(c++) = x.col(j) + (at(b).input.col(k) - at(b).input.col(own(b, j)));
      const Row<S> other_gamma = m.hidden.log_partition(y);
      c = 0;
      for (const Index b : part) {
        // log p(own) = −log Σ_k e^{F(own) − F(k)}
        Vector<double> f = at(b).energy(own(b, j)) - at(b).energy.array();
        for (Index k = 0; k < f.size(); ++k)
          if (k != own(b, j)) f(k) += static_cast<double>(other_gamma(c++)) - gamma(j);
        sum -= log_sum_exp(f);
      }
    }
    log_p(j) = sum;
  });
}

}  // namespace detail

/// Σ log p(block | all other visible units) over the blocks of each sample, in nats. v are states: a
/// matrix or BinaryStates (or GreyLevels that are black and white); LabelledData for an RBM that sees
/// labels. Throws if v has what is no state of the units. For each other state of each block a column of
/// hidden units is summed out, n_h.
template <HasPseudoLikelihood M>
Row<double> pseudo_log_likelihood(const M& m, const Samples<ScalarOf<M>>& v) {
  const auto blocks = detail::all_alternatives(m);
  std::vector<Index> all(blocks.size());
  std::iota(all.begin(), all.end(), Index{0});
  Row<double> log_p(v.cols());
  detail::for_each_visible("pseudo_log_likelihood", "v", m, v, [&](const auto& some, Index first) {
    detail::sum_log_conditionals(
        m, blocks, some, first, [&](Index) { return std::span<const Index>(all); },
        log_p.segment(first, some.cols()));
  });
  return log_p;
}

/// The same estimated from so many different blocks of each sample, drawn at random: right on average.
template <HasPseudoLikelihood M>
Row<double> pseudo_log_likelihood(const M& m, const Samples<ScalarOf<M>>& v, Index blocks,
                                  Random& rng) {
  const auto all = detail::all_alternatives(m);
  const Index n = std::ssize(all);
  check(blocks >= 1 && blocks <= n, "pseudo_log_likelihood: blocks has ", blocks,
        ", but the model has 1 to ", n);
  Row<double> log_p(v.cols());
  detail::for_each_visible("pseudo_log_likelihood", "v", m, v, [&](const auto& some, Index first) {
    // The beginning of a random order (Fisher and Yates).
    const Matrix<double> u = rng.uniform<double>(blocks, some.cols());
    const auto draw = [&](Index j) {
      thread_local std::vector<Index> order;
      order.resize(all.size());
      std::iota(order.begin(), order.end(), Index{0});
      for (Index i = 0; i < blocks; ++i)
        std::swap(order[static_cast<std::size_t>(i)],
                  order[static_cast<std::size_t>(
                      i + static_cast<Index>(u(i, j) * static_cast<double>(n - i)))]);
      return std::span<const Index>(order).first(static_cast<std::size_t>(blocks));
    };
    detail::sum_log_conditionals(m, all, some, first, draw, log_p.segment(first, some.cols()));
  });
  return log_p * (static_cast<double>(n) / static_cast<double>(blocks));
}

}  // namespace strata
