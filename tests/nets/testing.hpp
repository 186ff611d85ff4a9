// SPDX-License-Identifier: MIT
// What the tests of nets share: dense layers with random weights.
#pragma once

#include "fixtures.hpp"
#include "strata/nets/dense.hpp"
#include "strata/nets/stack.hpp"

namespace strata::testing {

/// Normal weights and biases; the σ of Gaussian units stays 1.
template <DifferentiableUnits U>
Dense<U> random_dense(Index inputs, U units, Random& rng) {
  Dense<U> layer(inputs, std::move(units));
  for (auto& p : parameters(layer))
    if (p.role != Role::log_scale)
      p.value =
          (0.7 * rng.normal<double>(p.value.rows(), p.value.cols())).template cast<ScalarOf<U>>();
  return layer;
}

inline Matrix<double> random_batch(Index rows, Index cols, Random& rng) {
  return rng.normal<double>(rows, cols);
}

}  // namespace strata::testing
