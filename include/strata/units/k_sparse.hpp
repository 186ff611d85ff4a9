// SPDX-License-Identifier: MIT
// "k-sparse autoencoders" (Makhzani and Frey 2014).
#pragma once

#include <algorithm>

#include "strata/core/parallel.hpp"
#include "strata/kernels/elementwise.hpp"
#include "strata/units/differentiable.hpp"

namespace strata {

/// Linear units y = b + x of which only the k largest of each column stay; the others are 0.
template <std::floating_point S>
struct KSparse {
  using Scalar = S;
  Vector<S> bias;  // b, n
  Index k = 0;

  KSparse() = default;
  /// Throws unless 1 ≤ k ≤ n.
  KSparse(Index n, Index most) : bias(Vector<S>::Zero(checked_size("KSparse", "n", n))), k(most) {
    check(k >= 1 && k <= n, "KSparse: k has ", k, ", but a number from 1 to ", n, " is needed");
  }

  Index size() const { return bias.size(); }
  std::string name() const { return text("linear, ", k, " largest"); }

  void mean(const Batch<S>& x, Matrix<S>& out) const {
    add_bias<S>(x, bias, out);
    if (size() == 0) return;
    parallel_pieces(out.cols(), 16, [&](Index first, Index n) {
      Vector<S> sorted(size());
      for (Index j = first; j < first + n; ++j) {
        std::copy_n(out.col(j).data(), size(), sorted.data());
        S* const kth = sorted.data() + (k - 1);
        std::nth_element(sorted.data(), kth, sorted.data() + size(), std::greater<S>());
        out.col(j) = (out.col(j).array() < *kth).select(S(0), out.col(j));
      }
    });
  }
  void mean_gradient(const Batch<S>&, const Matrix<S>& y, Matrix<S>& g) const {
    g = (y.array() == S(0)).select(S(0), g);
  }
  void derivatives(const Matrix<S>& y, Matrix<S>& first, Matrix<S>& second) const {
    first = (y.array() != S(0)).template cast<S>();
    second.setZero(y.rows(), y.cols());
  }
};
static_assert(ElementwiseUnits<KSparse<float>> && !UnitLayer<KSparse<float>>);

}  // namespace strata
