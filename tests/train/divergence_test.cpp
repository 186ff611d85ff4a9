// SPDX-License-Identifier: MIT
#include "strata/train/divergence.hpp"

#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/exact.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/train/pretrain.hpp"
#include "strata/units/gaussian.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using GaussianBoth = RestrictedBoltzmannMachine<Gaussian<double>, Gaussian<double>>;

/// Real data around 3, with a deviation of 2.
Matrix<double> real_data(Index rows, Index columns) {
  Random rng(5);
  return (3 + 2 * rng.normal<double>(rows, columns).array()).matrix();
}

/// Both layers pull each other up by 1.5 in each sweep.
GaussianBoth without_bound() {
  GaussianBoth m(4, 4);
  m.weights = 1.5 * Matrix<double>::Identity(4, 4);
  m.visible.bias.setConstant(3);
  return m;
}

std::string words_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Diverged& e) {
    return e.what();
  }
  return {};
}

/// CD, of which the third batch has a NaN.
struct BreaksLast {
  Coordinates coordinates = Coordinates::centred;
  ContrastiveDivergence cd{};
  mutable int batch = 0;
  auto start(const auto& m) const { return cd.start(m); }
  template <class M>
  void gradient(const M& m, const States<double>& v, auto& state, M& g, Random& rng) const {
    cd.gradient(m, v, state, g, rng);
    if (++batch == 3) {
      state.mean0(0, 0) = std::nan("");  // and the slow average of the hidden means
      g.hidden.bias(1) = std::nan("");
    }
  }
};

}  // namespace

TEST_CASE("samples that run away from real data end a run, with the parameters of before") {
  const auto data = real_data(4, 400);
  auto m = without_bound();
  const auto before = m;
  Random rng(1);
  const auto words = words_of([&] {
    train(m, data, PersistentContrastiveDivergence{}, SGD{.learning_rate = 1e-9},
          {.epochs = 50, .batch_size = 20}, rng);
  });
  CHECK(words.find("train: RBM 4-4 (Gaussian, Gaussian) has samples ") == 0);
  CHECK(words.find(
            " deviations away from the data, but at most 10 are allowed, at epoch 1, batch ") !=
        std::string::npos);
  CHECK(words.find("; the model holds the parameters of ") != std::string::npos);
  CHECK(same_bits(m, before));
}

TEST_CASE("what the samples of a gradient do is told from it to the digit") {
  // One visible unit with σ = 2 and no weights: samples lie at b, 12 deviations of the data above them.
  Matrix<double> data(1, 200);
  for (Index j = 0; j < 200; ++j) data(0, j) = j % 2 == 0 ? 4 : 6;  // 5 ± 1
  GaussianRBM<double> m(1, 1);
  m.visible.log_sigma.setConstant(std::log(2.0));
  m.visible.bias.setConstant(5 + 9.99);
  const auto guard = [&](double bias, double of_batch = 5) {
    m.visible.bias.setConstant(bias);
    detail::RunawaySamples<GaussianRBM<double>> runaway(m, data);
    const States<double> v((data.array() - 5 + of_batch).matrix().eval());
    GaussianRBM<double> g = zeros_like(m);
    g.visible.bias.setConstant((of_batch - bias) / 4);  // ∂/∂b = (⟨v⟩ − b)/σ²
    runaway.see(m, v, g);
    return runaway.runaway();
  };
  CHECK(guard(5 + 9.99).empty());
  CHECK(guard(5 - 9.99).empty());
  CHECK(guard(5 - 9.99, 5.9).empty());  // a batch that lies 0.9 above the data's mean
  CHECK(!guard(5 + 10.1, 5.9).empty());
  CHECK(guard(5 + 12, 5 + 2).empty());  // 6 times as far as the batch itself
  CHECK(guard(5 + 12) == "samples 12 deviations away from the data, but at most 10 are allowed,");
  CHECK(guard(5 - 12) == "samples 12 deviations away from the data, but at most 10 are allowed,");
}

