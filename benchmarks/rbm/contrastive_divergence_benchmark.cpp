// SPDX-License-Identifier: MIT
// CD-1 needs five products of n_v × n_h × B, CD-k needs 2k + 3. `five_products` does just those;
// the ratio of the two throughputs, floor_ratio, is the price of everything else in a step of
// `train` (the minibatch, sampling, weight decay, momentum, the check for finite numbers), or the
// gain from binary states. The claim: at batch 100, at least 0.8 of Eigen's own five products.
#include <limits>

#include "five_products.hpp"
#include "support/rounds.hpp"

namespace benchmarks {
namespace {

/// Samples one per column: binary, as often on as the pixels of MNIST (13 %) or as typical hidden
/// units (30 %), or real-valued in [0, 1).
Matrix samples(Index units, Index count, bool binary, strata::Random& rng) {
  if (!binary) return rng.uniform<float>(units, count);
  return rng.bernoulli<float>(Matrix::Constant(units, count, units == 784 ? 0.13f : 0.3f));
}

void contrastive_divergence(benchmark::State& state, Index n_v, Index n_h, Index batch, int k,
                            bool binary) {
  FiveProducts products(n_v, n_h, batch, k);
  const Index steps = steps_per_round(products.operations());
  strata::Random rng(1);
  strata::RBM<float> rbm(n_v, n_h);
  const Matrix data = samples(n_v, steps * batch, binary, rng);

  Rounds rounds(state, steps, batch, std::ref(products));
  strata::train(rbm, data, strata::ContrastiveDivergence{.steps = k},
                strata::SGD{.learning_rate = 0.05, .momentum = 0.5},
                {.epochs = std::numeric_limits<int>::max(), .batch_size = batch}, rng,
                strata::WeightDecay{.l2 = 2e-4}, EpochRounds(rounds));
}

void five_products(benchmark::State& state, Index n_v, Index n_h, Index batch, const Library& by) {
  FiveProducts products(n_v, n_h, batch);
  products(by);
  for (auto _ : state) {
    const double begin = now();
    products(by);
    state.SetIterationTime(now() - begin);
  }
  state.counters["samples_per_second"] = benchmark::Counter(
      static_cast<double>(state.iterations() * batch), benchmark::Counter::kIsRate);
}

const bool registered = [] {
  for (const auto& [n_v, n_h] : {std::pair<Index, Index>{784, 500}, {500, 500}, {500, 2000}})
    for (const Index batch : {10, 100, 512}) {
      const std::string size =
          strata::text("/visible:", n_v, "/hidden:", n_h, "/batch:", batch, "/");
      const auto add = [](const std::string& name, auto function, auto... arguments) {
        return benchmark::RegisterBenchmark(name.c_str(), function, arguments...)
            ->UseManualTime()
            ->Unit(benchmark::kMicrosecond);
      };
      for (const auto& by : libraries())
        add("five_products" + size + by.name, five_products, n_v, n_h, batch, by);
      for (const int k : {1, 10})
        for (const bool binary : {true, false})
          add(strata::text("contrastive_divergence", size, "k:", k, binary ? "/binary" : "/real"),
              contrastive_divergence, n_v, n_h, batch, k, binary);
    }
  return true;
}();

}  // namespace
}  // namespace benchmarks
