// SPDX-License-Identifier: MIT
// How likely states are under an input, and what the input does to that.
#pragma once

#include "strata/units/concept.hpp"

namespace strata {

/// log p(s | x) = xᵀ t(s) − E(s) − Γ(x) for each column of x, in nats. s may have fewer columns, each
/// for as many successive ones of x. Throws if they do not divide those of x.
template <UnitLayer U>
Row<double> log_probability(const U& units, const Matrix<ScalarOf<U>>& x,
                            const States<ScalarOf<U>>& s) {
  using S = ScalarOf<U>;
  const Index k = x.cols() / std::max<Index>(1, s.cols());
  check(k * s.cols() == x.cols(), "log_probability: s has ", s.cols(), " columns, but x has ",
        x.cols(), ", which they have to divide");
  const Row<S> e = energy(units, s), gamma = units.log_partition(x);
  const auto& t = statistic(units, s);
  Row<double> log_p(x.cols());
  parallel_pieces(x.cols(), 64, [&](Index first, Index n) {
    for (Index c = first; c < first + n; ++c) {
      double bond = 0;
      if constexpr (HasStatistic<U>)
        bond = x.col(c).cwiseProduct(t.col(c / k)).template cast<double>().sum();
      else if (s.is_binary())
        for_each_on(s.bits().column(c / k), [&](Index i) { bond += static_cast<double>(x(i, c)); });
      else
        bond = x.col(c).cwiseProduct(s.numbers().col(c / k)).template cast<double>().sum();
      log_p(c) = bond - static_cast<double>(e(c / k)) - static_cast<double>(gamma(c));
    }
  });
  return log_p;
}

/// delta_j = Σ_c w_c (t(s_c) − t(mean_c)) over the successive columns c that share column j of
/// `columns`: by their common input, the gradient of Σ_c w_c log p(s_c | x_j). s may have fewer columns
/// than mean as well, each for as many successive ones.
template <UnitLayer U>
void difference_of_statistics(const U& units, const States<ScalarOf<U>>& s,
                              const Matrix<ScalarOf<U>>& mean, const Row<ScalarOf<U>>& w,
                              Matrix<ScalarOf<U>>& delta, Index columns) {
  using S = ScalarOf<U>;
  delta.resize(mean.rows(), columns);
  if (columns == 0) return;
  const Index k = mean.cols() / s.cols(), terms = mean.cols() / columns;
  assert(k * s.cols() == mean.cols() && terms * columns == mean.cols());
  const Vector<S> scale = HasStatistic<U> ? statistic_scale(units) : Vector<S>();
  parallel_pieces(columns, 16, [&](Index first, Index n) {
    for (Index j = first; j < first + n; ++j) {
      auto sum = delta.col(j);
      sum.setZero();
      for (Index c = j * terms; c < (j + 1) * terms; ++c) {
        sum -= w(c) * mean.col(c);
        if (s.is_binary())
          for_each_on(s.bits().column(c / k), [&](Index i) { sum(i) += w(c); });
        else
          sum += w(c) * s.numbers().col(c / k);
      }
      if constexpr (HasStatistic<U>) sum.array() *= scale.array();
    }
  });
}

/// delta = (t(s) − t(mean)) diag(w), column by column.
template <UnitLayer U>
void difference_of_statistics(const U& units, const States<ScalarOf<U>>& s,
                              const Matrix<ScalarOf<U>>& mean, const Row<ScalarOf<U>>& w,
                              Matrix<ScalarOf<U>>& delta) {
  difference_of_statistics(units, s, mean, w, delta, mean.cols());
}

}  // namespace strata
