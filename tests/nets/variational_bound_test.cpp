// SPDX-License-Identifier: MIT
#include "strata/nets/variational_bound.hpp"

#include "nets/enumeration.hpp"
#include "rbm/oracles.hpp"
#include "strata/evaluate/bound.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/exact.hpp"
#include "strata/train/train.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using ExactVariationalBound = VariationalBoundBy<ExactGradient>;

/// log Σ_v e^{−E(v, h)} of each column.
template <AnyRBM M>
Row<double> log_sum_over_visible(const M& m, const Matrix<double>& h) {
  const Matrix<double> table = log_joint(m, all_visible(m), {h});
  Row<double> sums(h.cols());
  for (Index k = 0; k < h.cols(); ++k) sums(k) = log_sum_exp(table.col(k));
  return sums;
}

/// The bound with means in place of the hidden units' states, averaged over the columns:
/// log Σ_h e^{−E₁(v, h)} + Σ_l (log Σ_h e^{−E_{l+1}(h_l, h)} − log Σ_v e^{−E_l(v, h_l)}) − log Z.
template <class Net>
double mean_field_bound(const Net& net, const Matrix<double>& batch) {
  const Index inputs = input_size(net);
  Matrix<double> below = batch.topRows(inputs);
  Row<double> sum = Row<double>::Zero(batch.cols());
  for_each_below_top(
      [&](const auto& m, std::size_t) {
        sum += log_sum_over_hidden(m, below);
        below = sigmoid((m.weights * below).colwise() + m.hidden.bias);
        sum -= log_sum_over_visible(m, below);
      },
      net);
  Matrix<double> v(below.rows() + batch.rows() - inputs, batch.cols());
  v << below, batch.bottomRows(batch.rows() - inputs);
  sum += log_sum_over_hidden(top_layer(net), v);
  return sum.mean() - enumerated_log_z(top_layer(net));
}

/// The bound itself, with every state of the hidden units by its probability.
template <class Net>
double sampled_bound(const Net& net, const Matrix<double>& batch) {
  const Index inputs = input_size(net), labels = batch.rows() - inputs;
  double sum = 0;
  for (Index j = 0; j < batch.cols(); ++j) {
    Matrix<double> states = batch.col(j).head(inputs);  // of the layer below, and their logs of q
    Row<double> log_q = Row<double>::Zero(1), reward = Row<double>::Zero(1);
    for_each_below_top(
        [&](const auto& m, std::size_t) {
          const Matrix<double> h = all_states(m.hidden.size());
          const Matrix<double> joint = log_joint(m, states, every_state(m.hidden));
          const Row<double> up = log_sum_over_hidden(m, states), down = log_sum_over_visible(m, h);
          const Index from = states.cols(), to = h.cols();
          Matrix<double> all(h.rows(), from * to);
          Row<double> log_q_all(from * to), reward_all(from * to);
          for (Index a = 0; a < from; ++a)
            for (Index b = 0; b < to; ++b) {
              all.col(a * to + b) = h.col(b);
              log_q_all(a * to + b) = log_q(a) + joint(a, b) - up(a);
              reward_all(a * to + b) = reward(a) + up(a) - down(b);
            }
          states = all;
          log_q = log_q_all;
          reward = reward_all;
        },
        net);
    Matrix<double> v(states.rows() + labels, states.cols());
    v << states, batch.col(j).tail(labels).replicate(1, states.cols());
    reward += log_sum_over_hidden(top_layer(net), v);
    sum += log_q.array().exp().matrix().dot(reward);
  }
  return sum / static_cast<double>(batch.cols()) - enumerated_log_z(top_layer(net));
}

/// 4 pixels, and a label that goes with them.
Matrix<double> pixels_and_labels(Random& rng) {
  Matrix<double> batch = Matrix<double>::Zero(6, 5);
  batch.topRows(4) = random_states<double>(4, 5, rng, 0.5);
  for (Index j = 0; j < 5; ++j) batch(4 + static_cast<Index>(batch(0, j)), j) = 1;
  return batch;
}

template <class Net>
void check_mean_field(const Net& net, const Matrix<double>& batch) {
  const ExactVariationalBound estimator{.mean_field = true};
  const Vector<double> expected =
      finite_differences(net, [&](const Net& m) { return mean_field_bound(m, batch); });
  CHECK(distance(one_gradient(estimator, net, batch, 1), expected) < 1e-8);
  CHECK(distance(one_gradient(estimator, net, BinaryStates(batch), 1), expected) < 1e-8);
  CHECK(expected.cwiseAbs().maxCoeff() > 0.1);
}

template <class Net>
void check_sampled(const Net& net, const Matrix<double>& batch, int samples, Random& rng) {
  const ExactVariationalBound estimator{.samples = samples};
  const Vector<double> expected =
      finite_differences(net, [&](const Net& m) { return sampled_bound(m, batch); });
  const States<double> bits = BinaryStates(batch);
  CHECK(gradient_z(estimator, net, bits, 1500, rng, expected, samples * batch.cols()) < 5);
}

}  // namespace