TEST_CASE("each unit is measured by its own deviation") {
  Matrix<double> data = real_data(2, 200);
  data.row(0) *= 1e-4;  // 3e-4 ± 2e-4 beside 3 ± 2
  GaussianRBM<double> m(2, 1);
  detail::RunawaySamples<GaussianRBM<double>> runaway(m, data);
  auto g = zeros_like(m);
  g.visible.bias(0) = 20 * 2e-4;  // σ = 1: samples 20 deviations below
  runaway.see(m, data, g);
  CHECK(!runaway.runaway().empty());  // 20/√2, nearly
}

TEST_CASE("batches of one sample and data far out raise no alarm") {
  auto data = real_data(3, 300);
  data.col(17).setConstant(2000);
  data.col(40).setConstant(-1000);
  GaussianRBM<double> m(3, 2);
  Random rng(1);
  CHECK_NOTHROW(train(m, data, ContrastiveDivergence{}, SGD{.learning_rate = 1e-4},
                      {.epochs = 3, .batch_size = 1}, rng));
  CHECK(flatten(m).allFinite());
}

TEST_CASE("with BackOff a run goes on from before, by smaller steps, momentum and chains anew") {
  const auto data = two_classes<double>(3, 10).images;  // five batches an epoch
  const auto bias_after = [&](std::vector<int> breaks, double momentum, int& starts,
                              BackOff& back_off) {
    starts = 0;
    RBM<double> m(3, 2);
    m.weights.setOnes();
    Random rng(1);
    train(m, data, BreaksAt{std::move(breaks), &starts},
          SGD{.learning_rate = 0.5, .momentum = momentum}, {.epochs = 2, .batch_size = 2}, rng,
          back_off);
    for (auto& p : parameters(m)) CHECK(p.value.minCoeff() == p.value.maxCoeff());
    return m.visible.bias(0);
  };
  int starts = 0;
  BackOff none, once, twice{.factor = 0.25};
  CHECK(bias_after({}, 0, starts, none) == near(10 * 0.5));
  CHECK(starts == 1);
  CHECK(none.why.empty());
  // What the batches 1 to 3 did is lost; the seven that follow take half steps.
  CHECK(bias_after({4}, 0, starts, once) == near(6 * 0.25));
  CHECK(starts == 2);
  CHECK(once.why ==
        std::vector<std::string>{"train: RBM 3-2 (Bernoulli, Bernoulli) has a step of hidden.bias "
                                 "that is not finite at epoch 1, batch 4"});
  CHECK(bias_after({2, 7}, 0, starts, twice) == near(3 * 0.5 / 16));
  CHECK(starts == 3);
  CHECK(twice.why.size() == 2);
  // Momentum 1/2 from nothing: 1, 3/2, then NaN, and again 1, 3/2 of half steps.
  CHECK(bias_after({3, 6}, 0.5, starts, once) == near(0.125 * (1 + 1.5 + 1.75 + 1.875)));
}

TEST_CASE("back to parameters of 100 batches before or more") {
  const auto data = two_classes<double>(3, 400).images;  // 200 batches an epoch
  const auto weight_after = [&](int broken) {
    int starts = 0;
    BackOff back_off;
    RBM<double> m(3, 2);
    m.weights.setOnes();
    Random rng(1);
    train(m, data, BreaksAt{{broken}, &starts}, SGD{.learning_rate = 1},
          {.epochs = 2, .batch_size = 2}, rng, back_off);
    return m.visible.bias(0);
  };
  const auto expected = [](int kept, int broken) { return kept + 0.5 * (400 - broken); };
  CHECK(weight_after(100) == near(expected(0, 100)));
  CHECK(weight_after(200) == near(expected(0, 200)));
  CHECK(weight_after(201) == near(expected(100, 201)));
  CHECK(weight_after(300) == near(expected(100, 300)));
  CHECK(weight_after(301) == near(expected(200, 301)));
}

