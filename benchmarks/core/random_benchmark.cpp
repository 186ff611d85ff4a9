// SPDX-License-Identifier: MIT
// Random numbers should cost little beside the products that they serve: CD-1 on 784-500 draws one
// for some 3,000 floating-point operations, so a core that does 100 of these in a nanosecond spends
// 3 % of its time on drawing if it draws one in a nanosecond. The floor of a fill is to write a
// constant (`fill`), that of the fused logistic function and draw the logistic function alone
// (`sigmoid`).
#include "support/rounds.hpp"

namespace benchmarks {
namespace {

constexpr Index rows = 784, columns = 100;  // a batch of MNIST

/// Times `f()`, which makes or fills a batch.
template <class F>
void count(benchmark::State& state, F&& f) {
  for (auto _ : state) {
    const double begin = now();
    f();
    benchmark::ClobberMemory();
    state.SetIterationTime(now() - begin);
  }
  state.counters["numbers_per_second"] = benchmark::Counter(
      static_cast<double>(state.iterations() * rows * columns), benchmark::Counter::kIsRate);
}

template <class S>
void fill(benchmark::State& state) {
  count(state, [] {
    strata::Matrix<S> x = strata::Matrix<S>::Constant(rows, columns, S(0.5));
    benchmark::DoNotOptimize(x.data());
  });
}

template <class S>
void uniform(benchmark::State& state) {
  strata::Random rng(1);
  count(state, [&] { benchmark::DoNotOptimize(rng.uniform<S>(rows, columns).data()); });
}

template <class S>
void normal(benchmark::State& state) {
  strata::Random rng(1);
  count(state, [&] { benchmark::DoNotOptimize(rng.normal<S>(rows, columns).data()); });
}

template <class S>
void bernoulli(benchmark::State& state) {
  strata::Random rng(1);
  const strata::Matrix<S> p = rng.uniform<S>(rows, columns);
  count(state, [&] { benchmark::DoNotOptimize(rng.bernoulli(p).data()); });
}

template <class S>
void sigmoid(benchmark::State& state) {
  strata::Random rng(1);
  const strata::Matrix<S> x = rng.normal<S>(rows, columns);
  const strata::Vector<S> bias = rng.normal<S>(rows, 1);
  strata::Matrix<S> y;
  count(state, [&] { strata::add_bias_sigmoid<S>(x, bias, y); });
}

template <class S>
void sample_sigmoid(benchmark::State& state) {
  strata::Random rng(1);
  const strata::Matrix<S> input = rng.normal<S>(rows, columns);
  strata::Matrix<S> x = input;
  count(state, [&] {
    x = input;
    strata::sample_sigmoid_in_place(x, rng);
  });
}

BENCHMARK(fill<float>)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(uniform<float>)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(normal<float>)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(bernoulli<float>)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(sigmoid<float>)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(sample_sigmoid<float>)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(uniform<double>)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(normal<double>)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace benchmarks
