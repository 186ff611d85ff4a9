// SPDX-License-Identifier: MIT
#include "strata/rbm/persistent_contrastive_divergence.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using PCD = PersistentContrastiveDivergence;

/// Two patterns, all on and all off, that no chain leaves.
RBM<double> frozen() {
  RBM<double> m(4, 3);
  m.weights.setConstant(100);
  m.visible.bias.setConstant(-150);
  m.hidden.bias.setConstant(-200);
  return m;
}

}  // namespace

TEST_CASE_TEMPLATE("the chains of gradient t have taken t·k sweeps from the first batch", M, BB, BS,
                   GB, SB, BG) {
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const auto data = [&] {
    return sample(m.visible, 2 * rng.normal<double>(m.visible.size(), 4), rng);
  };
  const Matrix<double> first = data(), second = data(), third = data();
  const PCD pcd{.steps = 2};
  M g = m;
  std::array<Matrix<double>, 3> draws;
  draws.fill(Matrix<double>(flatten(m).size(), 2000));
  for (Index i = 0; i < 2000; ++i) {
    auto state = pcd.start(m);
    Index t = 0;
    for (const auto* batch : {&first, &second, &third}) {
      pcd.gradient(m, *batch, state, g, rng);
      draws[static_cast<std::size_t>(t++)].col(i) = flatten(g);
    }
  }
  CHECK(largest_z(draws[0], expected_contrast(m, first, after_sweeps(m, first, 2))) < 5);
  CHECK(largest_z(draws[1], expected_contrast(m, second, after_sweeps(m, first, 4))) < 5);
  CHECK(largest_z(draws[2], expected_contrast(m, third, after_sweeps(m, first, 6))) < 5);
}

TEST_CASE("chains persist, whatever the data are now") {
  Random rng(2);
  const auto m = frozen();
  const PCD pcd;
  auto state = pcd.start(m);
  auto g = m;
  pcd.gradient(m, constant(4, 5, 1), state, g, rng);
  CHECK(flatten(g).cwiseAbs().maxCoeff() < 1e-12);
  for (int i = 0; i < 10; ++i) {
    pcd.gradient(m, constant(4, 5, 0), state, g, rng);
    CHECK(state.negative.v.matrix() == Matrix<double>::Ones(4, 5));
    CHECK(distance(g.visible.bias, constant(4, 1, -1)) < 1e-12);
    CHECK(distance(g.weights, Matrix<double>::Constant(3, 4, -1)) < 1e-12);
  }
}

TEST_CASE("the negative phase is averaged over its own number of chains") {
  Random rng(3);
  const auto m = frozen();
  for (const int chains : {1, 7, 50}) {
    const PCD pcd{.steps = 1, .chains = chains};
    auto state = pcd.start(m);
    auto g = m;
    for (const Index batch : {10, 10, 3}) {  // the last one is short
      pcd.gradient(m, constant(4, batch, 1), state, g, rng);
      CHECK(state.negative.v.cols() == chains);
      CHECK(state.negative.h.cols() == chains);
      CHECK(flatten(g).cwiseAbs().maxCoeff() < 1e-12);
    }
  }
}

TEST_CASE("there are as many chains as samples in the first batch if no number is given") {
  Random rng(4);
  const auto m = small_rbm<BB>(rng);
  const PCD pcd;
  auto state = pcd.start(m);
  auto g = m;
  for (const Index batch : {6, 2, 1}) {
    pcd.gradient(m, Matrix<double>(all_states(4).leftCols(batch)), state, g, rng);
    CHECK(state.negative.v.cols() == 6);
    CHECK(flatten(g).allFinite());
  }
}

TEST_CASE("chains set out from the samples of the first batch, taken round and round") {
  Random rng(5);
  const auto m = frozen();
  const PCD pcd{.steps = 1, .chains = 5};
  auto state = pcd.start(m);
  auto g = m;
  Matrix<double> data = Matrix<double>::Zero(4, 2);
  data.col(1).setOnes();
  pcd.gradient(m, data, state, g, rng);
  CHECK(state.negative.v.matrix().row(0) == Row<double>{{0, 1, 0, 1, 0}});
  CHECK(distance(g.visible.bias, Vector<double>::Constant(4, 0.5 - 0.4)) < 1e-15);
}

TEST_CASE("each run has chains of its own") {
  Random rng(6);
  const auto m = frozen();
  const PCD pcd;
  auto g = m;
  auto one = pcd.start(m), other = pcd.start(m);
  pcd.gradient(m, constant(4, 2, 1), one, g, rng);
  pcd.gradient(m, constant(4, 2, 0), other, g, rng);
  CHECK(one.negative.v.matrix() == Matrix<double>::Ones(4, 2));
  CHECK(other.negative.v.matrix() == Matrix<double>::Zero(4, 2));
}

TEST_CASE("the chains of a fixed model reach its distribution") {
  Random rng(7);
  const auto m = small_rbm<BB>(rng);
  const PCD pcd{.steps = 5, .chains = 40'000};
  auto state = pcd.start(m);
  auto g = m;
  for (int i = 0; i < 10; ++i) pcd.gradient(m, constant(4, 1, 0), state, g, rng);
  const auto [distance, error] = exact_distribution(m).total_variation(state.negative.v.matrix());
  CHECK(distance < error);
}

TEST_CASE("PCD refuses no steps and less than no chains") {
  const RBM<float> m(2, 2);
  CHECK(message_of([&] { PCD{.steps = 0}.start(m); }) ==
        "PersistentContrastiveDivergence: steps has 0, but at least 1 is needed");
  CHECK(message_of([&] { PCD{.steps = 1, .chains = -3}.start(m); }) ==
        "PersistentContrastiveDivergence: chains has -3, but at least 0 is needed");
}
