// SPDX-License-Identifier: MIT
// What train and fine_tune refuse, with the model and the random numbers as they were.
#include <limits>

#include "strata/optim/adam.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/observers.hpp"
#include "strata/train/train.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

const double nan_value = std::numeric_limits<double>::quiet_NaN();
const double infinity = std::numeric_limits<double>::infinity();

/// What training a model, new or not, said; it must stay as it was.
template <class M = BB, class Estimator = ContrastiveDivergence, class Optimiser = SGD,
          class... Plugins>
std::string train_error(const Matrix<double>& data, const Training& training = {},
                        const Estimator& estimator = {}, const Optimiser& optimiser = {},
                        Plugins... plugins) {
  std::string message;
  for (const double weight : {0.0, 0.5}) {
    M m(2, 3);
    m.weights.setConstant(weight);
    const M before = m;
    Random rng(1);
    message = message_of([&] { train(m, data, estimator, optimiser, training, rng, plugins...); });
    CHECK(same_bits(m, before));
    CHECK(rng.counter() == 0);
  }
  return message;
}

Classifier<double> small_net() {
  Random rng(2);
  auto net = untrained_classifier<double>({2, 4, 3});
  initialise(net, rng);
  return net;
}

template <class Optimiser = SGD, class... Plugins>
std::string fine_tune_error(const LabelledData<double>& data, const Training& training = {},
                            const Backpropagation& trainer = {}, const Optimiser& optimiser = {},
                            Plugins... plugins) {
  auto net = small_net();
  Random rng(1);
  const auto message =
      message_of([&] { fine_tune(net, data, trainer, optimiser, training, rng, plugins...); });
  CHECK(same_bits(net, small_net()));
  CHECK(rng.counter() == 0);
  return message;
}

std::string target_error(const Matrix<double>& data, const Matrix<double>& targets) {
  auto net = small_net();
  Random rng(1);
  const auto message =
      message_of([&] { fine_tune(net, data, targets, Backpropagation{}, SGD{}, {}, rng); });
  CHECK(same_bits(net, small_net()));
  return message;
}

Matrix<double> half(Index rows, Index cols) { return Matrix<double>::Constant(rows, cols, 0.5); }
Matrix<double> half_with(double bad, Index row, Index column) {
  Matrix<double> x = half(2, 30);
  x(row, column) = bad;
  return x;
}

const LabelledData<double> good{half(2, 3), {0, 1, 2}};

}  // namespace

TEST_CASE("train refuses data of a wrong shape") {
  CHECK(train_error(half(3, 5)) == "train: data has 3 rows, but the model has 2 visible units");
  CHECK(train_error(half(2, 0)) == "train: data has 0 columns, but at least 1 is needed");
}

TEST_CASE("train refuses values that are not finite or out of range, by row and column") {
  CHECK(train_error(half_with(nan_value, 1, 17)) ==
        "train: data has nan at row 1, column 17, but the units take values in [0, 1]");
  CHECK(train_error(half_with(255, 0, 29)) ==
        "train: data has 255 at row 0, column 29, but the units take values in [0, 1]");
  CHECK(train_error(half_with(-0.25, 1, 0)) ==
        "train: data has -0.25 at row 1, column 0, but the units take values in [0, 1]");
  CHECK(train_error<GB>(half_with(infinity, 1, 3)) ==
        "train: data has inf at row 1, column 3, but the units take finite values");
  CHECK(train_error<GB>(half_with(-2, 1, 3), {.binarise = true}) ==
        "train: data has -2 at row 1, column 3, but the units take values in [0, 1]");
}

