// SPDX-License-Identifier: MIT
// Numbers that are none: options that are nan or infinite are refused by name before anything changes, and
// a model that holds such numbers is too.
#include <doctest/doctest.h>

#include "strata/core/schedule.hpp"
#include "strata/evaluate/annealed_importance_sampling.hpp"
#include "strata/evaluate/logistic_pca.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/nets/reconstruction.hpp"
#include "strata/nets/reweighted_wake_sleep.hpp"
#include "strata/optim/adam.hpp"
#include "strata/optim/conjugate_gradient.hpp"
#include "strata/optim/hessian_free.hpp"
#include "strata/optim/penalties.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/fast_persistent_contrastive_divergence.hpp"
#include "strata/rbm/parallel_tempering.hpp"
#include "strata/train/divergence.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/pretrain.hpp"
#include "strata/train/train.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double endless = HUGE_VAL;
const Matrix<double> option_data = constant(4, 6, 0.5);

/// What these options say to being checked.
std::string refusal(const auto& options) {
  return message_of([&] {
    auto copy = options;
    copy.check_options();
  });
}
/// Whether it names the option, and what it has.
bool refused_by_name(const auto& options, const std::string& what, const std::string& got = "nan") {
  const std::string message = refusal(options);
  const bool named =
      message.find(what + " has ") != std::string::npos && message.find(got) != std::string::npos;
  if (!named) MESSAGE(what << ": " << message);
  return named;
}

/// What an estimator says when a run begins.
std::string estimator_refusal(const auto& estimator) {
  return message_of([&] { estimator.start(BB(4, 3)); });
}

}  // namespace

TEST_CASE("options that are nan are refused by name") {
  const double nan = not_a_number;
  CHECK(refused_by_name(SGD{.learning_rate = nan}, "SGD: learning_rate"));
  CHECK(refused_by_name(SGD{.momentum = nan}, "SGD: momentum"));
  CHECK(refused_by_name(SGD{.scale_rate = nan}, "SGD: scale_rate"));
  CHECK(refused_by_name(Adam{.learning_rate = nan}, "Adam: learning_rate"));
  CHECK(refused_by_name(Adam{.beta1 = nan}, "Adam: beta"));
  CHECK(refused_by_name(Adam{.beta2 = nan}, "Adam: beta"));
  CHECK(refused_by_name(Adam{.epsilon = nan}, "Adam: epsilon"));
  CHECK(refused_by_name(Adam{.scale_rate = nan}, "Adam: scale_rate"));
  CHECK(refused_by_name(ConjugateGradient{.first_step = nan}, "ConjugateGradient: first_step"));
  CHECK(refused_by_name(LineSearch{.decrease = nan}, "LineSearch: decrease"));
  CHECK(refused_by_name(LineSearch{.curvature = nan}, "LineSearch: curvature"));
  CHECK(refused_by_name(HessianFree{.damping = nan}, "HessianFree: damping"));
  CHECK(refused_by_name(HessianFree{.tolerance = nan}, "HessianFree: tolerance"));
  CHECK(refused_by_name(HessianFree{.warm_start = nan}, "HessianFree: warm_start"));
  CHECK(refused_by_name(HessianFree{.preconditioner = nan}, "HessianFree: preconditioner"));
  CHECK(refused_by_name(HessianFree{.growth = nan}, "HessianFree: growth"));
  CHECK(refused_by_name(WeightDecay{.l2 = nan}, "WeightDecay: l2, l1"));
  CHECK(refused_by_name(WeightDecay{.l1 = nan}, "WeightDecay: l2, l1"));
  CHECK(refused_by_name(MaxNorm{nan}, "MaxNorm: limit"));
  CHECK(refused_by_name(Sparsity{.target = nan}, "Sparsity: target"));
  CHECK(refused_by_name(Sparsity{.strength = nan}, "Sparsity: strength"));
  CHECK(refused_by_name(Contraction{nan}, "Contraction: strength"));
  CHECK(refused_by_name(Masking{nan}, "Masking: probability"));
  CHECK(refused_by_name(SaltAndPepper{nan}, "SaltAndPepper: probability"));
  CHECK(refused_by_name(GaussianNoise{nan}, "GaussianNoise: deviation"));
  CHECK(refused_by_name(Backpropagation{.dropout = {.input = nan}}, "Backpropagation: dropout"));
  CHECK(refused_by_name(Backpropagation{.dropout = {.hidden = nan}}, "Backpropagation: dropout"));
  CHECK(refused_by_name(BackOff{.factor = nan}, "BackOff: factor"));
}

