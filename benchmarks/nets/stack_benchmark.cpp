// SPDX-License-Identifier: MIT
// The means of each layer of a DBN 784-500-500-2000 in turn, `up`, need one product per layer.
// floor_ratio is its throughput relative to those three products alone: the price of the biases and
// the logistic functions.
#include "support/rounds.hpp"

namespace benchmarks {
namespace {

void up(benchmark::State& state) {
  const Index batch = state.range(0);
  strata::Random rng(1);
  const std::vector<Index> sizes{784, 500, 500, 2000};
  strata::DBN<float> net(sizes);
  for (auto& rbm : net.layers)
    rbm.weights = 0.01f * rng.normal<float>(rbm.weights.rows(), rbm.weights.cols());
  const Matrix v = rng.uniform<float>(sizes.front(), batch);

  std::vector<Matrix> y{v};  // what the products write
  double operations = 0;
  for (const auto& rbm : net.layers) {
    y.emplace_back(Matrix::Constant(rbm.hidden.size(), batch, 0.5f));
    operations += 2.0 * static_cast<double>(rbm.weights.size() * batch);
  }
  const auto floor = [&](const Library& by) {
    for (std::size_t i = 0; i < net.layers.size(); ++i)
      by.up(net.layers[i].weights, y[i], y[i + 1]);
  };

  const Index steps = steps_per_round(operations);
  run_rounds(Rounds(state, steps, batch, floor), steps,
             [&] { benchmark::DoNotOptimize(strata::up(net, v).data()); });
}

BENCHMARK(up)->ArgName("batch")->Arg(10)->Arg(100)->Arg(512)->UseManualTime()->Unit(
    benchmark::kMicrosecond);

}  // namespace
}  // namespace benchmarks
