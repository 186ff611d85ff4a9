// SPDX-License-Identifier: MIT
// A step of up-down multiplies each directed layer six times (recognised, told again, dreamt,
// recognised in the dream, and a gradient of each kind) and the top RBM 2k + 3 times. floor_ratio is
// the throughput of a whole step of `train` on 784-500-500-2000 with ten labels and k = 3 relative to
// those products alone; more than 1 is what bits gain over numbers.
#include "support/training.hpp"

namespace benchmarks {
namespace {

struct WakeSleepProducts {
  std::vector<FiveProducts> directed;  // of k = 1, and one of them again
  FiveProducts top;

  double operations() const {
    double sum = top.operations();
    for (const auto& layer : directed) sum += 6.0 / 5.0 * layer.operations();
    return sum;
  }
  void operator()(const Library& by) {
    for (auto& layer : directed) {
      layer(by);
      by.down(layer.w, layer.h, layer.y);
    }
    top(by);
  }
};

void up_down(benchmark::State& state) {
  constexpr Index batch = 100;
  auto greedy = strata::labelled_dbn<float>({784, 500, 500, 2000}, 10);
  WakeSleepProducts products{{{784, 500, batch}, {500, 500, batch}}, {510, 2000, batch, 3}};
  const Index steps = steps_per_round(products.operations());
  strata::Random rng(1);
  strata::LabelledData<float> data{samples(784, true), {}};
  for (Index i = 0; i < data.images.cols(); ++i) data.labels.push_back(static_cast<int>(i % 10));
  strata::pretrain(greedy, data, strata::ContrastiveDivergence{},
                   strata::SGD{.learning_rate = 0.05}, {.epochs = 1}, rng);
  auto net = strata::untied(greedy);

  Rounds rounds(state, steps, batch, std::ref(products), images().name);
  run_training(rounds, steps, [&](auto& observer) {
    strata::train(net, data, strata::UpDown{.top = {.steps = 3}},
                  strata::SGD{.learning_rate = 0.05, .momentum = 0.5},
                  {.epochs = std::numeric_limits<int>::max(), .batch_size = batch}, rng, observer);
  });
}

BENCHMARK(up_down)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace benchmarks
