// SPDX-License-Identifier: MIT
#include "strata/rbm/parallel_tempering.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE_TEMPLATE("the gradient of tempered chains is that of the likelihood", M, BB, BS, GB, SB) {
  const ThreadCount one_thread(1);
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const Matrix<double> data = sample(m.visible, rng.normal<double>(m.visible.size(), 5), rng);
  const ParallelTempering tempering{.steps = 3, .replicas = 4, .chains = 200, .adapt_every = 10};
  auto state = tempering.start(m);
  M g = m;
  // Gradients of chains that go on are no independent draws: batches of them nearly are.
  constexpr Index batches = 60, length = 20;
  Matrix<double> draws = Matrix<double>::Zero(flatten(m).size(), batches);
  for (Index i = -1; i < batches; ++i)
    for (Index k = 0; k < length; ++k) {
      tempering.gradient(m, data, state, g, rng);
      if (i >= 0) draws.col(i) += flatten(g) / length;
    }
  CHECK(largest_z(draws, expected_contrast(m, data, exact_distribution(m))) < 5);
  CHECK(state.negative.betas()[1] != 1.0 / 3);  // the ladder has moved
}

TEST_CASE("tempered chains go on, as many as are asked for, whatever the batch") {
  Random rng(2);
  const auto m = small_rbm<BB>(rng);
  auto g = m;
  for (const int chains : {0, 7}) {
    const ParallelTempering tempering{.chains = chains};
    auto state = tempering.start(m);
    for (const Index batch : {6, 2, 1}) {
      tempering.gradient(m, Matrix<double>(all_states(4).leftCols(batch)), state, g, rng);
      CHECK(state.negative.visible().cols() == (chains > 0 ? chains : 6));
      CHECK(state.negative.betas().size() == 10);
      CHECK(flatten(g).allFinite());
    }
  }
}

TEST_CASE("parallel tempering refuses options without a meaning") {
  const RBM<float> m(2, 2);
  CHECK(message_of([&] { ParallelTempering{.steps = 0}.start(m); }) ==
        "ParallelTempering: steps has 0, but at least 1 is needed");
  CHECK(message_of([&] { ParallelTempering{.replicas = 1}.start(m); }) ==
        "ParallelTempering: replicas has 1, but at least 2 are needed");
  CHECK(message_of([&] { ParallelTempering{.chains = -1}.start(m); }) ==
        "ParallelTempering: chains has -1, but at least 0 is needed");
  CHECK(message_of([&] { ParallelTempering{.adapt_every = -1}.start(m); }) ==
        "ParallelTempering: adapt_every has -1, but at least 0 is needed");
}
