// SPDX-License-Identifier: MIT
#include "strata/train/fine_tune.hpp"

#include <Eigen/LU>

#include "strata/evaluate/error_rate.hpp"
#include "strata/optim/adam.hpp"
#include "strata/optim/penalties.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/train/observers.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

const LabelledData<double> labelled = two_classes<double>(6, 23);

Classifier<double> new_net() {
  Random rng(1);
  auto net = untrained_classifier<double>({6, 5, 4, 2});
  initialise(net, rng);
  return net;
}

Matrix<double> one_hot(const Labels& labels) {
  Matrix<double> t = Matrix<double>::Zero(2, static_cast<Index>(labels.size()));
  for (Index j = 0; j < t.cols(); ++j) t(labels[static_cast<std::size_t>(j)], j) = 1;
  return t;
}

/// Two epochs at rate 1/4, momentum 1/2, in batches of 5: the loop of fine_tune, written out.
template <class Loss>
void tune_by_hand(Classifier<double>& net, bool noise, Random& rng) {
  const Matrix<double> targets = one_hot(labelled.labels);
  auto g = net;
  Activations<double> a(3);
  auto velocity = zeros(parameters(net));
  for (int epoch = 0; epoch < 2; ++epoch)
    for_each_minibatch(23, 5, rng, [&](std::span<const Index> columns) {
      Matrix<double> x(6, std::ssize(columns)), t(2, std::ssize(columns));
      for (Index j = 0; j < x.cols(); ++j) {
        x.col(j) = labelled.images.col(columns[static_cast<std::size_t>(j)]);
        t.col(j) = targets.col(columns[static_cast<std::size_t>(j)]);
      }
      forward(net, x, a, {.sample = noise}, &rng);
      backward(net, x, t, Loss{}, a, g);
      auto theta = parameters(net), slope = parameters(g);
      for (std::size_t i = 0; i < theta.size(); ++i) {
        velocity[i] = 0.5 * velocity[i] + 0.25 * slope[i].value;
        theta[i].value += velocity[i];
      }
    });
}

template <class Loss>
void check_by_hand(bool noise) {
  auto net = new_net(), by_targets = new_net(), expected = new_net();
  Random one(2), other(2), third(2);
  const BackpropagationOf<Loss> trainer{.sample_hidden = noise};
  const SGD sgd{.learning_rate = 0.25, .momentum = 0.5};
  fine_tune(net, labelled, trainer, sgd, {.epochs = 2, .batch_size = 5}, one);
  fine_tune(by_targets, labelled.images, one_hot(labelled.labels), trainer, sgd,
            {.epochs = 2, .batch_size = 5}, third);
  tune_by_hand<Loss>(expected, noise, other);
  CHECK(same_bits(net, expected));
  CHECK(same_bits(by_targets, expected));
  CHECK(one.counter() == other.counter());
}

/// Which of the parameters differ.
std::vector<bool> learned(Classifier<double> a, Classifier<double> b) {
  std::vector<bool> list;
  const auto x = parameters(a), y = parameters(b);
  for (std::size_t i = 0; i < x.size(); ++i) list.push_back(x[i].value != y[i].value);
  return list;
}

}  // namespace

TEST_CASE("fine-tuning is the loop written out, bit for bit") {
  check_by_hand<CrossEntropy>(false);
  check_by_hand<SquaredError>(false);
  check_by_hand<CrossEntropy>(true);
}

TEST_CASE("fine-tuning trains every layer") {
  auto net = new_net();
  Random rng(2);
  fine_tune(net, labelled, Backpropagation{}, SGD{}, {.epochs = 1}, rng);
  CHECK(learned(net, new_net()) == std::vector<bool>(6, true));
}

TEST_CASE("in the first top_only_epochs the top layer learns alone") {
  auto net = new_net();
  for (auto& p : parameters(net)) p.value.array() += 0.1;  // biases that decay can move, too
  std::vector<Classifier<double>> epochs{net};
  Random rng(2);
  fine_tune(net, labelled, Backpropagation{.top_only_epochs = 2}, SGD{.momentum = 0.9},
            {.epochs = 4, .batch_size = 5}, rng,
            WeightDecay{.l2 = 0.1},  // which would move the layers below
            [&](const Progress&, const auto& now) { epochs.push_back(now); });
  const std::vector<bool> top{false, false, false, false, true, true}, all(6, true);
  CHECK(learned(epochs[1], epochs[0]) == top);
  CHECK(learned(epochs[2], epochs[1]) == top);
  CHECK(learned(epochs[3], epochs[2]) == all);
  CHECK(learned(epochs[4], epochs[3]) == all);
}

