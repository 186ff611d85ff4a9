// SPDX-License-Identifier: MIT
#include "strata/rbm/initialise.hpp"

#include <doctest/doctest.h>

#include "rbm/oracles.hpp"
#include "strata/rbm/exact.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("a new RBM has the logits of the data means, small normal weights, and nothing hidden") {
  Random rng(1);
  RBM<double> m(30, 400);
  const Matrix<double> data = rng.bernoulli<double>(Matrix<double>::Constant(30, 200, 0.3));
  CHECK(is_new(m));
  m.hidden.bias.setConstant(7);
  initialise(m, data, rng);
  CHECK(!is_new(m));
  CHECK(distance(mean(m.visible, Matrix<double>::Zero(30, 1)), data.rowwise().mean()) < 1e-14);
  CHECK(m.hidden.bias == Vector<double>::Zero(400));
  Matrix<double> moments(2, m.weights.size());
  moments << m.weights.reshaped().transpose() / 0.01,
      (m.weights.reshaped().transpose() / 0.01).array().square().matrix();
  CHECK(largest_z(moments, Vector<double>{{0, 1}}) < 5);
}

TEST_CASE("a model of which anything was set is not new") {
  RBM<float> m(3, 2);
  CHECK(is_new(m));
  m.hidden.bias(1) = 1;
  CHECK(!is_new(m));
}

TEST_CASE("without weights the likelihood is that of the base rates") {
  Random rng(2);
  const Matrix<double> data = bars_and_stripes(3).rightCols(13);
  RBM<double> m(9, 5);
  initialise(m, data, rng, 0);
  const Eigen::ArrayXd p = data.rowwise().mean();
  const double base_rates = (p * p.log() + (1 - p) * (1 - p).log()).sum();
  CHECK(-free_energy(m, data).mean() - log_partition(m) == near(base_rates, 1e-10));
}

TEST_CASE("constant data and a single sample leave everything finite") {
  Random rng(3);
  const auto check = [&](auto m, const Matrix<double>& data) {
    initialise(m, data, rng);
    CHECK(flatten(m).allFinite());
    CHECK(free_energy(m, data).allFinite());
  };
  for (const Index n : {1, 20})
    for (const double value : {0.0, 1.0}) {
      check(RBM<double>(4, 3), Matrix<double>::Constant(4, n, value));
      check(GaussianRBM<double>(4, 3), Matrix<double>::Constant(4, n, value));
      check(RBM<S, B>(S(4), B(3)), Matrix<double>::Identity(4, 1).replicate(1, n));
    }
}

TEST_CASE(
    "Gaussian layers start at the data's mean and deviation, which is 0 and 1 to the next layer") {
  Random rng(4);
  auto m = random_rbm<G, G>(2, 3, rng);
  const Matrix<double> data{{1, 3}, {-10, 30}};
  initialise(m, data, rng);
  CHECK(distance(m.visible.bias, Vector<double>{{2, 10}}) < 1e-14);
  CHECK(distance(m.visible.sigma(), Vector<double>{{1, 20}}) < 1e-13);
  CHECK(m.hidden.log_sigma == Vector<double>::Zero(3));
  CHECK(distance(hidden_mean(m, Vector<double>{{2, 10}}), constant(3, 1, 0)) < 1e-14);
}

TEST_CASE("initialise refuses data of another size, or none") {
  Random rng(5);
  RBM<float> m(784, 5);
  CHECK(message_of([&] { initialise(m, Matrix<float>::Zero(783, 2), rng); }) ==
        "initialise: data has 783 rows, but the model has 784 visible units");
  CHECK(message_of([&] { initialise(m, Matrix<float>::Zero(784, 0), rng); }) ==
        "initialise: data has 0 columns, but at least 1 is needed");
  CHECK(is_new(m));
}
