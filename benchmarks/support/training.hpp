// SPDX-License-Identifier: MIT
// Whole steps of `train` by contrastive divergence, beside the products of dense states.
#pragma once

#include <limits>

#include "support/data.hpp"
#include "support/rounds.hpp"

namespace benchmarks {

/// W v, Wᵀ h, W v₁, h vᵀ and h₁ v₁ᵀ, and nothing else: what CD-1 multiplies, and PCD-1. With k
/// steps the second and the third come k times, which makes 2k + 3 products of n_v × n_h × B.
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

/// Times the steps in which a copy of the model learns data, whose name goes into the label.
template <class Estimator>
void time_training(benchmark::State& state, RBM rbm, const Matrix& data, Index batch,
                   const Estimator& estimator, const std::string& data_name) {
  FiveProducts products(rbm.visible.size(), rbm.hidden.size(), batch,
                        static_cast<Index>(estimator.steps(0)));
  const Index steps = steps_per_round(products.operations());
  strata::Random rng(1);
  Rounds rounds(state, steps, batch, std::ref(products), data_name);
  run_training(rounds, steps, [&](auto& observer) {
    strata::train(rbm, data, estimator, strata::SGD{.learning_rate = 0.05, .momentum = 0.5},
                  {.epochs = std::numeric_limits<int>::max(), .batch_size = batch}, rng,
                  strata::WeightDecay{.l2 = 2e-4}, observer);
  });
  state.counters["density"] = data.mean();
  state.counters["floor_operations_per_second"] =
      per_second(static_cast<double>(state.iterations()) * products.operations());
}

}  // namespace benchmarks
