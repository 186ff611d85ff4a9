// SPDX-License-Identifier: MIT
#include "strata/train/train.hpp"

#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/exact.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// 23 columns in batches of 5: the last of an epoch has 3.
template <class Scalar>
Matrix<Scalar> some_data() {
  return two_classes<Scalar>(6, 23).images;
}

/// Three epochs at rate 1/4 and momentum 1/2 with L2 decay 1/64, written out. Powers of two, so
/// that a fused multiply-add rounds as the two operations do.
template <class M, class Estimator>
void train_by_hand(M& m, const Matrix<ScalarOf<M>>& data, const Estimator& estimator, Random& rng) {
  using Scalar = ScalarOf<M>;
  auto g = m.zero_gradient();
  M total = m;
  auto state = estimator.start(m);
  auto velocity = zeros(parameters(m));
  for (int epoch = 0; epoch < 3; ++epoch) {
    const auto order = permutation(data.cols(), rng);
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
      end += begin < 15 ? 5 : 4;  // 23 = 5 + 5 + 5 + 4 + 4
      Matrix<Scalar> v(data.rows(), static_cast<Index>(end - begin));
      for (std::size_t k = begin; k < end; ++k)
        v.col(static_cast<Index>(k - begin)) = data.col(order[k]);
      const bool binary = (v.array() * (1 - v.array())).isZero(0);
      const States<Scalar> states = binary ? States<Scalar>(BinaryStates(v)) : States<Scalar>(v);
      estimator.gradient(m, states, state, g, rng);
      total.visible = g.visible;
      total.hidden = g.hidden;
      total.weights = g.weights.matrix() - Scalar(1) / 64 * m.weights;
      auto theta = parameters(m), slope = parameters(total);
      for (std::size_t i = 0; i < theta.size(); ++i) {
        velocity[i] = Scalar(0.5) * velocity[i] + Scalar(0.25) * slope[i].value;
        theta[i].value += velocity[i];
      }
    }
  }
}

const SGD by_hand{.learning_rate = 0.25, .momentum = 0.5};

template <class Scalar, class Estimator>
void check_by_hand(const Estimator& estimator, bool binary = false) {
  Matrix<Scalar> data = some_data<Scalar>();
  if (binary) data = (data.array() > Scalar(0.5)).template cast<Scalar>();
  Random one(1), other(1);
  auto m = random_rbm<Bernoulli<Scalar>, Bernoulli<Scalar>>(6, 4, one);
  auto expected = random_rbm<Bernoulli<Scalar>, Bernoulli<Scalar>>(6, 4, other);
  const auto before = m;
  train(m, data, estimator, by_hand, {.epochs = 3, .batch_size = 5}, one,
        WeightDecay{.l2 = 1.0 / 64});
  train_by_hand(expected, data, estimator, other);
  CHECK(same_bits(m, expected));
  CHECK(one.counter() == other.counter());
  CHECK(distance(m.weights, before.weights) > 0.01);
  CHECK(distance(m.visible.bias, before.visible.bias) > 0.01);
  CHECK(distance(m.hidden.bias, before.hidden.bias) > 0.01);
}

template <class Train>
std::vector<Matrix<double>> batches_of(Train&& run) {
  std::vector<Matrix<double>> batches;
  RBM<double> m(6, 4);
  Random rng(3);
  run(m, Onlooker{&batches}, rng);
  return batches;
}

}  // namespace

TEST_CASE("training is the loop written out, bit for bit") {
  check_by_hand<double>(ContrastiveDivergence{.steps = 2});
  check_by_hand<double>(
      PersistentContrastiveDivergence{.steps = 1, .chains = 7, .coordinates = Coordinates::plain});
  check_by_hand<double>(PersistentContrastiveDivergence{.coordinates = Coordinates::plain});
  check_by_hand<double>(ExactGradient{.coordinates = Coordinates::plain});
  check_by_hand<float>(ContrastiveDivergence{});
  check_by_hand<float>(PersistentContrastiveDivergence{.coordinates = Coordinates::plain});
  check_by_hand<float>(ContrastiveDivergence{.steps = 3}, true);
  check_by_hand<double>(
      PersistentContrastiveDivergence{.steps = 2, .coordinates = Coordinates::plain}, true);
}

TEST_CASE("a model of zeros is initialised first, one in which anything was set is not") {
  const Matrix<double> data = some_data<double>();
  Random one(1), other(1);
  RBM<double> m(6, 4), expected(6, 4);
  train(m, data, ContrastiveDivergence{}, SGD{}, {.epochs = 0}, one);
  initialise(expected, data, other);
  CHECK(same_bits(m, expected));
  train(m, data, ContrastiveDivergence{}, SGD{}, {.epochs = 0}, one);
  CHECK(same_bits(m, expected));

  RBM<double> set(6, 4);
  set.hidden.bias.setOnes();
  train(set, data, ContrastiveDivergence{}, SGD{}, {.epochs = 0}, one);
  CHECK(set.hidden.bias == Vector<double>::Ones(4));
  CHECK(set.weights.isZero(0));
}

