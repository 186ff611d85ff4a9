// SPDX-License-Identifier: MIT
#include "strata/nets/classifier.hpp"

#include "nets/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

DBN<double> random_dbn(Random& rng) {
  return stack(random_rbm<B, B>(5, 4, rng), random_rbm<B, B>(4, 3, rng));
}

}  // namespace

TEST_CASE("a classifier has the weights of the net it came from, and a softmax on top") {
  Random rng(1);
  const auto dbn = random_dbn(rng);
  const Classifier<double> net = classifier(dbn, 10, rng);
  CHECK(describe(net) == "dense 5-4 (Bernoulli) | dense 4-3 (Bernoulli) | dense 3-10 (softmax)");
  const auto& hidden = std::get<0>(net.layers).layers;
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(hidden[i].weights == dbn.layers[i].weights);
    CHECK(hidden[i].units.bias == dbn.layers[i].hidden.bias);
  }
  const Matrix<double> x = rng.uniform<double>(5, 8);
  CHECK(up(std::get<0>(net.layers), x) == up(dbn, x));
  CHECK(up(net, x) == up(std::get<1>(net.layers), up(dbn, x)));
  CHECK(up(net, x).colwise().sum().isOnes(1e-14));
}

TEST_CASE("the top of a classifier starts with small normal weights and no bias") {
  Random rng(2);
  const auto net = classifier(RBM<double>(4, 500), 100, rng, 0.05);
  const auto& top = std::get<1>(net.layers);
  CHECK(top.units.bias.isZero(0));
  const double n =
      static_cast<double>(top.weights.size());  // 50,000 squares of z have deviation √2
  CHECK(std::abs(top.weights.squaredNorm() / (0.05 * 0.05) - n) < 5 * std::sqrt(2 * n));
  CHECK(std::abs(top.weights.sum() / 0.05) < 5 * std::sqrt(n));
}

TEST_CASE("one RBM, mixed stacks and nested stacks become classifiers as well") {
  Random rng(3);
  const auto bottom = small_rbm<GB>(rng);  // 2-3
  const auto top = random_rbm<B, S>(3, 4, rng);
  const auto net = classifier(stack(bottom, top), 2, rng);
  CHECK(describe(net) == "dense 2-3 (Bernoulli) | dense 3-4 (softmax) | dense 4-2 (softmax)");
  const Matrix<double> x = random_batch(2, 5, rng);
  CHECK(distance(up(std::get<0>(net.layers), x), up(top, up(bottom, x))) < 1e-14);
  CHECK(
      describe(classifier(stack(stack(bottom, top), random_rbm<S, B>(4, 6, rng)), 3, rng)) ==
      "dense 2-3 (Bernoulli) | dense 3-4 (softmax) | dense 4-6 (Bernoulli) | dense 6-3 (softmax)");
  CHECK(describe(classifier(bottom, 5, rng)) == "dense 2-3 (Bernoulli) | dense 3-5 (softmax)");
}

TEST_CASE("an untrained classifier has the shape of a trained one, and weights of zero") {
  Random rng(4);
  auto net = untrained_classifier<double>({5, 4, 3, 10});
  CHECK(describe(net) == describe(classifier(random_dbn(rng), 10, rng)));
  for (const auto& p : parameters(net)) CHECK(p.value.isZero(0));
  CHECK(up(net, Matrix<double>::Ones(5, 2)).isConstant(0.1, 1e-15));
  CHECK(message_of([] {
          untrained_classifier<float>({784, 10});
        }) == "untrained_classifier: sizes has 2 entries, but at least 3 are needed");
  CHECK(message_of([&] { classifier(random_dbn(rng), 1, rng); }) ==
        "classifier: classes has 1, but at least 2 are needed");
}

TEST_CASE("initialised weights have variance 2 / (inputs + outputs) in each layer") {
  Random rng(5);
  auto net = untrained_classifier<double>({300, 100, 50});
  for (auto& p : parameters(net)) p.value.setOnes();
  initialise(net, rng);
  for_each_layer(
      [](const auto& layer) {
        const double n = static_cast<double>(layer.weights.size());
        const double variance =
            2.0 / static_cast<double>(layer.weights.rows() + layer.weights.cols());
        CHECK(std::abs(layer.weights.squaredNorm() / variance - n) < 5 * std::sqrt(2 * n));
        CHECK(std::abs(layer.weights.sum() / std::sqrt(variance)) < 5 * std::sqrt(n));
        CHECK(layer.units.bias.isZero(0));
      },
      net);
}

TEST_CASE("a column is put into its likeliest class, across blocks of 1,000") {
  Random rng(6);
  const auto net = classifier(random_rbm<B, B>(5, 6, rng, 3.0), 3, rng, 10.0);
  const Matrix<double> x = 5 * random_batch(5, 2003, rng), y = up(net, x);
  const Labels guesses = classify(net, x);
  REQUIRE(guesses.size() == 2003);
  Labels counts(3);
  for (Index j = 0; j < 2003; ++j) {
    const int guess = guesses[static_cast<std::size_t>(j)];
    ++counts[static_cast<std::size_t>(guess)];
    CHECK(y(guess, j) == y.col(j).maxCoeff());
  }
  CHECK(*std::max_element(counts.begin(), counts.end()) < 2003);  // not one class for all
  CHECK(classify(net, Matrix<double>(5, 0)).empty());
  CHECK(message_of([&] { classify(net, Matrix<double>::Zero(6, 1)); }) ==
        "classify: x has 6 rows, but the model has 5 inputs");
}
