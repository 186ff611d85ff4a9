// SPDX-License-Identifier: MIT
#include "strata/nets/dense.hpp"

#include "nets/testing.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("a dense layer gives the means of its units under W x") {
  Random rng(1);
  const Matrix<double> x = random_batch(3, 5, rng);
  const auto sigmoid_layer = random_dense(3, B(4), rng);
  const Matrix<double> input = sigmoid_layer.weights * x;
  const Matrix<double> y = up(sigmoid_layer, x);
  for (Index j = 0; j < 5; ++j)
    for (Index i = 0; i < 4; ++i)
      CHECK(y(i, j) == near(1 / (1 + std::exp(-input(i, j) - sigmoid_layer.units.bias(i))), 1e-14));

  const auto linear_layer = random_dense(3, G(2), rng);
  const Matrix<double> line = (linear_layer.weights * x).colwise() + linear_layer.units.bias;
  CHECK(distance(up(linear_layer, x), line) < 1e-14);

  const auto softmax_layer = random_dense(3, S(3), rng);
  Matrix<double> e =
      ((softmax_layer.weights * x).colwise() + softmax_layer.units.bias).array().exp();
  for (auto column : e.colwise()) column /= column.sum();
  CHECK(distance(up(softmax_layer, x), e) < 1e-14);
}

TEST_CASE("a dense layer lists its sizes, its kind and its parameters") {
  Random rng(1);
  auto layer = random_dense(3, G(2), rng);
  CHECK(input_size(layer) == 3);
  CHECK(output_size(layer) == 2);
  CHECK(describe(layer) == "dense 3-2 (Gaussian)");
  const auto list = parameters(layer);
  REQUIRE(list.size() == 3);
  CHECK(list[0].name == "weights");
  CHECK(list[0].role == Role::weights);
  CHECK(list[1].name == "bias");
  CHECK(list[1].role == Role::bias);
  CHECK(list[2].name == "log_sigma");
  CHECK(list[2].role == Role::log_scale);
  CHECK(Dense<Bernoulli<float>>(7, 5).weights.isZero(0));
  CHECK(message_of([&] { up(layer, Matrix<double>::Zero(4, 1)); }) ==
        "up: x has 4 rows, but the model has 3 inputs");
}

TEST_CASE_TEMPLATE("the dense layer of an RBM computes what the RBM computes", M, BB, BG, BS, GB,
                   GG, GS, SB, SG, SS) {
  Random rng(3);
  const M m = small_rbm<M>(rng);
  const Matrix<double> v = random_batch(m.visible.size(), 7, rng);
  const auto layer = dense(m);
  CHECK(distance(up(layer, v), up(m, v)) < 1e-14);
  if constexpr (std::is_same_v<decltype(m.hidden), G>) CHECK(layer.units.sigma().isOnes(0));
}

TEST_CASE("a dense layer of Bernoulli units keeps the very matrix of its RBM") {
  Random rng(4);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(9, 6, rng);
  CHECK(dense(m).weights == m.weights);
  CHECK(dense(m).units.bias == m.hidden.bias);
  const Matrix<float> v = rng.uniform<float>(9, 5);
  CHECK(up(dense(m), v) == up(m, v));
}

TEST_CASE("the deviation of Gaussian units goes into the weights of their dense layer") {
  Random rng(5);
  const auto m = small_rbm<GG>(rng);
  const Matrix<double> expected =
      m.hidden.sigma().asDiagonal() * m.weights * m.visible.sigma().cwiseInverse().asDiagonal();
  CHECK(distance(dense(m).weights, expected) < 1e-15);
}