TEST_CASE("with means the gradient is the slope of the mean-field bound in every parameter") {
  Random rng(1);
  const Matrix<double> batch = random_states<double>(4, 5, rng, 0.5);
  check_mean_field(randomised(DBN<double>({4, 3}), rng), batch);
  check_mean_field(randomised(DBN<double>({4, 3, 2}), rng), batch);
  check_mean_field(randomised(DBN<double>({4, 3, 2, 3}), rng), batch);
  const Matrix<double> labelled = pixels_and_labels(rng);
  check_mean_field(randomised(labelled_dbn<double>({4, 3, 2}, 2), rng), labelled);
  check_mean_field(randomised(labelled_dbn<double>({4, 3, 2, 3}, 2), rng), labelled);
}

TEST_CASE("the lowest visible units may be of another kind: groups of softmax units") {
  Random rng(7);
  const auto net = randomised(stack(SB(S(3, 2), B(3)), RBM<double>(3, 2)), rng);
  check_mean_field(net, every_state(std::get<0>(net.layers).visible).states.rightCols(4));
}

TEST_CASE("with samples the gradient averages to the slope of the bound in every parameter") {
  Random rng(2);
  const Matrix<double> batch = random_states<double>(4, 5, rng, 0.5);
  check_sampled(randomised(DBN<double>({4, 3, 2}), rng), batch, 2, rng);
  check_sampled(randomised(DBN<double>({4, 3, 2, 3}), rng), batch, 3, rng);
  check_sampled(randomised(labelled_dbn<double>({4, 3, 2, 3}, 2), rng), pixels_and_labels(rng), 2,
                rng);
}

TEST_CASE("the bound is that of the net with directed layers, and not above its likelihood") {
  Random rng(3);
  for (const std::vector<Index>& sizes : {std::vector<Index>{4, 3, 2}, {4, 3, 2, 3}}) {
    const auto net = randomised(DBN<double>(sizes), rng);
    const Matrix<double> v = all_states(4);
    const Row<double> exact = exact_log_likelihood(untied(net), v);
    const Row<double> bound = enumerated_bound(untied(net));
    for (Index k = 0; k < v.cols(); ++k) {
      CHECK(sampled_bound(net, v.col(k)) == near(bound(k)));
      CHECK(bound(k) < exact(k));
    }
  }
}

TEST_CASE("learning by the bound raises it, with samples, with means and with chains at the top") {
  const Matrix<double> data = bars_and_stripes(2);
  const ThreadCount one_thread(1);
  const auto check_learning = [&](const auto& estimator, auto&& bound) {
    Random rng(4);
    DBN<double> net({4, 3, 3});
    net = randomised(net, rng);
    const double before = bound(net, data);
    train(net, data.replicate(1, 10), estimator, SGD{.learning_rate = 0.1},
          {.epochs = 100, .batch_size = 20}, rng);
    CHECK(bound(net, data) > before + 0.2);
    CHECK(exact_log_likelihood(untied(net), data).mean() > sampled_bound(net, data));
  };
  check_learning(ExactVariationalBound{}, sampled_bound<DBN<double>>);
  check_learning(ExactVariationalBound{.mean_field = true}, mean_field_bound<DBN<double>>);
  check_learning(VariationalBound{}, sampled_bound<DBN<double>>);
}

TEST_CASE("the top of the bound learns by its own estimator, whose schedule is followed") {
  Random rng(5);
  const auto net = randomised(DBN<double>({4, 3, 2}), rng);
  const States<double> batch = BinaryStates(random_states<double>(4, 5, rng, 0.5));
  const auto at = [&](const VariationalBound& estimator, double epoch) {
    return one_gradient(estimator, net, batch, 6, epoch);
  };
  const VariationalBound scheduled{.top = {.steps = step(1, 2, 4)}};
  CHECK(at(scheduled, 1) == at({.top = {.steps = 1}}, 0));
  CHECK(at(scheduled, 2) == at({.top = {.steps = 4}}, 0));
  CHECK(at(scheduled, 1) != at(scheduled, 2));

  auto state = scheduled.start(net);
  auto g = net;
  scheduled.gradient(net, batch, state, g, rng);
  CHECK(state.top.negative.v.cols() == 10);  // two samples of each column
}

TEST_CASE("a bound of one sample has nothing to compare it with, which is an error") {
  const DBN<double> net({4, 3, 2});
  CHECK(message_of([&] { VariationalBound{.samples = 1}.start(net); }) ==
        "VariationalBound: samples has 1, but at least 2 are needed");
  CHECK(message_of([&] { VariationalBound{.mean_field = true, .samples = 1}.start(net); }) ==
        "no exception");
  CHECK(message_of([&] { VariationalBound{.top = {.chains = -1}}.start(net); }) ==
        "PersistentContrastiveDivergence: chains has -1, but at least 0 is needed");
}
