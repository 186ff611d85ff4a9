// SPDX-License-Identifier: MIT
#include "strata/rbm/fast_persistent_contrastive_divergence.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"

using namespace strata;
using namespace strata::testing;

using FPCD = FastPersistentContrastiveDivergence;

TEST_CASE_TEMPLATE("without fast weights fast PCD is PCD, bit for bit", M, BB, BS, GB, SB) {
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const Matrix<double> data = sample(m.visible, rng.normal<double>(m.visible.size(), 5), rng);
  const FPCD fast{.steps = 2, .chains = 7, .fast_rate = 0};
  const PersistentContrastiveDivergence plain{.steps = 2, .chains = 7};
  auto a = fast.start(m);
  auto b = plain.start(m);
  M g = m, expected = m;
  Random one(2), other(2);
  for (int i = 0; i < 3; ++i) {
    fast.gradient(m, data, a, g, one);
    plain.gradient(m, data, b, expected, other);
    CHECK(flatten(g) == flatten(expected));
  }
}

TEST_CASE_TEMPLATE("the chains see the model and its fast parameters, which follow the gradients",
                   M, BB, GB, SB) {
  Random rng(3);
  const M m = small_rbm<M>(rng);
  const Matrix<double> data = sample(m.visible, rng.normal<double>(m.visible.size(), 5), rng);
  const FPCD fpcd{.fast_rate = 0.5, .decay = 0.75};
  auto state = fpcd.start(m);
  M g = m, expected = m;
  Random same = rng;
  // By hand: PCD on θ + fast, with the gradient of θ.
  M fast = zeros_like(m);
  Matrix<double> h = sample_hidden(m, data, same);
  for (int i = 0; i < 4; ++i) {
    fpcd.gradient(m, data, state, g, rng);
    M sum = m;
    auto to = parameters(sum), by = parameters(fast);
    for (std::size_t k = 0; k < to.size(); ++k)
      if (to[k].role != Role::log_scale) to[k].value += by[k].value;
    const Matrix<double> v = sample_visible(sum, h, same);
    h = sample_hidden(sum, v, same);
    const States<double> v0 = data, vk = v;
    const Matrix<double> x0 = hidden_input(m, data), x = hidden_input(sum, v);
    const Matrix<double> mean0 = hidden_mean(m, data), mean = hidden_mean(sum, v);
    contrast(m, {v0, x0, mean0}, {vk, x, mean}, expected);
    CHECK(distance(flatten(g), flatten(expected)) < 1e-12);
    auto slopes = parameters(expected);
    for (std::size_t k = 0; k < by.size(); ++k)
      if (by[k].role != Role::log_scale) by[k].value = 0.75 * by[k].value + 0.5 * slopes[k].value;
    CHECK(distance(flatten(state.fast), flatten(fast)) < 1e-12);
  }
  CHECK(fast.weights.norm() > 0.01);
}

TEST_CASE("fast PCD refuses options without a meaning") {
  const RBM<float> m(2, 2);
  const std::string where = "FastPersistentContrastiveDivergence: ";
  CHECK(message_of([&] { FPCD{.steps = 0}.start(m); }) ==
        where + "steps has 0, but at least 1 is needed");
  CHECK(message_of([&] { FPCD{.chains = -1}.start(m); }) ==
        where + "chains has -1, but at least 0 is needed");
  CHECK(message_of([&] { FPCD{.fast_rate = -1}.start(m); }) ==
        where + "fast_rate has -1, but at least 0 is needed");
  CHECK(message_of([&] { FPCD{.decay = 1}.start(m); }) ==
        where + "decay has 1, but a value in [0, 1) is needed");
}
