// SPDX-License-Identifier: MIT
// Training gives the same bits at any number of threads.
#include "strata/core/parallel.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/optim/adam.hpp"
#include "strata/optim/penalties.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/pretrain.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// A stack whose products and passes are cut into tiles: 300-200-150, batches of 200 and one of
/// 100.
template <class Scalar>
Classifier<Scalar> trained(int n, const auto& estimator, const auto& optimiser) {
  const ThreadCount set(n);
  const auto data = two_classes<Scalar>(300, 700);
  Random rng(1);
  DBN<Scalar> dbn({300, 200, 150});
  const Training training{.epochs = 1, .batch_size = 200, .binarise = true};
  pretrain(dbn, data.images, estimator, optimiser, training, rng,
           WeightDecay{.l2 = 0.001, .l1 = 1e-5}, Sparsity{.target = 0.2}, MaxNorm{2});
  auto net = classifier(dbn, 2, rng);
  fine_tune(net, data, Backpropagation{.sample_hidden = true}, optimiser, training, rng,
            MaxNorm{1});
  return net;
}

template <class Scalar>
void check_threads(const auto& estimator, const auto& optimiser) {
  const auto one = trained<Scalar>(1, estimator, optimiser);
  const auto two = trained<Scalar>(2, estimator, optimiser);
  const auto three = trained<Scalar>(3, estimator, optimiser);
  CHECK(same_bits(one, two));
  CHECK(same_bits(one, three));
}

}  // namespace

TEST_CASE("one, two and three threads train a stack to the same bits") {
  check_threads<float>(ContrastiveDivergence{}, SGD{.momentum = 0.5, .nesterov = true});
  check_threads<float>(PersistentContrastiveDivergence{}, Adam{});
  check_threads<double>(ContrastiveDivergence{.steps = 2}, Adam{});
}
