// SPDX-License-Identifier: MIT
#include "strata/rbm/negative_phase.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/train/train.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE_TEMPLATE("a sampler of one's own gives the gradient of its samples", M, BB, BS, SB) {
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const Matrix<double> data = sample(m.visible, rng.normal<double>(m.visible.size(), 5), rng);
  const auto exact = exact_distribution(m);
  int calls = 0;
  const NegativePhase estimator{[&](const auto&, const auto& v0, auto& v, Random& own) {
    CHECK(v0.cols() == 5);
    CHECK((v.size() == 0) == (calls++ == 0));  // it has what it wrote last
    v = States<double>(exact.samples(40, own));
  }};
  CHECK(largest_z(gradient_draws(estimator, m, data, 2000, rng),
                  expected_contrast(m, data, exact)) < 5);
  CHECK(calls == 2000);
}

TEST_CASE("CD written as a sampler learns as CD does") {
  Random rng(2);
  const auto start = small_rbm<BB>(rng);
  const Matrix<double> data = all_states(4).leftCols(9);
  const auto learned = [&](const auto& estimator) {
    Random same(3);
    auto m = start;
    train(m, data, estimator, SGD{.learning_rate = 0.1}, {.epochs = 5, .batch_size = 3}, same);
    return flatten(m);
  };
  const auto sweep = [](const auto& m, const auto& v0, auto& v, Random& own) {
    v = States<double>(BinaryStates(gibbs(m, v0.matrix(), 1, own)));
  };
  CHECK(distance(learned(NegativePhase{sweep, Coordinates::plain}),
                 learned(ContrastiveDivergence{})) < 1e-12);
}

TEST_CASE("states of a wrong size, or none, are refused") {
  const RBM<double> m(3, 2);
  const auto message = [&](Index rows, Index cols) {
    return message_of([&] {
      const NegativePhase estimator{
          [=](const auto&, const auto&, auto& v, Random&) { v = constant(rows, cols, 0); }};
      one_gradient(estimator, m, constant(3, 1, 0), 1);
    });
  };
  CHECK(message(2, 5) == "NegativePhase: v has 2 rows, but the model has 3 visible units");
  CHECK(message(3, 0) == "NegativePhase: v has 0 columns, but at least 1 is needed");
}
