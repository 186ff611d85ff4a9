// SPDX-License-Identifier: MIT
#include "strata/rbm/statistics.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE_TEMPLATE("contrast is the derivative of the mean −F of the data less that of the model",
                   M, BB, BG, BS, GB, GG, GS, SB, SG, SS) {
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const auto visible = [&](Index n) {
    return sample(m.visible, 2 * rng.normal<double>(m.visible.size(), n), rng);
  };
  const Matrix<double> data = visible(7), model = visible(3);  // each has its own number of columns
  M g = small_rbm<M>(rng);                                     // overwritten
  contrast_of(m, data, model, g);
  const auto value = [&](const M& changed) {
    return free_energy(changed, model).mean() - free_energy(changed, data).mean();
  };
  CHECK(distance(flatten(g), finite_differences(m, value)) < 1e-8);
}

TEST_CASE_TEMPLATE("statistics are scaled and add to what is there", M, BB, BG, BS, SB, SG) {
  Random rng(2);
  const M m = small_rbm<M>(rng), before = small_rbm<M>(rng);
  const Matrix<double> v = sample(m.visible, rng.normal<double>(m.visible.size(), 6), rng);
  const Matrix<double> x = hidden_input(m, v), mean = hidden_mean(m, v);
  const States<double> states = v;
  M g = before;
  add_statistics(m, {states, x, mean}, -0.7, g);
  const auto value = [&](const M& changed) { return 0.7 * free_energy(changed, v).sum(); };
  CHECK(distance(flatten(g) - flatten(before), finite_differences(m, value)) < 1e-8);
}

TEST_CASE("equal data and model states leave no gradient") {
  Random rng(3);
  const auto m = small_rbm<GB>(rng);
  const Matrix<double> v = rng.normal<double>(2, 5);
  GB g = m;
  contrast_of(m, v, v, g);
  CHECK(flatten(g).cwiseAbs().maxCoeff() < 1e-15);
}
