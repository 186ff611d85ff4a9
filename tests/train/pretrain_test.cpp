// SPDX-License-Identifier: MIT
#include "strata/train/pretrain.hpp"

#include "strata/optim/adam.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/units/activation.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

const ContrastiveDivergence cd{.steps = 1};
const SGD sgd{.learning_rate = 0.1, .momentum = 0.5};
const Training two_epochs{.epochs = 2, .batch_size = 7, .binarise = true};

}  // namespace

TEST_CASE("pre-training trains each layer on the means of the layers below") {
  const Matrix<double> data = two_classes<double>(8, 30).images;
  DBN<double> net({8, 6, 5, 3});
  Random one(1), other(1);
  pretrain(net, data, cd, sgd, two_epochs, one, WeightDecay{.l2 = 0.01});

  BB a(8, 6), b(6, 5), c(5, 3);
  train(a, data, cd, sgd, two_epochs, other, WeightDecay{.l2 = 0.01});
  train(b, up(a, data), cd, sgd, two_epochs, other, WeightDecay{.l2 = 0.01});
  train(c, up(b, up(a, data)), cd, sgd, two_epochs, other, WeightDecay{.l2 = 0.01});
  CHECK(same_bits(net, stack(a, b, c)));
  CHECK(one.counter() == other.counter());
}

TEST_CASE("each layer may have a trainer of its own") {
  Random one(2), other(2);
  const Matrix<double> data = one.normal<double>(4, 25);
  other.normal<double>(4, 25);
  auto net = stack(GB(4, 5), BB(5, 3));
  std::vector<std::size_t> indices;
  const auto train_bottom = [](auto& layer, const auto& x, Random& rng) {
    train(layer, x, cd, SGD{.learning_rate = 0.01}, {.epochs = 3}, rng);
  };
  const auto train_top = [](auto& layer, const auto& x, Random& rng) {
    train(layer, x, PersistentContrastiveDivergence{}, Adam{}, {.epochs = 2}, rng);
  };
  pretrain(net, data, [&](auto& layer, const auto& x, std::size_t index) {
    indices.push_back(index);
    CHECK(x.rows() == input_size(layer));
    index == 0 ? train_bottom(layer, x, one) : train_top(layer, x, one);
  });
  CHECK(indices == std::vector<std::size_t>{0, 1});

  GB bottom(4, 5);
  BB top(5, 3);
  train_bottom(bottom, data, other);
  train_top(top, up(bottom, data), other);
  CHECK(same_bits(net, stack(bottom, top)));
}

TEST_CASE("pre-training a stack of one layer, or one RBM, is training it") {
  const Matrix<double> data = two_classes<double>(8, 30).images;
  BB alone(8, 6), bare(8, 6);
  auto net = stack(BB(8, 6));
  Random one(1), other(1), third(1);
  train(alone, data, cd, sgd, two_epochs, one);
  pretrain(net, data, cd, sgd, two_epochs, other);
  pretrain(bare, data, cd, sgd, two_epochs, third);
  CHECK(same_bits(net.layers[0], alone));
  CHECK(same_bits(bare, alone));
}

TEST_CASE("observers see every epoch of every layer") {
  DBN<float> net({8, 6, 5});
  Random rng(1);
  std::vector<std::string> seen;
  pretrain(net, two_classes<float>(8, 30).images, cd, sgd, two_epochs, rng,
           [&](const Progress& p, const RBM<float>& m) {
             seen.push_back(text(p.task, " ", p.epoch));
             CHECK(describe(m) == p.task);
           });
  CHECK(seen == std::vector<std::string>{
                    "RBM 8-6 (Bernoulli, Bernoulli) 1", "RBM 8-6 (Bernoulli, Bernoulli) 2",
                    "RBM 6-5 (Bernoulli, Bernoulli) 1", "RBM 6-5 (Bernoulli, Bernoulli) 2"});
}

TEST_CASE("layers that give what the next cannot take are refused before one learns") {
  using Rectified = Autoencoder<double, ReLU<double>>;
  Stack<Rectified> net({8, 6, 5});
  Random rng(1);
  const auto learn = [&](auto& some) {
    pretrain(some, two_classes<double>(8, 30).images, Reconstruction{}, sgd, {.epochs = 2}, rng);
  };
  CHECK(message_of([&] { learn(net); }) ==
        "pretrain: layer 1 (autoencoder 6-5 (Bernoulli, ReLU)) takes values in [0, 1], but layer 0 "
        "(autoencoder 8-6 (Bernoulli, ReLU)) gives values in [0, inf]");
  CHECK(net.layers[0].weights.isZero(0));
  auto fitting = stack(Rectified(8, 6), Autoencoder<Gaussian<double>, ReLU<double>>(6, 5));
  learn(fitting);
  CHECK_FALSE(std::get<1>(fitting.layers).weights.isZero(0));
}

TEST_CASE("data that do not fit the bottom layer leave the stack as it was") {
  DBN<double> net({8, 6, 5});
  const auto before = net;
  Random rng(1);
  CHECK(message_of([&] { pretrain(net, Matrix<double>::Zero(9, 3), cd, sgd, {}, rng); }) ==
        "train: data has 9 rows, but the model has 8 visible units");
  CHECK(same_bits(net, before));
}