TEST_CASE("each epoch shows each column once, in a fresh order, in batches of about one size") {
  Matrix<double> data(6, 23);
  for (Index j = 0; j < 23; ++j) data.col(j).setConstant(static_cast<double>(j) / 23);
  const auto batches = batches_of([&](auto& m, const auto& look, Random& rng) {
    train(m, data, look, SGD{}, {.epochs = 2, .batch_size = 5}, rng);
  });
  REQUIRE(batches.size() == 10);
  std::vector<double> seen[2];
  for (std::size_t b = 0; b < 10; ++b) {
    CHECK(batches[b].cols() == (b % 5 < 3 ? 5 : 4));
    for (const auto column : batches[b].colwise()) {
      CHECK((column.array() == column(0)).all());
      seen[b / 5].push_back(column(0));
    }
  }
  CHECK(seen[0] != seen[1]);
  for (auto& epoch : seen) {
    std::sort(epoch.begin(), epoch.end());
    for (std::size_t j = 0; j < 23; ++j) CHECK(epoch[j] == static_cast<double>(j) / 23);
  }
}

TEST_CASE("a batch may hold one column, or be larger than the data") {
  const Matrix<double> data = some_data<double>();
  const auto sizes = [&](Index batch_size) {
    return batches_of([&](auto& m, const auto& look, Random& rng) {
      train(m, data, look, SGD{}, {.epochs = 1, .batch_size = batch_size}, rng);
    });
  };
  REQUIRE(sizes(1).size() == 23);
  CHECK(sizes(1)[22].cols() == 1);
  REQUIRE(sizes(1000).size() == 1);
  CHECK(sizes(1000)[0] == sizes(23)[0]);
  RBM<double> m(6, 4);
  Random rng(1);
  train(m, data, PersistentContrastiveDivergence{}, SGD{}, {.epochs = 3, .batch_size = 1}, rng);
  CHECK(flatten(m).allFinite());
}

TEST_CASE("binarise draws each value afresh with the data as probability") {
  Matrix<double> data(6, 50);
  for (Index i = 0; i < 6; ++i) data.row(i).setConstant(0.2 * static_cast<double>(i));
  const auto batches = batches_of([&](auto& m, const auto& look, Random& rng) {
    train(m, data, look, SGD{}, {.epochs = 200, .batch_size = 50, .binarise = true}, rng);
  });
  Matrix<double> draws(6, 50 * 200);
  for (Index k = 0; k < 200; ++k)
    draws.middleCols(50 * k, 50) = batches[static_cast<std::size_t>(k)];
  CHECK((draws.array() * (1 - draws.array())).isZero(0));
  CHECK(largest_z(draws, data.col(0)) < 5);
  CHECK(batches[0] != batches[1]);
  const auto grey = batches_of([&](auto& m, const auto& look, Random& rng) {
    train(m, data, look, SGD{}, {.epochs = 1, .batch_size = 50}, rng);
  });
  CHECK(grey[0] == data);
}

TEST_CASE("an epoch measures the squared reconstruction error per sample") {
  Random rng(4);
  auto m = small_rbm<GB>(rng);
  const Matrix<double> v = rng.normal<double>(2, 1500);
  const auto error = [&](Index j) {
    return (v.col(j) - visible_mean(m, hidden_mean(m, v.col(j)))).squaredNorm();
  };
  double all = 0, some = 0;  // every third is left out of a thousand
  for (Index j = 0; j < 1500; ++j) {
    all += error(j);
    if (j % 3 < 2) some += error(j);
  }
  CHECK(reconstruction_error(m, v) == near(all / 1500));
  double measured = 0;
  train(m, v, Onlooker{}, SGD{}, {.epochs = 1}, rng,
        [&](const Progress& p, const GB&) { measured = p.metrics.at(0).value; });
  CHECK(measured == near(some / 1000));
}

TEST_CASE("contrastive divergence learns the visible marginals") {
  // From biases far off: what stays of the error is that of CD and the noise of the last batches.
  Random rng(5);
  Matrix<double> data =
      rng.bernoulli(Matrix<double>(Vector<double>{{0.1, 0.5, 0.9}}.replicate(1, 1000)));
  auto m = random_rbm<B, B>(3, 2, rng, 0.1);
  m.visible.bias << 3, 3, -3;
  train(m, data, ContrastiveDivergence{}, SGD{.learning_rate = step(0.5, 20, 0.02)},
        {.epochs = 30, .batch_size = 50}, rng);
  const Matrix<double> states = all_states(3);
  const Vector<double> p = (-free_energy(m, states).array() - log_partition(m)).exp();
  CHECK(distance(states * p, Vector<double>(data.rowwise().mean())) < 0.03);
}
