// SPDX-License-Identifier: MIT
// Penalties as parts of a run.
#include "strata/optim/penalties.hpp"

#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/train.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Checks after each batch that no row of any weights is longer than the limit.
template <class Net>
struct RowWatch {
  Net& net;
  double limit;
  double* longest;

  void batch(const Progress&) {
    for (const auto& p : parameters(net))
      if (p.role == Role::weights) {
        CHECK(p.value.rowwise().norm().maxCoeff() < limit * (1 + 1e-14));
        *longest = std::max(*longest, p.value.rowwise().norm().maxCoeff());
      }
  }
};

Matrix<double> activity(const BB& m, const Matrix<double>& v) {
  return hidden_mean(m, v).rowwise().mean();
}

}  // namespace

TEST_CASE("decay alone shrinks the weights by a factor at each step, whatever the batch size") {
  const auto data = two_classes<double>(6, 12).images;
  for (const Index batch_size : {1, 4, 12}) {
    Random rng(1);
    auto m = random_rbm<B, B>(6, 4, rng);
    const auto before = m;
    train(m, data, Onlooker{}, SGD{.learning_rate = 0.5}, {.epochs = 3, .batch_size = batch_size},
          rng, WeightDecay{.l2 = 0.1});
    const double steps = 36.0 / static_cast<double>(batch_size);
    CHECK(distance(m.weights, std::pow(1 - 0.5 * 0.1, steps) * before.weights) < 1e-14);
    CHECK(m.visible.bias == before.visible.bias);
    CHECK(m.hidden.bias == before.hidden.bias);
  }
}

TEST_CASE("L1 decay alone moves each weight by rate times l1 towards 0") {
  Random rng(2);
  auto m = random_rbm<B, B>(6, 4, rng);
  const Matrix<double> before = m.weights;
  train(m, two_classes<double>(6, 12).images, Onlooker{}, SGD{.learning_rate = 0.5},
        {.epochs = 1, .batch_size = 12}, rng, WeightDecay{.l1 = 1e-4});
  CHECK(distance(m.weights.cwiseAbs(), (before.cwiseAbs().array() - 5e-5).matrix()) < 1e-14);
}

TEST_CASE("a max-norm holds after each step, in one RBM and in a net") {
  const auto data = two_classes<double>(6, 40);
  Random rng(3);
  double longest = 0;
  auto m = random_rbm<B, B>(6, 4, rng, 0.1);
  train(m, data.images, ContrastiveDivergence{}, SGD{.learning_rate = 1},
        {.epochs = 20, .batch_size = 10}, rng, MaxNorm{0.5}, RowWatch<BB>{m, 0.5, &longest});
  CHECK(longest > 0.49);  // it was needed
  auto net = untrained_classifier<double>({6, 5, 2});
  initialise(net, rng);
  longest = 0;
  fine_tune(net, data, Backpropagation{}, SGD{.learning_rate = 1}, {.epochs = 20, .batch_size = 10},
            rng, MaxNorm{0.7}, RowWatch<decltype(net)>{net, 0.7, &longest});
  CHECK(longest > 0.69);
}

TEST_CASE("the pull of sparsity goes to the hidden bias and, by the mean input, to the weights") {
  Random rng(4);
  const Matrix<double> data = sigmoid(two_classes<double>(2, 9).images);
  auto m = random_rbm<B, B>(2, 3, rng);
  const auto before = m;
  const Vector<double> q = hidden_mean(m, data).rowwise().mean();
  const Vector<double> pull = 2 * (0.2 - q.array());
  const Vector<double> mean_input = data.rowwise().mean();
  train(m, data, Onlooker{}, SGD{.learning_rate = 1}, {.epochs = 1, .batch_size = 9}, rng,
        Sparsity{.target = 0.2, .strength = 2});
  CHECK(distance(m.hidden.bias - before.hidden.bias, pull) < 1e-14);
  CHECK(distance(m.weights - before.weights, pull * mean_input.transpose()) < 1e-14);
  CHECK(m.visible.bias == before.visible.bias);
}

TEST_CASE("sparsity alone brings each unit's mean activity to the target") {
  Random rng(5);
  const auto data = two_classes<double>(6, 30).images;
  auto m = random_rbm<B, B>(6, 4, rng);
  CHECK((activity(m, data).array() - 0.1).abs().minCoeff() > 0.1);
  train(m, data, Onlooker{}, SGD{.learning_rate = 1}, {.epochs = 500, .batch_size = 30}, rng,
        Sparsity{.target = 0.1, .strength = 1});
  CHECK(distance(activity(m, data), Matrix<double>::Constant(4, 1, 0.1)) < 1e-10);
}

TEST_CASE("penalties of a fine-tuned net are slopes of the objective, weights only") {
  // With rate 0.5, one step over all data differs from the one without by 0.5 · (−l2 w − l1 sign
  // w).
  const auto data = two_classes<double>(6, 10);
  Random rng(6);
  auto plain = untrained_classifier<double>({6, 5, 2});
  initialise(plain, rng);
  auto decayed = plain;
  auto start = plain;
  const auto step_of = [&](auto& net, auto... penalties) {
    Random same(7);
    fine_tune(net, data, Backpropagation{}, SGD{.learning_rate = 0.5},
              {.epochs = 1, .batch_size = 10}, same, penalties...);
  };
  step_of(plain);
  step_of(decayed, WeightDecay{.l2 = 0.2}, WeightDecay{.l1 = 0.1});
  const auto a = parameters(decayed), b = parameters(plain), c = parameters(start);
  for (std::size_t i = 0; i < a.size(); ++i) {
    Matrix<double> expected = b[i].value;
    if (a[i].role == Role::weights)
      expected.array() -= 0.5 * (0.2 * c[i].value.array() + 0.1 * c[i].value.array().sign());
    CHECK(distance(a[i].value, expected) < 1e-15);
  }
}
