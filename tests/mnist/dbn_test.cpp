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
  const double error = reconstruction_error(dbn.layers[0], mnist->test.images.numbers());
  MESSAGE("reconstruction error ", error);
  CHECK(error < 30);  // 24 here; the mean image has 52.7

  auto net = classifier(dbn, 10, rng);
  auto top_alone = net;
  const SGD sgd{.learning_rate = 0.1, .momentum = 0.9};
  fine_tune(net, digits, Backpropagation{}, sgd, {.epochs = 5}, rng);
  fine_tune(top_alone, digits, Backpropagation{.top_only_epochs = 5}, sgd, {.epochs = 5}, rng);
  const double all = error_rate(net, mnist->test), top = error_rate(top_alone, mnist->test);
  MESSAGE("test error ", all, " %, of the top alone ", top, " %");
  CHECK(all < 10);         // 8.1 here; one standard error of the test is 0.3
  CHECK(top > 1.5 * all);  // 18 here: the layers below have learned much
}
