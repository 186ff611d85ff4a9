// SPDX-License-Identifier: MIT
#include "strata/nets/wake_sleep.hpp"

#include "io/testing.hpp"
#include "nets/enumeration.hpp"
#include "rbm/oracles.hpp"
#include "strata/io/safetensors.hpp"
#include "strata/nets/reweighted_wake_sleep.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/train/train.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE(
    "awake the generation ascends E_q[log p(v, h)], asleep the recognition E_p[log q(h | v)]") {
  Random rng(1);
  const Matrix<double> batch = random_states<double>(3, 40, rng, 0.6);
  const auto check_net = [&](const auto& net) {
    const Vector<double> expected = expected_wake_sleep(net, frequencies(batch));
    CHECK(gradient_z(WakeSleep{}, net, batch, 1000, rng, expected) < 5);
    const States<double> bits = BinaryStates(batch);
    CHECK(gradient_z(WakeSleep{}, net, bits, 1000, rng, expected) < 5);
    CHECK(expected.cwiseAbs().maxCoeff() > 0.1);
  };
  check_net(randomised(sbn<double>({3, 2, 2}), rng));
  check_net(random_autoregressive_net({3, 2}, rng));
}

TEST_CASE("wake-sleep raises the exact bound of a sigmoid belief net, and its likelihood") {
  const ThreadCount one_thread(1);
  const Matrix<double> data = bars_and_stripes(2);
  Random rng(9);
  SBN<double> net = sbn<double>({4, 3, 2});
  train(net, data, WakeSleep{}, SGD{}, {.epochs = 0}, rng);  // initialises alone
  const Row<double> p = frequencies(data);
  const double bound = enumerated_bound(net).dot(p), likelihood = enumerated_likelihood(net).dot(p);
  double measured = 0;
  train(net, data.replicate(1, 100), WakeSleep{}, SGD{.learning_rate = 0.2},
        {.epochs = 60, .batch_size = 20}, rng, [&](const Progress& progress, const SBN<double>&) {
          measured = progress.metrics.at(1).value;
          CHECK(progress.metrics.at(1).name == "bound");
        });
  CHECK(enumerated_bound(net).dot(p) > bound + 0.2);
  CHECK(enumerated_likelihood(net).dot(p) > likelihood + 0.2);

  // What observers are told is that bound from one recognition of 800 samples.
  const JointStates s = joint_states(net);
  const Row<double> log_q = log_recognition(net, s), log_w = log_generation(net, s) - log_q;
  const Row<double> q = log_q.array().exp() * for_each_joint(p, s).array();
  const double mean = q.dot(log_w), spread = q.dot((log_w.array() - mean).square().matrix());
  CHECK(std::abs(measured - mean) < 5 * std::sqrt(spread / 800));
}

TEST_CASE(
    "wake-sleep, reweighted or not, and up-down give the same bits at any number of threads") {
  // Wide enough for products and passes to be cut into tiles.
  const auto data = two_patterns(200, 150);
  const Training training{.epochs = 1, .batch_size = 150};
  const auto trained = [&](int n, auto net, const auto& estimator, const auto& some) {
    const ThreadCount set(n);
    Random rng(12);
    train(net, some, estimator, SGD{.momentum = 0.5}, training, rng);
    return net;
  };
  const auto check_threads = [&](const auto& net, const auto& estimator, const auto& some) {
    const auto one = trained(1, net, estimator, some);
    CHECK(same_bits(one, trained(2, net, estimator, some)));
    CHECK(!same_bits(one, net));
  };
  const auto belief = sbn<double>({200, 150, 130});
  check_threads(belief, WakeSleep{}, data.images);
  check_threads(belief, ReweightedWakeSleep{.samples = 2}, data.images);
  check_threads(untied(labelled_dbn<double>({200, 150, 130}, 2)), UpDown{}, data);
}

TEST_CASE("a net saved, loaded and trained on is the net never saved, bit for bit") {
  const ThreadCount one_thread(1);
  const auto data = two_patterns(6, 60);
  const TemporaryFolder folder;
  const Training training{.epochs = 2, .batch_size = 10};
  const auto check_resumed = [&](auto net, const auto& estimator, const auto& some) {
    Random rng(13);
    auto loaded = net;
    train(net, some, estimator, SGD{.momentum = 0.5}, training, rng);
    save(folder / "net", net);
    load(folder / "net", loaded);
    Random same = rng;
    train(net, some, estimator, SGD{.momentum = 0.5}, training, rng);
    CHECK(!same_bits(net, loaded));
    train(loaded, some, estimator, SGD{.momentum = 0.5}, training, same);
    CHECK(same_bits(net, loaded));
    CHECK(rng.counter() == same.counter());
  };
  check_resumed(sbn<double>({6, 5, 4}), WakeSleep{}, data.images);
  check_resumed(untied(labelled_dbn<double>({6, 5, 4}, 2)), UpDown{}, data);
}

TEST_CASE("what is no net that generates is refused") {
  static_assert(GenerativeNet<SBN<double>> && GenerativeNet<AutoregressiveNet>);
  static_assert(GenerativeNet<DirectedDBN> && GenerativeNet<LabelledDirectedDBN>);
  // Recognition goes through directed layers alone.
  static_assert(!GenerativeNet<Stack<DirectedLayers, Stack<RBM<double>>>>);
  static_assert(!GenerativeNet<Stack<DirectedLayers, RBM<double>, FactorialPrior<B>>>);
  static_assert(!GenerativeNet<DBN<double>> && !GenerativeNet<DirectedLayers>);
  // Dreams refer to their net, which has to stay.
  static_assert(std::is_constructible_v<Dreams<DirectedDBN>, DirectedDBN&, Index, Random&>);
  static_assert(!std::is_constructible_v<Dreams<DirectedDBN>, DirectedDBN, Index, Random&>);

  CHECK(message_of([] { sbn<double>({3}); }) ==
        "sbn: sizes has 1 entries, but at least 2 are needed");
  const Matrix<double> x = Matrix<double>::Zero(2, 5);
  const States<double> s(Matrix<double>::Zero(2, 2));
  CHECK(message_of([&] { log_probability(B(2), x, s); }) ==
        "log_probability: s has 2 columns, but x has 5, which they have to divide");
}
