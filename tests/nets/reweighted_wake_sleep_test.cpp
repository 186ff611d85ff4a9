// SPDX-License-Identifier: MIT
#include "strata/nets/reweighted_wake_sleep.hpp"

#include "nets/enumeration.hpp"
#include "strata/evaluate/bound.hpp"
#include "strata/nets/wake_sleep.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/train/train.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// E_p(h|v)[∂ log p(v, h)], and with `wake` E_p(h|v)[∂ log q(h | v)], with what the weights of K
/// recognitions leave of them: their expectation has p(h | v) (1 + (E_p[w] − w(h)) / K), where
/// w(h) = p(h | v) / q(h | v), and terms of order 1/K².
template <GenerativeNet Net>
Vector<double> expected_reweighted(const Net& net, const Row<double>& data, double k, bool wake) {
  const JointStates s = joint_states(net);
  const Row<double> log_p = log_generation(net, s) - for_each_joint(enumerated_likelihood(net), s);
  const Row<double> p = log_p.array().exp(), w = (log_p - log_recognition(net, s)).array().exp();
  const Row<double> mean_w = marginal(p.cwiseProduct(w), s[0]);
  const Row<double> share = for_each_joint(data, s).array() * p.array() *
                            (1 + (for_each_joint(mean_w, s) - w).array() / k);
  return finite_differences(net, [&](const Net& m) {
    const double generation = share.dot(log_generation(m, s));
    return wake ? generation + share.dot(log_recognition(m, s)) : generation;
  });
}

/// Dreams alone: E_p[∂ log q(h | v)].
template <GenerativeNet Net>
Vector<double> expected_sleep(const Net& net) {
  const JointStates s = joint_states(net);
  const Row<double> p = log_generation(net, s).array().exp();
  return finite_differences(net, [&](const Net& m) { return p.dot(log_recognition(m, s)); });
}

/// The parts of a gradient that belong to recognition, or all others.
template <GenerativeNet Net>
Vector<double> part_of(const Net& net, const Vector<double>& gradient, bool recognition) {
  Net mask = net;
  set_zero(mask);
  for_each_directed(
      [](auto& layer, std::size_t) {
        layer.recognition.weights.setOnes();
        layer.recognition.units.bias.setOnes();
      },
      mask);
  const Vector<double> on = flatten(mask);
  const Vector<double> part = gradient.cwiseProduct(on);
  return recognition ? part : Vector<double>(gradient - part);
}

}  // namespace

TEST_CASE("normalised weights sum to one in each group, and log of their mean is returned") {
  Row<double> w{{std::log(1.0), std::log(3.0), -1000, -1000 + std::log(4.0), 900, 900}};
  const Row<double> log_mean = normalise_weights(w, 2);
  CHECK(distance(w, Row<double>{{0.25, 0.75, 0.2, 0.8, 0.5, 0.5}}) < 1e-12);
  CHECK(distance(log_mean, Row<double>{{std::log(2.0), -1000 + std::log(2.5), 900}}) < 1e-12);

  Row<double> single{{-3, 4}};
  CHECK(normalise_weights(single, 1) == Row<double>{{-3, 4}});
  CHECK(single == Row<double>{{1, 1}});
}

TEST_CASE("one recognition alone is wake-sleep, number for number") {
  Random rng(1);
  const States<double> batch = BinaryStates(random_states<double>(3, 30, rng, 0.6));
  const auto check_net = [&](const auto& net) {
    const Vector<double> plain = one_gradient(WakeSleep{}, net, batch, 2);
    const Vector<double> asleep =
        one_gradient(ReweightedWakeSleep{.samples = 1, .wake = false}, net, batch, 2);
    const Vector<double> both = one_gradient(ReweightedWakeSleep{.samples = 1}, net, batch, 2);
    CHECK(distance(asleep, plain) < 1e-14);
    CHECK(distance(part_of(net, both, false), part_of(net, plain, false)) < 1e-14);
    CHECK(distance(both, plain) > 0.01);
  };
  check_net(randomised(sbn<double>({3, 2, 2}), rng));
  check_net(random_autoregressive_net({3, 2}, rng));
}