TEST_CASE("train refuses options without a meaning before it changes anything") {
  const Matrix<double> x = half(2, 5);
  CHECK(train_error(x, {.epochs = -1}) == "train: epochs has -1, but at least 0 is needed");
  CHECK(train_error(x, {.batch_size = 0}) == "train: batch_size has 0, but at least 1 is needed");
  CHECK(train_error(x, {}, ContrastiveDivergence{.steps = 0}) ==
        "ContrastiveDivergence: steps has 0, but at least 1 is needed");
  CHECK(train_error(x, {}, PersistentContrastiveDivergence{.chains = -1}) ==
        "PersistentContrastiveDivergence: chains has -1, but at least 0 is needed");
  const ContrastiveDivergence cd;
  CHECK(train_error(x, {}, cd, SGD{.learning_rate = -1}) ==
        "SGD: learning_rate has -1, but at least 0 is needed");
  CHECK(train_error(x, {}, cd, Adam{.beta1 = 1}) ==
        "Adam: beta has 1, but a value in [0, 1) is needed");
  CHECK(train_error(x, {}, cd, SGD{}, WeightDecay{.l2 = -1}) ==
        "WeightDecay: l2, l1 has -1, 0, but at least 0 is needed");
  CHECK(train_error(x, {}, cd, SGD{}, MaxNorm{0}) ==
        "MaxNorm: limit has 0, but more than 0 is needed");
  CHECK(train_error(x, {}, cd, SGD{}, Sparsity{.target = 1}) ==
        "Sparsity: target has 1, but a value in (0, 1) is needed");
  CHECK(message_of([] { EarlyStopping<BB>([](const BB&) { return 0.0; }, 0); }) ==
        "EarlyStopping: patience has 0, but at least 1 is needed");
}

TEST_CASE("fine_tune refuses data and labels that do not fit the net or one another") {
  CHECK(fine_tune_error({half(3, 2), {0, 1}}) ==
        "fine_tune: data.images has 3 rows, but the model has 2 inputs");
  CHECK(fine_tune_error({half(2, 0), {}}) ==
        "fine_tune: data has 0 columns, but at least 1 is needed");
  CHECK(fine_tune_error({half(2, 3), {0, 1}}) == "fine_tune: data has 2 labels, but 3 images");
  CHECK(fine_tune_error({half(2, 3), {0, 1, 3}}) ==
        "fine_tune: data has label 3 at column 2, but the model has classes 0 to 2");
  CHECK(fine_tune_error({half(2, 3), {0, -1, 2}}) ==
        "fine_tune: data has label -1 at column 1, but the model has classes 0 to 2");
  CHECK(fine_tune_error({half_with(nan_value, 1, 17), Labels(30)}) ==
        "fine_tune: data has nan at row 1, column 17, but the units take finite values");
  CHECK(fine_tune_error({half_with(2, 1, 17), Labels(30)}, {.binarise = true}) ==
        "fine_tune: data has 2 at row 1, column 17, but the units take values in [0, 1]");
  CHECK(target_error(half(3, 2), half(3, 2)) ==
        "fine_tune: data has 3 rows, but the model has 2 inputs");
  CHECK(target_error(half(2, 2), half(2, 2)) ==
        "fine_tune: targets has 2 rows, but the model has 3 outputs");
  CHECK(target_error(half(2, 2), half(3, 4)) == "fine_tune: targets has 4 columns, but 2 of data");
  CHECK(target_error(half(2, 2), Matrix<double>::Constant(3, 2, infinity)) ==
        "fine_tune: targets has inf at row 0, column 0, but the units take values in [0, 1]");
  CHECK(target_error(half(2, 2), Matrix<double>::Constant(3, 2, 2)) ==
        "fine_tune: targets has 2 at row 0, column 0, but the units take values in [0, 1]");
}

TEST_CASE("fine_tune refuses options without a meaning before it changes anything") {
  CHECK(fine_tune_error(good, {.epochs = -1}) ==
        "fine_tune: epochs has -1, but at least 0 is needed");
  CHECK(fine_tune_error(good, {.batch_size = -5}) ==
        "fine_tune: batch_size has -5, but at least 1 is needed");
  CHECK(fine_tune_error(good, {}, {.top_only_epochs = -1}) ==
        "Backpropagation: top_only_epochs has -1, but at least 0 is needed");
  CHECK(fine_tune_error(good, {}, {}, SGD{.momentum = 1}) ==
        "SGD: momentum has 1, but a value in [0, 1) is needed");
  CHECK(fine_tune_error(good, {}, {}, SGD{}, MaxNorm{-1}) ==
        "MaxNorm: limit has -1, but more than 0 is needed");
}
