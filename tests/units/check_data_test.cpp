// SPDX-License-Identifier: MIT
#include "strata/units/check_data.hpp"

#include "fixtures.hpp"
#include "strata/evaluate/annealed_importance_sampling.hpp"
#include "strata/evaluate/likelihood.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/train/train.hpp"
#include "strata/units/activation.hpp"
#include "strata/units/binomial.hpp"
#include "strata/units/replicated_softmax.hpp"
#include "strata/units/spin.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

template <class M>
std::string trained(M m, const Matrix<double>& data, bool binarise = false) {
  Random rng(1);
  return message_of([&] {
    train(m, data, ContrastiveDivergence{}, SGD{}, {.epochs = 1, .binarise = binarise}, rng);
  });
}

}  // namespace

TEST_CASE("spins are told from bits") {
  using Spins = RestrictedBoltzmannMachine<Spin<double>, Bernoulli<double>>;
  const Matrix<double> bits{{0, 1, 1}, {1, 0, 1}};
  const std::string told = "data has the values 0 and 1, but spin units take -1 and 1";
  CHECK(trained(Spins(2, 2), bits) == "train: " + told);
  CHECK(trained(Spins(2, 2), 0.5 * bits, true) == "train: " + told);
  CHECK(trained(Spins(2, 2), (2 * bits.array() - 1).matrix()) == "no exception");
  CHECK(message_of([&] { base_rate_model(Spins(2, 2), bits); }) == "base_rate_model: " + told);
  CHECK(trained(RBM<double>(2, 2), bits) == "no exception");
  const Tanh<double> tanh(2);  // of which 0 and 1 are values
  CHECK(message_of([&] { check_data("train", "data", tanh, bits); }) == "no exception");
}

TEST_CASE("counts have at most as many as there are trials") {
  using Counts = RestrictedBoltzmannMachine<Binomial<double>, Bernoulli<double>>;
  const Matrix<double> data{{0, 8, 3}, {1, 2, 9}};
  CHECK(trained(Counts(Binomial<double>(2, 9), Bernoulli<double>(2)), data) == "no exception");
  CHECK(trained(Counts(Binomial<double>(2, 8), Bernoulli<double>(2)), data) ==
        "train: data has 9 at row 1, column 2, but the units take values in [0, 8]");
}

TEST_CASE("documents of other lengths than those of Z have no likelihood") {
  using Topics = RestrictedBoltzmannMachine<ReplicatedSoftmax<double>, Bernoulli<double>>;
  const Topics m(ReplicatedSoftmax<double>(3, 4), Bernoulli<double>(2));
  Matrix<double> data{{4, 1}, {0, 2}, {0, 1}};
  // Without weights and biases all 81 ordered documents are alike; 1, 2 and 1 words come in 12 orders.
  CHECK(log_likelihood(m, data, log_partition(m))(1) == near(std::log(12.0 / 81)));
  CHECK(mean_log_likelihood(m, data) == near((std::log(12.0 / 81) - std::log(81.0)) / 2));
  data(1, 1) = 3;
  const std::string told = "v has 5 words at column 1, but the model's Z is of documents of 4";
  CHECK(message_of([&] { log_likelihood(m, data, 1); }) == "log_likelihood: " + told);
  CHECK(message_of([&] { mean_log_likelihood(m, data); }) == "mean_log_likelihood: " + told);
  // Each document is told again at its own length: without weights, as its words' mean.
  CHECK(reconstruction_error(m, data) == near(((16 - 16 / 3.0) + (1 + 9 + 1 - 25 / 3.0)) / 2));
}

TEST_CASE("models without Z are not annealed") {
  GG m(2, 2);
  m.weights = 1.25 * Matrix<double>::Identity(2, 2);
  Random rng(1);
  const Matrix<double> v = Matrix<double>::Zero(2, 3);
  const std::string told =
      "weights has a gain of 1.25, but less than 1 is needed: as both layers grow along it, "
      "the energy falls without bound";
  CHECK(message_of([&] { annealed_importance_sampling(m, v, {}, rng); }) ==
        "annealed_importance_sampling: " + told);
  CHECK(message_of([&] {
          reverse_annealed_importance_sampling(base_rate_model(m, v), m, v, {}, rng);
        }) == "reverse_annealed_importance_sampling: " + told);
}

TEST_CASE_TEMPLATE("steps are whole numbers at every epoch", Estimator, ContrastiveDivergence,
                   PersistentContrastiveDivergence) {
  Random a(1), b(1), c(1);
  const Matrix<double> data =
      Random(3).bernoulli(Matrix<double>(Matrix<double>::Constant(4, 20, 0.4)));
  const auto learn = [&](Schedule steps, Random& rng) {
    RBM<double> m(4, 3);
    train(m, data, Estimator{.steps = steps}, SGD{}, {.epochs = 3, .batch_size = 10}, rng);
    return flatten(m);
  };
  CHECK(learn(1.6, a) == learn(2, b));
  CHECK(message_of([&] {
          learn(linear(2, 0, 2), c);
        }).find("steps has 0 at epoch 3, but at least 1 is needed") != std::string::npos);
}
