// SPDX-License-Identifier: MIT
// Deep belief nets: "A fast learning algorithm for deep belief nets" (Hinton, Osindero and Teh
// 2006). The top RBM remembers; the layers below are directed.
#pragma once

#include "strata/nets/stack.hpp"

namespace strata {

/// Samples of a stack of RBMs: `steps` Gibbs sweeps in the top RBM from the visible states v there,
/// then the means downwards. v is n_top × B; the result has one sample per column.
template <class... RBMs>
Matrix<ScalarOf<Stack<RBMs...>>> dream(const Stack<RBMs...>& net,
                                       Matrix<ScalarOf<Stack<RBMs...>>> v, int steps, Random& rng) {
  bool top = true;
  for_each_layer_down(
      [&](const auto& layer) {
        if (top)
          v = down(layer, sample_hidden(layer, gibbs(layer, v, steps, rng), rng));
        else
          v = down(layer, v);
        top = false;
      },
      net);
  return v;
}

/// What the visible units of the top RBM see of x: the means after all layers but the last.
template <class... RBMs>
Matrix<ScalarOf<Stack<RBMs...>>> up_to_top(const Stack<RBMs...>& net,
                                           Matrix<ScalarOf<Stack<RBMs...>>> x) {
  std::size_t left = depth(net);
  for_each_layer(
      [&](const auto& layer) {
        if (--left > 0) x = up(layer, x);
      },
      net);
  return x;
}

}  // namespace strata
