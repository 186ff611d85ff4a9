// SPDX-License-Identifier: MIT
#include "strata/train/loop.hpp"

#include <limits>

#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/train.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Takes part in everything and writes it down.
struct Diary {
  std::vector<std::string>* words;
  int stop_after = 100;
  mutable int epochs = 0;

  void check_options() const { words->push_back("options"); }
  template <class S>
  void penalise(Piece<S>& p) const {
    if (p.parameter == 0) words->push_back("penalise");
  }
  template <class S>
  void constrain(Parameters<S>&) const {
    words->push_back("constrain");
  }
  void batch(const Progress& p) const { words->push_back(text("batch ", p.seen, "/", p.samples)); }
  template <class M>
  void epoch(const Progress& p, const M&) const {
    words->push_back(text("epoch ", p.epoch, "/", p.epochs));
    ++epochs;
  }
  bool stop() const { return epochs == stop_after; }
  template <class M>
  void finish(M&) const {
    words->emplace_back("finish");
  }
};

}  // namespace

TEST_CASE("a run is gradient, penalties, step, constraints, batch by batch") {
  std::vector<std::string> words;
  RBM<double> m(6, 4);
  Random rng(1);
  train(m, two_classes<double>(6, 8).images, Onlooker{}, SGD{}, {.epochs = 3, .batch_size = 5}, rng,
        Diary{&words, 2});
  const std::vector<std::string> epoch{"penalise", "constrain", "batch 4/8",
                                       "penalise", "constrain", "batch 8/8"};
  std::vector<std::string> expected{"options"};
  for (const char* last : {"epoch 1/3", "epoch 2/3"}) {
    expected.insert(expected.end(), epoch.begin(), epoch.end());
    expected.emplace_back(last);
  }
  expected.emplace_back("finish");  // it asked to stop after two
  CHECK(words == expected);
}

TEST_CASE("schedules are asked for the time in epochs at the start of each batch") {
  std::vector<double> times;
  const Schedule rate = [&](double t) {
    times.push_back(t);
    return 0.1;
  };
  RBM<double> m(6, 4);
  Random rng(1);
  const auto data = two_classes<double>(6, 10).images;
  train(m, data, Onlooker{}, SGD{.learning_rate = rate}, {.epochs = 2, .batch_size = 4}, rng);
  times.erase(std::unique(times.begin(), times.end()), times.end());  // once for each parameter
  CHECK(times == std::vector<double>{0, 0.4, 0.7, 1, 1.4, 1.7});
}

TEST_CASE("a run that leaves the finite numbers stops with the parameters of the step before") {
  const auto data = two_classes<double>(6, 20).images;
  const SGD explodes{.learning_rate = step(0.1, 1.5, std::numeric_limits<double>::infinity()),
                     .momentum = 0.5};
  RBM<double> m(6, 4), stopped(6, 4);
  Random one(1), other(1);
  const auto run = [&](auto& model, Random& rng, auto... plugins) {
    train(model, data, ContrastiveDivergence{}, explodes, {.epochs = 3, .batch_size = 5}, rng,
          plugins...);
  };
  CHECK_THROWS_AS(run(stopped, other, StopAfter{6}), Stopped);
  std::string words;
  try {
    run(m, one);
  } catch (const Diverged& e) {
    words = e.what();
  }
  CHECK(
      words ==
      "train: RBM 6-4 (Bernoulli, Bernoulli) has a step of weights that is not finite at epoch 2, "
      "batch 3, but finite numbers are needed; the model holds the parameters before it");
  CHECK(same_bits(m, stopped));
  CHECK(flatten(m).allFinite());
}

TEST_CASE("one number that is not finite keeps the whole step from being taken") {
  RBM<double> m(3, 2);
  m.weights.setOnes();
  RBM<double> expected = m;
  for (auto& p : parameters(expected)) p.value.array() += 2 * 0.5;  // two batches
  Random rng(1);
  const auto data = two_classes<double>(3, 10).images;
  const auto words = message_of([&] {
    train(m, data, BreaksAt{{3}}, SGD{.learning_rate = 0.5}, {.epochs = 1, .batch_size = 2}, rng);
  });
  CHECK(words.find("has a step of hidden.bias that is not finite at epoch 1, batch 3") !=
        words.npos);
  CHECK(same_bits(m, expected));
}

TEST_CASE("a large model goes back to a copy of at most 100 batches before") {
  RBM<double> m(70, 60);
  m.weights.setConstant(0.25);
  auto expected = m;
  const auto data = two_classes<double>(70, 400).images;
  const auto learn = [&](auto& model, int broken, auto... plugins) {
    Random rng(1);
    train(model, data, BreaksAt{{broken}}, SGD{.learning_rate = 0.5},
          {.epochs = 1, .batch_size = 2}, rng, plugins...);
  };
  const auto words = message_of([&] { learn(m, 150); });
  CHECK(words.find("is not finite at epoch 1, batch 150, but finite numbers are needed; the model "
                   "holds the parameters of 50 batches before it") != words.npos);
  CHECK_THROWS_AS(learn(expected, 150, StopAfter{100}), Stopped);
  CHECK(same_bits(m, expected));
}

TEST_CASE("a step from finite numbers to infinity is not taken") {
  RBM<float> m(3, 2);
  m.weights.setConstant(3e38f);
  const RBM<float> before = m;
  Random rng(1);
  CHECK_THROWS_AS(
      train(m, two_classes<float>(3, 4).images, Onlooker{}, SGD{.learning_rate = 1}, {}, rng,
            WeightDecay{.l2 = -0.0}, [](const Progress&, const auto&) { throw Stopped(); }),
      Stopped);
  CHECK(same_bits(m, before));
  struct Push {
    void penalise(Piece<float>& p) const {
      if (p.role == Role::weights) p.gradient = 3e38f;
    }
  };
  CHECK_THROWS_AS(train(m, two_classes<float>(3, 4).images, Onlooker{}, SGD{.learning_rate = 1}, {},
                        rng, Push{}),
                  Diverged);
  CHECK(same_bits(m, before));
}

TEST_CASE("fine-tuning that leaves the finite numbers names the layer and keeps the step before") {
  const auto data = two_classes<double>(6, 20);
  Random init(1);
  auto net = untrained_classifier<double>({6, 5, 4, 2});
  initialise(net, init);
  auto stopped = net;
  const SGD explodes{.learning_rate = step(0.1, 1, std::numeric_limits<double>::infinity())};
  const auto run = [&](auto& model, auto... plugins) {
    Random rng(2);
    fine_tune(model, data, Backpropagation{}, explodes, {.epochs = 2, .batch_size = 5}, rng,
              plugins...);
  };
  CHECK_THROWS_AS(run(stopped, StopAfter{4}), Stopped);
  CHECK_THROWS_WITH_AS(
      run(net),
      "train: fine-tuning has a step of 0.weights that is not finite at epoch 2, batch 1, "
      "but finite numbers are needed; the model holds the parameters before it",
      Diverged);
  CHECK(same_bits(net, stopped));
}
