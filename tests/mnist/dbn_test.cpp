// SPDX-License-Identifier: MIT
// A small deep belief net on 10,000 digits, from pre-training to the test error, in seconds.
#include "mnist/testing.hpp"
#include "strata/evaluate/error_rate.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/pretrain.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("mnist: a small deep belief net learns to read") {
  const auto mnist = mnist_digits();
  if (!mnist) return;
  const auto digits = first(mnist->train, 10000);
  Random rng(1);
  DBN<float> dbn({784, 100, 100});
  pretrain(dbn, digits.images, ContrastiveDivergence{}, SGD{.learning_rate = 0.1, .momentum = 0.5},
           {.epochs = 2}, rng);
  const double raw = reconstruction_error(dbn.layers[0], digits.images);
  MESSAGE("reconstruction error ", raw);

  auto net = classifier(dbn, 10, rng);
  auto top_only = net;
  const SGD sgd{.learning_rate = 0.1, .momentum = 0.9};
  fine_tune(net, digits, Backpropagation{}, sgd, {.epochs = 5}, rng);
  fine_tune(top_only, digits, Backpropagation{.top_only_epochs = 5}, sgd, {.epochs = 5}, rng);
  MESSAGE("test error ", error_rate(net, mnist->test), " %, top alone ", error_rate(top_only, mnist->test));
}
