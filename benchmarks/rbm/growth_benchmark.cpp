// SPDX-License-Identifier: MIT
// How the cost of a step of contrastive divergence grows with the visible and hidden units, the
// batch, k and the share of visible units that are on: one at a time, around 784-500 at batch 100,
// k = 1 and 13 %. The cost of products is the product of all but the last; that of sums of columns
// also falls with that share, so the claim is a floor_ratio that rises as the data get sparser and
// holds as the rest grows.
#include <tuple>

#include "support/training.hpp"

namespace benchmarks {
namespace {

struct Size {
  Index n_v = 784, n_h = 500, batch = 100;
  int k = 1;
  double density = 0.13;
};

/// Strokes of this density and an RBM that has learned them.
struct Lesson {
  Matrix grey, binary;
  RBM rbm;
};

const Lesson& lesson(const Size& size) {
  static std::map<std::tuple<Index, Index, double>, Lesson> made;
  const auto [place, is_new] = made.try_emplace({size.n_v, size.n_h, size.density});
  Lesson& l = place->second;
  if (is_new) {
    strata::Random rng(1);
    l.grey = strokes(size.n_v, size.density, 4000, rng);
    l.binary = rng.bernoulli(l.grey);
    l.rbm = learned(l.grey, size.n_h);
  }
  return l;
}

void add_step(const std::string& grown, const Size& size, bool binary) {
  add(strata::text("growth_", grown, "/visible:", size.n_v, "/hidden:", size.n_h,
                   "/batch:", size.batch, "/k:", size.k, "/density:", size.density,
                   binary ? "/binary" : "/real"),
      [=](benchmark::State& state) {
        const Lesson& l = lesson(size);
        time_training(state, l.rbm, binary ? l.binary : l.grey, size.batch,
                      strata::ContrastiveDivergence{.steps = size.k}, "strokes");
      });
}

const bool registered = [] {
  for (const bool binary : {true, false}) {
    for (const Index n_v : {196, 392, 784, 1568, 3136}) add_step("visible", {.n_v = n_v}, binary);
    for (const Index n_h : {125, 250, 500, 1000, 2000}) add_step("hidden", {.n_h = n_h}, binary);
    for (const Index batch : {1, 3, 10, 32, 100, 320, 1000})
      add_step("batch", {.batch = batch}, binary);
    for (const int k : {1, 2, 5, 10, 20}) add_step("k", {.k = k}, binary);
    for (const double density : {0.01, 0.03, 0.1, 0.13, 0.2, 0.3, 0.5, 0.7, 0.9})
      add_step("density", {.density = density}, binary);
  }
  return true;
}();

}  // namespace
}  // namespace benchmarks
