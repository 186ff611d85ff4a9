// SPDX-License-Identifier: MIT
// Sampling an RBM 784-500 that has learned the digits. A sweep h → v → x of Gibbs sampling needs
// two products on dense states, the hidden input of a batch needs one: floor_ratio is relative to
// them. units_per_second counts the units drawn, visible and hidden.
#include "support/data.hpp"
#include "support/rounds.hpp"

namespace benchmarks {
namespace {

constexpr Index n_v = 784, n_h = 500;

/// The first images of samples(n_v, binary), as the library's loops hold them.
strata::States<float> first_states(bool binary, Index batch) {
  const Matrix v = samples(n_v, binary).leftCols(batch);
  if (binary) return strata::BinaryStates(v);
  return v;
}

void gibbs(benchmark::State& state, Index chains) {
  const RBM& rbm = trained(n_v, n_h);
  const Matrix h = Matrix::Random(n_h, chains);
  Matrix x(n_h, chains), y(n_v, chains);
  const auto floor = [&](const Library& by) {
    by.down(rbm.weights, h, y);
    by.up(rbm.weights, y, x);
  };
  strata::Random rng(1);
  strata::Particles<float> p;
  p.v = first_states(true, chains);
  strata::hidden_input(rbm, p.v, p.x);

  const Index steps = steps_per_round(4.0 * static_cast<double>(rbm.weights.size() * chains));
  run_rounds(Rounds(state, steps, chains, floor, images().name), steps, [&] {
    strata::sample(rbm.hidden, p.x, rng, p.h);
    strata::reconstruct(rbm, p, rng);
  });
  state.counters["units_per_second"] =
      per_second(static_cast<double>(state.iterations() * chains * (n_v + n_h)));
}

void hidden_input(benchmark::State& state, Index batch, bool binary) {
  const RBM& rbm = trained(n_v, n_h);
  const strata::States<float> v = first_states(binary, batch);
  const Matrix dense = v.matrix();
  Matrix x(n_h, batch), out;
  const Index steps = steps_per_round(2.0 * static_cast<double>(rbm.weights.size() * batch));
  const auto floor = [&](const Library& by) { by.up(rbm.weights, dense, x); };
  run_rounds(Rounds(state, steps, batch, floor, images().name), steps,
             [&] { strata::hidden_input(rbm, v, out); });
}

const bool registered = [] {
  for (const Index chains : {10, 100, 512})
    add(strata::text("gibbs/chains:", chains), [=](auto& state) { gibbs(state, chains); });
  for (const bool binary : {true, false})
    for (const Index batch : {10, 100, 512})
      add(strata::text("hidden_input/batch:", batch, binary ? "/binary" : "/real"),
          [=](auto& state) { hidden_input(state, batch, binary); });
  return true;
}();

}  // namespace
}  // namespace benchmarks
