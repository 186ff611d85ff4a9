// SPDX-License-Identifier: MIT
// What was trained, saved and loaded computes what it computed before.
#include "io/testing.hpp"
#include "strata/io/safetensors.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/nets/generative.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/pretrain.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

template <class Scalar>
struct Trained {
  LabelledData<Scalar> data = two_classes<Scalar>(7, 40);
  DBN<Scalar> dbn{{7, 5, 4}};
  Classifier<Scalar> net;

  Trained() {
    Random rng(1);
    pretrain(dbn, data.images, ContrastiveDivergence{}, SGD{}, {.epochs = 2, .batch_size = 10},
             rng);
    net = classifier(dbn, 2, rng);
    fine_tune(net, data, Backpropagation{}, SGD{}, {.epochs = 2, .batch_size = 10}, rng);
  }
};

/// Saves a net with random parameters and loads it into one of zeros.
template <class Net>
void check_comes_back(const Net& zeros) {
  const TemporaryFolder folder;
  Random rng(3);
  Net saved = zeros, loaded = zeros;
  for (auto& p : parameters(saved))
    p.value = rng.normal<double>(p.value.rows(), p.value.cols()).template cast<ScalarOf<Net>>();
  save(folder / "x", saved);
  load(folder / "x", loaded);
  CHECK(same_bits(loaded, saved));
  CHECK_FALSE(same_bits(loaded, zeros));
  CHECK(read_contents(folder / "x").architecture() == describe(zeros));
}

}  // namespace

TEST_CASE_TEMPLATE("a trained stack comes back from its file bit for bit", Scalar, float, double) {
  const TemporaryFolder folder;
  const Trained<Scalar> trained;
  save(folder / "dbn", trained.dbn);
  save(folder / "net", trained.net);
  DBN<Scalar> dbn(layer_sizes(read_contents(folder / "dbn")));
  auto net = untrained_classifier<Scalar>(layer_sizes(read_contents(folder / "net")));
  load(folder / "dbn", dbn);
  load(folder / "net", net);
  CHECK(same_bits(dbn, trained.dbn));
  CHECK(same_bits(net, trained.net));
  CHECK(up(net, trained.data.images) == up(trained.net, trained.data.images));
  CHECK(classify(net, trained.data.images) == classify(trained.net, trained.data.images));
}

TEST_CASE("mixed stacks come back too, each parameter by its name") {
  const TemporaryFolder folder;
  Random rng(2);
  const auto saved =
      stack(small_rbm<GB>(rng), random_rbm<B, S>(3, 4, rng), random_rbm<S, G>(4, 2, rng));
  auto loaded = stack(GB(2, 3), BS(3, 4), SG(4, 2));
  save(folder / "x", saved);
  load(folder / "x", loaded);
  CHECK(same_bits(loaded, saved));
  CHECK(read_contents(folder / "x").find("0.visible.log_sigma") != nullptr);
}

TEST_CASE("labelled, untied and directed nets come back bit for bit") {
  const auto dbn = labelled_dbn<float>({7, 5, 4}, 3);
  check_comes_back(dbn);
  check_comes_back(untied(dbn));
  check_comes_back(untied(stack(GB(7, 5), BS(5, 4), SB(4, 3))));
  check_comes_back(sbn<double>({7, 5, 4}));
  check_comes_back(stack(Directed<double>(7, 5), AutoregressivePrior<double>(5)));
}

TEST_CASE("a labelled deep belief net is refused where it has come untied") {
  const TemporaryFolder folder;
  const auto dbn = labelled_dbn<float>({7, 5, 4}, 3);
  save(folder / "x", dbn);
  CHECK(layer_sizes(read_contents(folder / "x")) == std::vector<Index>{7, 5, 4});
  auto net = untied(dbn);
  CHECK(error_of<std::runtime_error>([&] { load(folder / "x", net); }) ==
        (folder / "x").string() + ": at byte 8: found the architecture " + describe(dbn) +
            ", but expected that of the model, " + describe(net));
}

TEST_CASE("a deep belief net is refused where a classifier is expected, and both are named") {
  const TemporaryFolder folder;
  const Trained<float> trained;
  save(folder / "dbn", trained.dbn);
  auto net = trained.net;
  CHECK(error_of<std::runtime_error>([&] { load(folder / "dbn", net); }) ==
        (folder / "dbn").string() +
            ": at byte 8: found the architecture RBM 7-5 (Bernoulli, Bernoulli) | RBM 5-4 "
            "(Bernoulli, "
            "Bernoulli), but expected that of the model, dense 7-5 (Bernoulli) | dense 5-4 "
            "(Bernoulli) | "
            "dense 4-2 (softmax)");
  CHECK(same_bits(net, trained.net));
}
