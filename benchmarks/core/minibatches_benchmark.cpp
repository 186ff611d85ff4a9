// SPDX-License-Identifier: MIT
// An epoch of minibatches of 100 and nothing else: copied as numbers, copied as bits, and drawn
// afresh with grey levels as probabilities, as `Training{.binarise = true}` does. A step of CD-1 on
// 784-500 takes 10 to 20 µs per sample, so a million samples per second would cost a tenth of it.
#include "support/data.hpp"
#include "support/rounds.hpp"

namespace benchmarks {
namespace {

constexpr Index batch = 100;

/// Times an epoch of `take(columns, rng)`.
template <class Take>
void time_epochs(benchmark::State& state, Take&& take) {
  strata::Random rng(1);
  const Index n = samples(784, true).cols();
  for (auto _ : state) {
    const double begin = now();
    strata::for_each_minibatch(n, batch, rng, [&](std::span<const Index> columns) {
      take(columns, rng);
      benchmark::ClobberMemory();
    });
    state.SetIterationTime(now() - begin);
  }
  state.counters["samples_per_second"] = per_second(static_cast<double>(state.iterations() * n));
  state.SetLabel("data: " + images().name);
}

const bool registered = [] {
  add("minibatches/real", [](auto& state) {
    Matrix out;
    time_epochs(state, [&](auto columns, auto&) {
      strata::gather<float>(samples(784, false), columns, out);
    });
  });
  add("minibatches/binary", [](auto& state) {
    const strata::BinaryStates data(samples(784, true));
    strata::BinaryStates out;
    time_epochs(state, [&](auto columns, auto&) { strata::gather(data, columns, out); });
  });
  add("minibatches/drawn", [](auto& state) {
    Matrix probability;
    strata::BinaryStates out;
    time_epochs(state, [&](auto columns, auto& rng) {
      strata::gather<float>(samples(784, false), columns, probability);
      rng.bernoulli(probability, out);
    });
  });
  return true;
}();

}  // namespace
}  // namespace benchmarks