TEST_CASE("what would silently learn nothing, or downhill, is refused as well") {
  CHECK(refused_by_name(SGD{.learning_rate = endless}, "SGD: learning_rate", "inf"));
  CHECK(refused_by_name(SGD{.scale_rate = -1}, "SGD: scale_rate", "-1"));
  CHECK(refused_by_name(Adam{.learning_rate = endless}, "Adam: learning_rate", "inf"));
  CHECK(refused_by_name(Adam{.epsilon = 0}, "Adam: epsilon", "0"));
  CHECK(refused_by_name(Adam{.epsilon = -1}, "Adam: epsilon", "-1"));
  CHECK(refused_by_name(Adam{.epsilon = endless}, "Adam: epsilon", "inf"));
  CHECK(refused_by_name(ConjugateGradient{.first_step = endless}, "ConjugateGradient: first_step",
                        "inf"));
  CHECK(refused_by_name(HessianFree{.damping = endless}, "HessianFree: damping", "inf"));
  for (const double strange : {endless, not_a_number})
    CHECK(estimator_refusal(FastPersistentContrastiveDivergence{.fast_rate = strange})
              .find("FastPersistentContrastiveDivergence: fast_rate has ") == 0);
  CHECK(estimator_refusal(FastPersistentContrastiveDivergence{.decay = not_a_number}) ==
        "FastPersistentContrastiveDivergence: decay has nan, but a value in [0, 1) is needed");
  const auto of_pca = [](double ridge) {
    return message_of([&] { logistic_pca(option_data, 1, {.ridge = ridge}); });
  };
  for (const double strange : {endless, not_a_number})
    CHECK(of_pca(strange).find("logistic_pca: iterations, ridge has 30, ") == 0);
  Random rng(1);
  CHECK(message_of([&] { classifier(BB(4, 3), 2, rng, not_a_number); }) ==
        "classifier: deviation has nan, but at least 0 is needed");
  BB m(4, 3);
  CHECK(message_of([&] { initialise(m, option_data, rng, endless); }) ==
        "initialise: deviation has inf, but a finite number is needed");
  CHECK(is_new(m));
}

TEST_CASE("steps are a number that an int holds") {
  for (const double wrong : {not_a_number, -1.0, 0.0, 0.4, -endless})
    CHECK(estimator_refusal(ContrastiveDivergence{.steps = wrong}) ==
          text("ContrastiveDivergence: steps has ", wrong, ", but at least 1 is needed"));
  for (const double wrong : {endless, 1e30, 5e9})
    CHECK(estimator_refusal(ParallelTempering{.steps = wrong}) ==
          text("ParallelTempering: steps has ", wrong, ", but at most 2147483647 are possible"));
  CHECK(whole_steps("test", 2147483647.0, 0) == 2147483647);
  for (const double wrong : {not_a_number, 0.0, endless, 1e30})
    CHECK(message_of([&] {
            ReweightedWakeSleep{.samples = wrong}.start(sbn<double>({4, 3}));
          }).find(text("ReweightedWakeSleep: samples has ", wrong, ", but")) == 0);
}

TEST_CASE("schedules without a value are refused") {
  CHECK(message_of([] { in_turn(std::vector<int>(), 3); }) ==
        "in_turn: values has 0 entries, but at least 1 is needed");
  for (const double wrong : {0.0, -1.0, not_a_number}) {
    CHECK(message_of([&] { geometric(wrong, 1, 3); }) ==
          text("geometric: from, to has ", wrong, ", 1, but more than 0 is needed"));
    CHECK(message_of([&] { geometric(1, wrong, 3); }) ==
          text("geometric: from, to has 1, ", wrong, ", but more than 0 is needed"));
  }
  CHECK(linear(1, 2, 0)(0) == 2);  // no epochs, no line
}

