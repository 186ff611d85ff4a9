// SPDX-License-Identifier: MIT
// Training at the edges: no units, one unit, one sample, batches larger than the data, no epochs, stacks of
// one layer and of none.
#include <doctest/doctest.h>

#include "strata/evaluate/error_rate.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/nets/generative.hpp"
#include "strata/nets/reconstruction.hpp"
#include "strata/nets/unroll.hpp"
#include "strata/nets/wake_sleep.hpp"
#include "strata/optim/adam.hpp"
#include "strata/optim/conjugate_gradient.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/chains.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/exact.hpp"
#include "strata/rbm/parallel_tempering.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/pretrain.hpp"
#include "strata/train/train.hpp"
#include "strata/units/activation.hpp"
#include "strata/units/k_sparse.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// All that learning has to do with a shape.
struct TrainingShape {
  Index visible, hidden, samples, batch_size;
};
constexpr Index all_at_once = std::numeric_limits<Index>::max();
constexpr TrainingShape training_shapes[] = {
    {0, 3, 5, 2},   {3, 0, 5, 2},      {0, 0, 5, 2},       {1, 1, 1, 1},
    {1, 1, 1, 100}, {63, 65, 2, 1000}, {65, 127, 130, 64}, {64, 63, 7, all_at_once}};

/// Trains, and looks at what must hold of any shape.
template <class M>
void check_training_at(const TrainingShape& shape, const auto& estimator, const auto& data) {
  CAPTURE(shape.visible);
  CAPTURE(shape.hidden);
  CAPTURE(shape.samples);
  CAPTURE(shape.batch_size);
  Random rng(3);
  M m(shape.visible, shape.hidden);
  int epochs = 0;
  train(m, data, estimator, SGD{.learning_rate = 0.01, .momentum = 0.5},
        {.epochs = 2, .batch_size = shape.batch_size}, rng, [&](const Progress& p, const M&) {
          ++epochs;
          CHECK(p.seen == shape.samples);
          CHECK(std::isfinite(p.metrics.at(0).value));
        });
  CHECK(epochs == 2);
  CHECK(flatten(m).allFinite());
  CHECK(m.weights.rows() == shape.hidden);
  CHECK(m.weights.cols() == shape.visible);
}

template <class M>
void check_bits_and_numbers(const auto& estimator) {
  for (const TrainingShape& shape : training_shapes) {
    Random rng(2);
    const Matrix<double> v = random_states<double>(shape.visible, shape.samples, rng);
    check_training_at<M>(shape, estimator, v);
    check_training_at<M>(shape, estimator, BinaryStates(v));
  }
}

}  // namespace

TEST_CASE("RBMs of any shape learn by every estimator") {
  check_bits_and_numbers<BB>(ContrastiveDivergence{.steps = 2});
  check_bits_and_numbers<BB>(PersistentContrastiveDivergence{.chains = 3});
  check_bits_and_numbers<BB>(
      PersistentContrastiveDivergence{.coordinates = Coordinates::standardised});
  check_bits_and_numbers<BB>(ParallelTempering{.replicas = 2, .adapt_every = 1});
  check_bits_and_numbers<GB>(ContrastiveDivergence{});
  check_bits_and_numbers<GB>(PersistentContrastiveDivergence{});
}

TEST_CASE("a model without hidden units learns the means, one of no visible units nothing") {
  Random rng(1);
  const Matrix<double> v = random_states<double>(4, 400, rng);
  BB alone(4, 0), blind(0, 4);
  train(alone, v, ExactGradient{}, SGD{.learning_rate = 1}, {.epochs = 50, .batch_size = 400}, rng);
  const Vector<double> mean = v.rowwise().mean();
  CHECK(distance(sigmoid(alone.visible.bias), mean) < 1e-6);
  train(blind, constant(0, 400, 0), ExactGradient{}, SGD{.learning_rate = 1}, {}, rng);
  CHECK(blind.hidden.bias.isZero(1e-12));
}

TEST_CASE("autoencoders and belief nets of any shape learn") {
  for (const TrainingShape& shape : training_shapes) {
    Random rng(2);
    const Matrix<double> v = random_states<double>(shape.visible, shape.samples, rng);
    check_training_at<Autoencoder<double>>(shape, Reconstruction{}, v);
    auto net = sbn<double>({shape.visible, shape.hidden, 1});
    train(net, v, WakeSleep{}, SGD{}, {.epochs = 1, .batch_size = shape.batch_size}, rng);
    CHECK(flatten(net).allFinite());
    CHECK(ancestral_samples(net, 0, rng).cols() == 0);
    CHECK(ancestral_samples(net, 3, rng).rows() == shape.visible);
  }
}

