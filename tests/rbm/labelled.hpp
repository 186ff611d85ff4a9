// SPDX-License-Identifier: MIT
// Small RBMs with labels, and the sums over their hidden units.
#pragma once

#include "rbm/enumeration.hpp"
#include "strata/rbm/labels.hpp"

namespace strata::testing {

// Pixels; real features of which σ is not 1; real hidden units likewise.
using OfPixels = LabelledRBM<double>;
using OfReals = RBM<Joint<G, S>, B>;
using ByReals = RBM<Joint<B, S>, G>;

/// Three classes, 4 Bernoulli or 2 Gaussian features, 3 Bernoulli or 2 Gaussian hidden units.
template <class M>
M random_labelled(Random& rng, double deviation = 0.7) {
  const M kinds;
  using Features = std::remove_cvref_t<decltype(kinds.visible.first)>;
  using Hidden = std::remove_cvref_t<decltype(kinds.hidden)>;
  return random_rbm(Joint<Features, S>(Features(std::is_same_v<Features, G> ? 2 : 4), S(3)),
                    Hidden(std::is_same_v<Hidden, G> ? 2 : 3), rng, deviation);
}

template <class M>
Matrix<double> random_features(const M& m, Index n, Random& rng) {
  const auto& units = m.visible.first;
  return sample(units, Matrix<double>::Zero(units.size(), n), rng);
}

/// log Σ_h e^{−E((x, label), h)}, by the energy alone, one row per label.
template <class M>
Matrix<double> log_sums_over_hidden(const M& m, const Matrix<double>& x) {
  const EveryState h = every_state(m.hidden);
  Matrix<double> sums(label_count(m), x.cols());
  for (Index label = 0; label < sums.rows(); ++label) {
    Matrix<double> v = Matrix<double>::Zero(m.visible.size(), x.cols());
    v.topRows(x.rows()) = x;
    v.row(x.rows() + label).setOnes();
    const Matrix<double> table = log_joint(m, v, h);
    for (Index j = 0; j < x.cols(); ++j) sums(label, j) = log_sum_exp(table.row(j));
  }
  return sums;
}

}  // namespace strata::testing

TYPE_TO_STRING_AS("pixels and label", strata::testing::OfPixels);
TYPE_TO_STRING_AS("real features and label", strata::testing::OfReals);
TYPE_TO_STRING_AS("pixels and label under real hidden units", strata::testing::ByReals);
