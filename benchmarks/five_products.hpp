// SPDX-License-Identifier: MIT
// The floor of contrastive divergence on dense states.
#pragma once

#include "support/libraries.hpp"

namespace benchmarks {

/// W v, Wᵀ h, W v₁, h vᵀ and h₁ v₁ᵀ, and nothing else: what CD-1 multiplies. CD-k repeats the
/// second and the third k times, which makes 2k + 3 products of n_v × n_h × B.
struct FiveProducts {
  Index steps = 1;     // k
  Matrix w, g;         // n_h × n_v
  Matrix v, v1;        // n_v × B
  Matrix h, h1, x, y;  // h, x: n_h × B, y: n_v × B

  FiveProducts(Index n_v, Index n_h, Index batch, Index k = 1)
      : steps(k),
        w(Matrix::Random(n_h, n_v)),
        g(n_h, n_v),
        v(Matrix::Random(n_v, batch)),
        v1(Matrix::Random(n_v, batch)),
        h(Matrix::Random(n_h, batch)),
        h1(Matrix::Random(n_h, batch)),
        x(n_h, batch),
        y(n_v, batch) {}

  double operations() const {
    return 2.0 * static_cast<double>((2 * steps + 3) * w.size() * v.cols());
  }

  void operator()(const Library& by) {
    by.up(w, v, x);
    for (Index k = 0; k < steps; ++k) {
      by.down(w, h, y);
      by.up(w, v1, x);
    }
    by.outer(h, v, g);
    by.subtract_outer(h1, v1, g);
  }
};

}  // namespace benchmarks
