// SPDX-License-Identifier: MIT
// Models and data of which values are known from elsewhere, all recomputed by enumeration in
// double.
#pragma once

#include "fixtures.hpp"

namespace strata::testing {

/// Five visible, six hidden units: W(j, i) = 0.01 (6 i + j), biases 0.1 i and 0.1 j.
inline RBM<double> five_by_six() {
  RBM<double> m(5, 6);
  for (Index i = 0; i < 5; ++i)
    for (Index j = 0; j < 6; ++j) m.weights(j, i) = 0.01 * static_cast<double>(6 * i + j);
  m.visible.bias.setLinSpaced(0, 0.4);
  m.hidden.bias.setLinSpaced(0, 0.5);
  return m;
}

inline RBM<double> three_by_two() {
  RBM<double> m(3, 2);
  m.weights << -0.23224054, -0.25701271, -0.20716651,  //
      -0.23000632, -0.25122418, -0.20962217;
  m.hidden.bias << -0.59922456, -0.60003836;
  m.visible.bias << -0.6, -0.625, -0.475;
  return m;
}

/// Trained on 2 × 2 bars and stripes until its weights were huge: a test of overflow.
inline RBM<double> huge_weights() {
  RBM<double> m(4, 4);
  m.weights.transpose() << 0.12179488, 2.95950177, 0.33513356, 35.05380642,  //
      0.20318085, -28.62372894, 26.52611278, 28.41793445,                    //
      -0.19105386, -28.58530584, -26.52747507, 28.78447320,                  //
      0.08953740, -59.82556859, -0.06665933, -27.71723459;
  m.visible.bias << -19.24399659, -13.26258696, 13.25909850, 43.74408543;
  m.hidden.bias << -0.11155958, 57.02097584, -0.13331758, -32.25991501;
  return m;
}

/// All pictures of n × n pixels whose rows, or whose columns, are of one colour: n² × 2·2ⁿ. All
/// black and all white are there twice.
inline Matrix<double> bars_and_stripes(Index n) {
  const Matrix<double> lines = all_states(n);
  Matrix<double> pictures(n * n, 2 * lines.cols());
  for (Index k = 0; k < lines.cols(); ++k)
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) {
        pictures(n * i + j, k) = lines(i, k);
        pictures(n * i + j, lines.cols() + k) = lines(j, k);
      }
  return pictures;
}

}  // namespace strata::testing