TEST_CASE_TEMPLATE("BackOff gives centred models all their parameters back", M, GaussianRBM<double>,
                   RestrictedBoltzmannMachine<Gaussian<double>, Gaussian<double>>, RBM<double>) {
  Matrix<double> data = real_data(4, 30);
  if constexpr (std::same_as<M, RBM<double>>) data = (data.array() > 1).cast<double>();
  Random rng(1);
  M m(4, 3);
  m.weights = 0.1 * rng.normal<double>(3, 4);
  m.hidden.bias.setConstant(0.3);
  const M before = m;
  BackOff back_off;
  train(m, data, BreaksLast{}, SGD{.learning_rate = 0.05, .momentum = 0.5},
        {.epochs = 1, .batch_size = 10}, rng, back_off);
  CHECK(back_off.why.size() == 1);
  CHECK(distance(flatten(m), flatten(before)) < 1e-15);
}

TEST_CASE("BackOff goes on in standardised coordinates") {
  Random rng(1);
  const Matrix<double> data = rng.bernoulli<double>(Matrix<double>::Constant(4, 80, 0.4));
  RBM<double> m(4, 3);
  BackOff back_off;
  train(m, data, BreaksLast{Coordinates::standardised}, SGD{.learning_rate = 0.01},
        {.epochs = 3, .batch_size = 10}, rng, back_off);
  CHECK(back_off.why.size() == 1);
  CHECK(flatten(m).allFinite());
}

TEST_CASE("BackOff saves a run with a rate that is too large") {
  const auto data = real_data(6, 500);
  const auto learn = [&](auto... plugins) {
    GaussianRBM<double> m(6, 5);
    Random rng(1);
    m.weights = 0.01 * rng.normal<double>(5, 6);
    train(m, data, ContrastiveDivergence{}, SGD{.learning_rate = 50, .momentum = 0.9},
          {.epochs = 20, .batch_size = 10}, rng, plugins...);
    return m;
  };
  CHECK(!words_of([&] { learn(); }).empty());
  struct Into {
    BackOff& b;
    void check_options() { b.check_options(); }
    double back_off(const std::string& why) { return b.back_off(why); }
  };
  BackOff back_off{.times = 20};
  GaussianRBM<double> m;
  CHECK(words_of([&] { m = learn(Into{back_off}); }).empty());
  CHECK(back_off.why.size() > 2);
  CHECK(flatten(m).allFinite());
  CHECK(reconstruction_error(m, data) <
        2 * (data.colwise() - mean_column<double>(data)).squaredNorm() / 500);
}

TEST_CASE("BackOff gives up at last, and options without a meaning are refused") {
  const auto data = two_classes<double>(3, 10).images;
  RBM<double> m(3, 2);
  m.weights.setOnes();
  Random rng(1);
  int starts = 0;
  BackOff back_off{.times = 2};
  const auto words = words_of([&] {
    train(m, data, BreaksAt{{2, 4, 6}, &starts}, SGD{}, {.epochs = 2, .batch_size = 2}, rng,
          back_off);
  });
  CHECK(words.find("at epoch 2, batch 1, but finite numbers are needed") != std::string::npos);
  CHECK(back_off.why.size() == 2);
  const auto refused = [&](BackOff bad) {
    return message_of([&] { train(m, data, BreaksAt{{}, &starts}, SGD{}, {}, rng, bad); });
  };
  CHECK(refused({.factor = 1}) ==
        "BackOff: factor has 1, but more than 0 and less than 1 is needed");
  CHECK(refused({.factor = 0}) ==
        "BackOff: factor has 0, but more than 0 and less than 1 is needed");
  CHECK(refused({.times = -1}) == "BackOff: times has -1, but at least 0 is needed");
}

TEST_CASE("pre-training that diverges names the layer, and keeps those below it") {
  auto net = stack(RBM<double>(6, 5), RBM<double>(5, 4));
  const auto data = two_classes<double>(6, 10).images;
  Random rng(1);
  int starts = 0;
  const auto words = words_of([&] {
    pretrain(net, data, [&](auto& layer, const auto& x, std::size_t index) {
      layer.weights.setOnes();
      train(layer, x, BreaksAt{{index == 1 ? 2 : 0}, &starts}, SGD{},
            {.epochs = 1, .batch_size = 5}, rng);
    });
  });
  CHECK(words.find("pretrain: layer 1: train: RBM 5-4 (Bernoulli, Bernoulli) has a step of "
                   "hidden.bias that is not finite at epoch 1, batch 2, ") == 0);
  CHECK(net.layers[0].weights.minCoeff() > 1);
}