TEST_CASE("recognition learns from what was recognised, from dreams, or from the sum of both") {
  Random rng(3);
  const auto net = randomised(sbn<double>({3, 2, 2}), rng);
  const States<double> batch = BinaryStates(random_states<double>(3, 30, rng, 0.6));
  const auto of = [&](bool wake, bool sleep) {
    return one_gradient(ReweightedWakeSleep{.samples = 4, .wake = wake, .sleep = sleep}, net, batch,
                        4);
  };
  const Vector<double> wake = of(true, false), sleep = of(false, true), both = of(true, true);
  const Vector<double> generation = part_of(net, both, false);
  CHECK(distance(part_of(net, wake, false), generation) < 1e-14);
  CHECK(distance(part_of(net, sleep, false), generation) < 1e-14);
  CHECK(distance(part_of(net, both, true), part_of(net, wake + sleep, true)) < 1e-14);
  CHECK(part_of(net, wake, true).cwiseAbs().maxCoeff() > 0.01);
  CHECK(part_of(net, sleep, true).cwiseAbs().maxCoeff() > 0.01);
}

TEST_CASE("with many recognitions the gradient is that of log p(v), but for a bias of order 1/K") {
  Random rng(5);
  const Matrix<double> batch = random_states<double>(3, 4, rng, 0.6);
  const auto check_net = [&](auto net) {
    for (auto& p : parameters(net)) p.value *= 0.7;
    const Row<double> data = frequencies(batch);
    Vector<double> slope = finite_differences(
        net, [&](const auto& m) { return exact_log_likelihood(m, batch).mean(); });
    // The zeros of an autoregressive prior, on its diagonal and above, are no parameters.
    slope = (flatten(net).array() == 0).select(0, slope);
    CHECK(distance(expected_reweighted(net, data, 1e10, false), slope) < 1e-8);
    CHECK(slope.cwiseAbs().maxCoeff() > 0.05);

    const int k = 200;
    const ReweightedWakeSleep awake{.samples = k, .sleep = false};
    CHECK(gradient_z(awake, net, batch, 100, rng, expected_reweighted(net, data, k, true), 4 * k) <
          5);
  };
  check_net(randomised(sbn<double>({3, 2, 2}), rng));
  check_net(random_autoregressive_net({3, 2}, rng));
}

TEST_CASE("dreams are drawn as many as there are data, and average to E_p[∂ log q(h | v)]") {
  Random rng(6);
  const Matrix<double> batch = random_states<double>(3, 20, rng, 0.6);
  const auto net = randomised(sbn<double>({3, 2, 2}), rng);
  const ReweightedWakeSleep asleep{.samples = 3, .wake = false};
  Matrix<double> draws = gradient_draws(asleep, net, batch, 1000, rng);
  for (auto column : draws.colwise()) column = part_of(net, column, true);
  CHECK(largest_z(20 * draws, 20 * expected_sleep(net)) < 5);
  auto state = asleep.start(net);
  auto g = net;
  asleep.gradient(net, batch, state, g, rng);
  CHECK(state.sleep.s[0].cols() == 20);
  CHECK(state.wake.s[1].cols() == 60);
}

TEST_CASE("a schedule of samples is followed, by hand and in training") {
  const ThreadCount one_thread(1);
  Random rng(7);
  auto net = randomised(sbn<double>({3, 2}), rng);
  const States<double> batch = BinaryStates(random_states<double>(3, 20, rng, 0.6));
  const auto at = [&](const Schedule& samples, double epoch) {
    return one_gradient(ReweightedWakeSleep{.samples = samples}, net, batch, 7, epoch);
  };
  CHECK(at(step(2, 1, 9), 0.5) == at(2, 0));
  CHECK(at(step(2, 1, 9), 1) == at(9, 0));
  CHECK(at(2, 0) != at(9, 0));

  std::vector<double> times;
  const Schedule noted = [&](double time) {
    if (times.empty() || times.back() != time) times.push_back(time);
    return 2.0;
  };
  std::string task;
  train(net, batch.bits(), ReweightedWakeSleep{.samples = noted}, SGD{},
        {.epochs = 2, .batch_size = 10}, rng,
        [&](const Progress& progress, const auto&) { task = progress.task; });
  CHECK(times == std::vector<double>{0, 0.5, 1, 1.5});
  CHECK(task == "net 3-2");
}

TEST_CASE("reweighted wake-sleep without samples, or without learning to recognise, is an error") {
  const auto net = sbn<double>({3, 2});
  CHECK(message_of([&] { ReweightedWakeSleep{.samples = 0}.start(net); }) ==
        "ReweightedWakeSleep: samples has 0, but at least 1 is needed");
  CHECK(message_of([&] { ReweightedWakeSleep{.wake = false, .sleep = false}.start(net); }) ==
        "ReweightedWakeSleep: wake, sleep has false, false, but recognition has to learn from one "
        "of them");
}