TEST_CASE(
    "a schedule that leaves the numbers later ends the run, which keeps what it had learned") {
  for (const double late : {not_a_number, endless}) {
    BB m(4, 3);
    Random rng(1);
    const SGD sgd{.learning_rate = step(0.1, 2, late)};
    CHECK_THROWS_AS(train(m, rng.bernoulli<double>(option_data), ContrastiveDivergence{}, sgd,
                          {.epochs = 5, .batch_size = 3}, rng),
                    Diverged);
    CHECK(flatten(m).allFinite());
    CHECK_FALSE(is_new(m));
  }
}

TEST_CASE("a model that holds numbers that are not finite is refused by name, and left as it is") {
  for (const double wrong : {not_a_number, endless}) {
    BB m(4, 3);
    m.weights(2, 1) = wrong;
    Random rng(1);
    CHECK(message_of([&] { train(m, option_data, ContrastiveDivergence{}, SGD{}, {}, rng); }) ==
          text("train: weights has ", wrong, " at row 2, column 1, but finite numbers are needed"));
    CHECK(m.hidden.bias.isZero(0));
    Stack<RBM<double>> dbn({4, 3, 2});
    dbn.layers[1].hidden.bias(1) = wrong;
    CHECK(message_of([&] {
            pretrain(dbn, option_data, ContrastiveDivergence{}, SGD{}, {}, rng);
          }) == text("pretrain: 1.hidden.bias has ", wrong,
                     " at row 1, column 0, but finite numbers are needed"));
    CHECK(dbn.layers[0].weights.isZero(0));
    auto net = untrained_classifier<double>({4, 3, 2});
    top_layer(net).units.bias(0) = wrong;
    const LabelledData<double> digits{option_data, Labels(6)};
    for (const int epochs : {0, 2})
      CHECK(message_of([&] {
              fine_tune(net, digits, Backpropagation{}, SGD{}, {.epochs = epochs}, rng);
            }) == text("fine_tune: 1.bias has ", wrong,
                       " at row 0, column 0, but finite numbers are needed"));
    CHECK(message_of([&] {
            fine_tune(net, digits, Backpropagation{}, ConjugateGradient{}, {}, rng);
          }).find("fine_tune: 1.bias has ") == 0);
    CHECK(rng.counter() == 0);
  }
}

TEST_CASE("huge and tiny data train real units or end the run, never without finite parameters") {
  Random rng(1);
  const Matrix<double> z = rng.normal<double>(4, 40);
  for (const double scale : {1e30, 1e12, 1e-12, 1e-30, 1e-45, 0.0})
    for (const double shift : {0.0, 1e30, 7.0}) {
      const Matrix<float> data = (scale * z.array() + shift).cast<float>();
      CAPTURE(scale);
      CAPTURE(shift);
      GaussianRBM<float> m(4, 3);
      try {
        train(m, data, ContrastiveDivergence{}, SGD{.learning_rate = 0.01},
              {.epochs = 3, .batch_size = 7}, rng);
      } catch (const Diverged&) {
      }
      CHECK(flatten(m).allFinite());
      CHECK(m.visible.log_sigma.maxCoeff() <= 23);
      CHECK(m.visible.log_sigma.minCoeff() >= -23);
    }
}

TEST_CASE("one sample, a constant and samples all alike are data") {
  for (const Index samples : {1, 2, 50})
    for (const double value : {0.0, 0.5, 1.0}) {
      Random rng(1);
      const Matrix<double> data = constant(5, samples, value);
      GB real(5, 3);
      BB binary(5, 3);
      train(real, data, PersistentContrastiveDivergence{}, SGD{.learning_rate = 0.001}, {}, rng);
      train(binary, data, PersistentContrastiveDivergence{.coordinates = Coordinates::standardised},
            SGD{.learning_rate = 0.01}, {}, rng);
      CHECK(flatten(real).allFinite());
      CHECK(flatten(binary).allFinite());
      const auto linear = pca(data, 2);
      CHECK(linear.variances.isZero(0));
      CHECK(distance(reconstruct(linear, data), data) < 1e-12);
      const auto logistic = logistic_pca(data, 2);
      CHECK(logistic.loadings.allFinite());
      CHECK(logistic.bias.allFinite());
      CHECK(encode(logistic, data).allFinite());
    }
}
