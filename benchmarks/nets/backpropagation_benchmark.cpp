// SPDX-License-Identifier: MIT
// Backpropagation through n layers of weights needs 3n − 1 products: n on the way up, n for the
// gradients, n − 1 on the way down. floor_ratio is the throughput of a whole step of `fine_tune` on
// 784-500-500-2000-10 (the minibatch, the loss, weight decay, momentum, the check for finite
// numbers) relative to those eleven products alone.
#include <limits>

#include "support/rounds.hpp"

namespace benchmarks {
namespace {

/// The products of one step, on matrices of their own.
struct BackpropagationProducts {
  std::vector<Matrix> w, g;      // weights and gradients of each layer
  std::vector<Matrix> y, delta;  // of each layer from the input on

  BackpropagationProducts(const std::vector<Index>& sizes, Index batch) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      y.emplace_back(Matrix::Random(sizes[i], batch));
      delta.emplace_back(Matrix::Random(sizes[i], batch));
      if (i == 0) continue;
      w.emplace_back(0.01f * Matrix::Random(sizes[i], sizes[i - 1]));
      g.emplace_back(sizes[i], sizes[i - 1]);
    }
  }

  double operations() const {
    Index multiplications = -w.front().size();  // nothing goes down to the input
    for (const auto& matrix : w) multiplications += 3 * matrix.size();
    return 2.0 * static_cast<double>(multiplications * y.front().cols());
  }

  void operator()(const Library& by) {
    for (std::size_t i = 0; i < w.size(); ++i) by.up(w[i], y[i], y[i + 1]);
    for (std::size_t i = w.size(); i-- > 0;) {
      by.outer(delta[i + 1], y[i], g[i]);
      if (i > 0) by.down(w[i], delta[i + 1], delta[i]);
    }
  }
};

void backpropagation(benchmark::State& state) {
  const Index batch = state.range(0);
  const std::vector<Index> sizes{784, 500, 500, 2000, 10};
  BackpropagationProducts products(sizes, batch);
  const Index steps = steps_per_round(products.operations());
  strata::Random rng(1);
  auto net = strata::untrained_classifier<float>(sizes);
  strata::initialise(net, rng);
  strata::LabelledData<float> data{rng.uniform<float>(sizes.front(), 10'000), {}};
  for (Index i = 0; i < data.images.cols(); ++i)
    data.labels.push_back(static_cast<int>(rng.below(sizes.back())));

  Rounds rounds(state, steps, batch, std::ref(products));
  run_training(rounds, steps, [&](auto& observer) {
    strata::fine_tune(net, data, strata::Backpropagation{},
                      strata::SGD{.learning_rate = 0.01, .momentum = 0.5},
                      {.epochs = std::numeric_limits<int>::max(), .batch_size = batch}, rng,
                      strata::WeightDecay{.l2 = 1e-5}, observer);
  });
}

BENCHMARK(backpropagation)
    ->ArgName("batch")
    ->Arg(10)
    ->Arg(100)
    ->Arg(512)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace benchmarks