TEST_CASE("classifiers of any width learn, in batches of any size, by either kind of optimiser") {
  for (const Index width : {0, 1, 65})
    for (const Index samples : {1, 2, 65})
      for (const Index batch_size : {Index{1}, Index{64}, all_at_once}) {
        CAPTURE(width);
        CAPTURE(samples);
        Random rng(4);
        const auto data = two_classes<double>(5, samples);
        DBN<double> one({5, width});
        pretrain(one, data.images, ContrastiveDivergence{}, SGD{}, {.epochs = 1}, rng);
        CHECK(up(one, data.images).rows() == width);
        auto net = classifier(one, 2, rng);
        const auto before = net;
        fine_tune(net, data, Backpropagation{}, SGD{}, {.epochs = 0}, rng);
        CHECK(same_bits(net, before));
        const Training training{.epochs = 2, .batch_size = batch_size};
        fine_tune(net, data, Backpropagation{.dropout = {.hidden = 0.5}}, Adam{}, training, rng);
        fine_tune(net, data, Backpropagation{}, ConjugateGradient{}, training, rng);
        CHECK(flatten(net).allFinite());
        CHECK(std::isfinite(error_rate(net, data)));
        auto deep = unroll(one);
        fine_tune(deep, data.images, Backpropagation{}, ConjugateGradient{}, training, rng);
        CHECK(flatten(deep).allFinite());
      }
}

TEST_CASE("no epochs leave a model that has learned as it is") {
  Random rng(5);
  BB m = random_rbm<B, B>(4, 3, rng);
  const BB before = m;
  train(m, constant(4, 5, 0.5), ContrastiveDivergence{}, SGD{}, {.epochs = 0}, rng);
  CHECK(same_bits(m, before));
}

TEST_CASE("nothing to measure and nothing to choose from are errors") {
  Random rng(6);
  const BB m = random_rbm<B, B>(4, 3, rng);
  CHECK(message_of([&] { reconstruction_error(m, Matrix<double>(4, 0)); }) ==
        "reconstruction_error: v has 0 columns, but at least 1 is needed");
  CHECK(message_of([&] { classifier(m, 1, rng); }) ==
        "classifier: classes has 1, but at least 2 are needed");
  CHECK(message_of([&] { rng.below(0); }) == "Random: below has 0, but at least 1 is needed");
  CHECK(rng.below(1) == 0);
  CHECK(message_of([&] { for_each_minibatch(3, 0, rng, [](auto) {}); }) ==
        "for_each_minibatch: batch_size has 0, but at least 1 is needed");
  CHECK(message_of([&] { confusion_matrix({}, {}, -1); }) ==
        "confusion_matrix: classes has -1, but at least 0 is needed");
  CHECK(confusion_matrix({}, {}, 0).size() == 0);
  CHECK(message_of([&] { Dense<B>(-1, 3); }) == "Dense: inputs has -1, but at least 0 is needed");
  CHECK(message_of([&] { KSparse<double>(-1, 1); }) ==
        "KSparse: n has -1, but at least 0 is needed");
  CHECK(message_of([&] { Tanh<double>(-1); }) == "tanh: n has -1, but at least 0 is needed");
}

TEST_CASE("training and classifying refuse weights of another shape than the layers") {
  Random rng(8);
  BB m = random_rbm<B, B>(4, 3, rng);
  m.weights.transposeInPlace();
  CHECK(message_of([&] {
          train(m, constant(4, 5, 0.5), ContrastiveDivergence{}, SGD{}, {}, rng);
        }) == "train: weights has 4 x 3 values, but 3 x 4 (hidden x visible units) are needed");
  Dense<B> layer(4, 3);
  layer.weights.setZero(5, 4);
  CHECK(message_of([&] { up(layer, constant(4, 2, 0)); }) ==
        "up: weights has 5 rows, but the model has 3 units");
  CHECK(mean(KSparse<double>(), Matrix<double>(0, 3)).cols() == 3);
}

TEST_CASE("stacks without layers are refused") {
  const std::string message = "stack: the net has 0 layers, but at least 1 is needed";
  Random rng(7);
  DBN<double> dbn;
  const Matrix<double> x = constant(0, 5, 0.5);
  CHECK(message_of([&] { pretrain(dbn, x, ContrastiveDivergence{}, SGD{}, {}, rng); }) == message);
  CHECK(message_of([&] { Dreams<DBN<double>>(dbn, 3, rng); }) == message);
  CHECK(message_of([&] { top_layer(dbn); }) == message);
  CHECK(message_of([&] { bottom_layer(std::as_const(dbn)); }) == message);
  Stack<Dense<B>> net;
  CHECK(message_of([&] { fine_tune(net, x, x, Backpropagation{}, SGD{}, {}, rng); }) == message);
  CHECK(message_of([&] { DBN<double>(std::vector<Index>{5}); }) ==
        "Stack: sizes has 1 entries, but at least 2 are needed");
  CHECK(message_of([&] {
          DBN<double>(std::vector<Index>{5, -2});
        }) == "Bernoulli: n has -2, but at least 0 is needed");
}
