// SPDX-License-Identifier: MIT
// Two models of two of the caller's own threads learn at once, each in parallel loops of its own: neither
// hears of the other. What they share, memory of a thread and constants, is looked for by the thread
// sanitizer (.ci/check_threads).
#include <memory>
#include <thread>

#include "strata/nets/classifier.hpp"
#include "strata/optim/adam.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/parallel_tempering.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/pretrain.hpp"
#include "strata/units/joint.hpp"
#include "strata/units/stepped_sigmoid.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// What a thread makes of a seed: everything that keeps memory of its own from call to call.
struct OfOneThread {
  Classifier<float> net;
  RBM<Joint<Bernoulli<float>, Softmax<float>>, SteppedSigmoid<float>> joint{
      {Bernoulli<float>(65), Softmax<float>(5, 2)}, SteppedSigmoid<float>(33)};

  explicit OfOneThread(std::uint64_t seed) {
    const ThreadCount two(2);
    Random rng(seed);
    const auto data = two_classes<float>(130, 150, seed);
    DBN<float> dbn({130, 70, 40});
    const Training training{.epochs = 1, .batch_size = 64, .binarise = true};
    pretrain(dbn, data.images, ContrastiveDivergence{}, SGD{}, training, rng);
    net = classifier(dbn, 2, rng);
    fine_tune(net, data, Backpropagation{.sample_hidden = true}, Adam{}, training, rng);
    const States<float> words = noise(joint.visible, 150, rng);
    train(joint, words.matrix(), ParallelTempering{.replicas = 3}, SGD{.learning_rate = 0.001},
          {.epochs = 1, .batch_size = 64}, rng);
  }
};

}  // namespace

TEST_CASE("two models that learn at once in two threads come to what each comes to alone") {
  const OfOneThread first(1), second(2);
  std::unique_ptr<OfOneThread> a, b;
  std::thread one([&] { a = std::make_unique<OfOneThread>(1); });
  std::thread other([&] { b = std::make_unique<OfOneThread>(2); });
  one.join();
  other.join();
  CHECK(same_bits(a->net, first.net));
  CHECK(same_bits(b->net, second.net));
  CHECK(same_bits(a->joint, first.joint));
  CHECK(same_bits(b->joint, second.joint));
}