TEST_CASE("the layers that waited set out with Adam's first step, the rate times a sign") {
  const auto before = new_net();
  auto net = before;
  Random rng(2);
  fine_tune(net, labelled, Backpropagation{.top_only_epochs = 10}, Adam{.learning_rate = 0.001},
            {.epochs = 11, .batch_size = 23}, rng);
  const auto& now = std::get<0>(net.layers).layers[0].weights;
  const auto& then = std::get<0>(before.layers).layers[0].weights;
  CHECK((now - then).cwiseAbs().maxCoeff() == near(0.001, 1e-4));
}

TEST_CASE("an epoch measures the loss and the error of its samples as they were learned") {
  auto net = new_net();  // with rate 0 those of the net itself
  const Matrix<double> y = up(net, labelled.images);
  double loss = 0;
  for (Index j = 0; j < 23; ++j)
    loss -= std::log(y(labelled.labels[static_cast<std::size_t>(j)], j)) / 23;
  History history;
  Random rng(2);
  fine_tune(net, labelled, Backpropagation{}, SGD{.learning_rate = 0},
            {.epochs = 2, .batch_size = 5}, rng, history);
  REQUIRE(history.epochs.size() == 2);
  for (const auto& p : history.epochs) {
    CHECK(p.task == "fine-tuning");
    REQUIRE(p.metrics.size() == 2);
    CHECK(p.metrics[0].name == "cross-entropy");
    CHECK(p.metrics[0].value == near(loss, 1e-13));
    CHECK(p.metrics[1].name == "training error");
    CHECK(p.metrics[1].value == near(error_rate(net, labelled), 1e-13));
  }
  fine_tune(net, labelled.images, one_hot(labelled.labels), BackpropagationOf<SquaredError>{},
            SGD{.learning_rate = 0}, {.epochs = 1}, rng, history);
  REQUIRE(history.epochs[2].metrics.size() == 1);
  CHECK(history.epochs[2].metrics[0].name == "half squared error");
  CHECK(history.epochs[2].metrics[0].value ==
        near((y - one_hot(labelled.labels)).squaredNorm() / 2 / 23, 1e-13));
}

TEST_CASE("small steps over all data lower the loss at each step, for both losses") {
  const auto check = [](auto trainer) {
    auto net = new_net();
    History history;
    Random rng(2);
    fine_tune(net, labelled, trainer, SGD{.learning_rate = 0.5}, {.epochs = 200, .batch_size = 23},
              rng, history);
    for (std::size_t i = 1; i < history.epochs.size(); ++i)
      CHECK(history.epochs[i].metrics[0].value < history.epochs[i - 1].metrics[0].value);
  };
  check(Backpropagation{});
  check(BackpropagationOf<SquaredError>{});
}

TEST_CASE(
    "a net learns two classes that can be told apart, in float, with noise and binary inputs") {
  const auto classes = two_classes<float>(6, 200);
  Random rng(3);
  auto net = untrained_classifier<float>({6, 20, 2});
  initialise(net, rng);
  fine_tune(net, classes, Backpropagation{.sample_hidden = true}, Adam{.learning_rate = 0.02},
            {.epochs = 40, .batch_size = 20, .binarise = true}, rng);
  CHECK(error_rate(net, classes) == 0);
}

TEST_CASE("a linear net with squared error finds least squares") {
  Random rng(4);
  const Matrix<double> x = rng.normal<double>(3, 40), t = rng.normal<double>(2, 40);
  Dense<Gaussian<double>> net(3, 2);
  fine_tune(net, x, t, BackpropagationOf<SquaredError>{}, SGD{.learning_rate = 0.5},
            {.epochs = 500, .batch_size = 40}, rng);
  Matrix<double> x1(4, 40);
  x1 << x, Row<double>::Ones(40);
  const Matrix<double> best = t * x1.transpose() * (x1 * x1.transpose()).inverse();
  CHECK(distance(net.weights, best.leftCols(3)) < 1e-12);
  CHECK(distance(net.units.bias, best.col(3)) < 1e-12);
}
