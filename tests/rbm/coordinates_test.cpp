// SPDX-License-Identifier: MIT
#include "strata/rbm/coordinates.hpp"

#include <doctest/doctest.h>

#include "rbm/oracles.hpp"
#include "strata/evaluate/likelihood.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/train/train.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// A model as it is written about offsets and in units of deviations: its W, b and c are W̃, b̃ and c̃ of
///   E = E_v(v; b̃/s_v) + E_h(h; c̃/s_h) − ((t(h) − λ)/s_h)ᵀ W̃ (t(v − mean)/s_v).
template <class M>
struct Written {
  using Scalar = double;
  M m;
  Vector<double> mean, lambda, s_v, s_h;  // of v, of t(h)

  template <class F>
  void visit(F&& f) {
    m.visit(f);
  }

  static void times(auto& units, const Vector<double>& by) { detail::scale_biases(units, by); }

  Vector<double> mu() const { return statistic(m.visible, Matrix<double>(mean)); }
  M plain() const {
    M p = m;
    p.weights = s_h.cwiseInverse().asDiagonal() * m.weights * s_v.cwiseInverse().asDiagonal();
    times(p.visible, s_v.cwiseInverse());
    times(p.hidden, s_h.cwiseInverse());
    absorb<decltype(M::visible)>(p.visible, -p.weights.transpose() * lambda, p.visible);
    absorb<decltype(M::hidden)>(p.hidden, -p.weights * mu(), p.hidden);
    return p;
  }
  static Written of(const M& plain, const Vector<double>& mean, const Vector<double>& lambda,
                    const Vector<double>& s_v, const Vector<double>& s_h) {
    Written w{plain, mean, lambda, s_v, s_h};
    w.m.weights = s_h.asDiagonal() * plain.weights * s_v.asDiagonal();
    absorb<decltype(M::visible)>(plain.visible, plain.weights.transpose() * lambda, w.m.visible);
    absorb<decltype(M::hidden)>(plain.hidden, plain.weights * w.mu(), w.m.hidden);
    times(w.m.visible, s_v);
    times(w.m.hidden, s_h);
    return w;
  }
};

template <class M>
Matrix<double> some_data(const M& m, Random& rng) {
  return sample(m.visible, rng.normal<double>(m.visible.size(), 12), rng);
}

constexpr double scale_rate = 0.5;

/// The step of exact gradient ascent on all data at once.
template <class M>
M one_step(M m, const Matrix<double>& data, Coordinates coordinates, double rate) {
  Random rng(1);
  train(m, data, ExactGradient{.coordinates = coordinates},
        SGD{.learning_rate = rate, .scale_rate = scale_rate},
        {.epochs = 1, .batch_size = data.cols()}, rng);
  return m;
}

/// The same, written out: finite differences of the likelihood by the parameters W̃, b̃ and c̃.
template <class M>
M written_step(const M& m, const Matrix<double>& data, const Written<M>& at, double rate) {
  const auto likelihood = [&](const Written<M>& w) {
    const M p = w.plain();
    return -free_energy(p, data).mean() - log_partition(p);
  };
  Written<M> next = at;
  const Vector<double> slope = finite_differences(at, likelihood);
  Vector<double> theta = flatten(next.m);
  auto list = parameters(next.m);
  Index i = 0;
  for (auto& p : list)
    for (Index k = 0; k < p.value.size(); ++k, ++i) {
      double by = p.role == Role::log_scale ? scale_rate : 1;
      if constexpr (ScaledUnits<decltype(M::visible)>)  // they learn their biases in units of σ
        if (p.name == "visible.bias") by = std::exp(2 * m.visible.log_sigma(k));
      if constexpr (ScaledUnits<decltype(M::hidden)>)
        if (p.name == "hidden.bias") by = std::exp(2 * m.hidden.log_sigma(k));
      p.value(k) = theta(i) + rate * by * slope(i);
    }
  return next.plain();
}

}  // namespace

TEST_CASE_TEMPLATE("written about offsets a model is the same", M, BB, BS, GB, GS, SB, SS) {
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const Index n_v = m.visible.size(), n_h = m.hidden.size();
  const auto w = Written<M>::of(m, rng.normal<double>(n_v, 1), rng.normal<double>(n_h, 1),
                                rng.uniform<double>(n_v, 1).array() + 0.5,
                                rng.uniform<double>(n_h, 1).array() + 0.5);
  CHECK(distance(flatten(w.plain()), flatten(m)) < 1e-14);
  // Free energies of the centred energy, written from it, differ as those of the plain model do.
  const Matrix<double> v = some_data(m, rng), t = statistic(m.visible, v).colwise() - w.mu();
  auto hidden = w.m.hidden;
  Written<M>::times(hidden, w.s_h.cwiseInverse());
  auto visible = w.m.visible;
  Written<M>::times(visible, w.s_v.cwiseInverse());
  const Matrix<double> x = m.weights * t;
  const Row<double> f = visible.energy(v) - hidden.log_partition(x) + w.lambda.transpose() * x;
  const Row<double> plain = free_energy(m, v);
  CHECK(distance(f.array() - f(0), plain.array() - plain(0)) < 1e-12);
}

TEST_CASE_TEMPLATE("a centred step is the gradient by the centred parameters", M, BB, BS, BG, GB,
                   GS, SB, SS) {
  Random rng(2);
  const M m = small_rbm<M>(rng);
  const Matrix<double> data = some_data(m, rng);
  const Vector<double> mean = data.rowwise().mean(),
                       lambda = statistic(m.hidden, hidden_mean(m, data)).rowwise().mean();
  const auto ones = [](Index n) { return Vector<double>::Ones(n); };
  const auto at = Written<M>::of(m, mean, lambda, ones(mean.size()), ones(lambda.size()));
  CHECK(distance(flatten(one_step(m, data, Coordinates::centred, 0.5)),
                 flatten(written_step(m, data, at, 0.5))) < 1e-8);
}

TEST_CASE_TEMPLATE("a standardised step is that by the standardised parameters", M, BB, BS, SB,
                   SS) {
  Random rng(3), own;
  const M m = small_rbm<M>(rng);
  const Matrix<double> data = some_data(m, rng);
  const auto moments = [](const Matrix<double>& t) {
    const Vector<double> mean = t.rowwise().mean();
    const Vector<double> square = (t.colwise() - mean).cwiseAbs2().rowwise().mean();
    return std::pair<Vector<double>, Vector<double>>(mean, (square.array() + 0.01).sqrt());
  };
  const auto [mu, s_v] = moments(data);
  Matrix<double> shown;  // in the order of the run
  Random order(1);
  for_each_minibatch(12, 12, order, [&](std::span<const Index> columns) {
    shown = data(Eigen::all, std::vector<Index>(columns.begin(), columns.end()));
  });
  const auto [lambda, s_h] = moments(sample_hidden(m, shown, own));
  const auto at = Written<M>::of(m, mu, lambda, s_v, s_h);
  CHECK(distance(flatten(one_step(m, data, Coordinates::standardised, 0.05)),
                 flatten(written_step(m, data, at, 0.05))) < 1e-8);
}

TEST_CASE("plain coordinates leave the step as it is") {
  Random rng(4);
  const auto m = small_rbm<BB>(rng);
  const Matrix<double> data = some_data(m, rng);
  const ExactGradient exact;
  auto state = exact.start(m);
  BB g = m, expected = m;
  exact.gradient(m, data, state, g, rng);
  expected.weights += 0.5 * g.weights;
  expected.visible.bias += 0.5 * g.visible.bias;
  expected.hidden.bias += 0.5 * g.hidden.bias;
  CHECK(distance(flatten(one_step(m, data, Coordinates::plain, 0.5)), flatten(expected)) < 1e-14);
}

TEST_CASE("centred, a model learns pictures and their negatives alike") {
  Random rng(5);
  const Matrix<double> data = bars_and_stripes(2);
  const Matrix<double> negative = 1 - data.array();
  const auto m = random_rbm<B, B>(4, 3, rng);
  BB flipped = m;  // p(1 − v) under this is p(v) under m
  flipped.weights = -m.weights;
  flipped.visible.bias = -m.visible.bias;
  flipped.hidden.bias += m.weights.rowwise().sum();
  const auto apart = [&](Coordinates coordinates) {
    BB a = m, b = flipped;
    for (const bool other : {false, true}) {
      Random same(1);
      train(other ? b : a, other ? negative : data, ExactGradient{.coordinates = coordinates},
            SGD{.learning_rate = 0.3}, {.epochs = 50, .batch_size = 5}, same);
    }
    return std::abs(mean_log_likelihood(a, data) - mean_log_likelihood(b, negative));
  };
  CHECK(apart(Coordinates::centred) < 1e-10);
  CHECK(apart(Coordinates::standardised) < 0.05);  // its hidden deviations are sampled
  CHECK(apart(Coordinates::plain) > 0.01);
}

// With t(v) = v/σ and offsets, all that a step sees of the data is their z-scores.
TEST_CASE_TEMPLATE("real data may lie and spread anywhere", Estimator, ContrastiveDivergence,
                   PersistentContrastiveDivergence, ExactGradient) {
  Random rng(6);
  const Matrix<double> mixed{{1, 0.5, 0}, {-0.5, 1, 0.2}, {0, 0.8, 1}};
  const Matrix<double> z =
      mixed * (rng.uniform<double>(3, 200).array() > 0.5).cast<double>().matrix() +
      0.3 * rng.normal<double>(3, 200);
  const Vector<double> scale{{1e-3, 50, 7}}, offset{{-4, 1000, 0.5}};
  const Matrix<double> data = (scale.asDiagonal() * z).colwise() + offset;
  const auto learned = [](const Matrix<double>& x) {
    Random same(1);
    GaussianRBM<double> m(3, 4);
    train(m, x, Estimator{}, SGD{.learning_rate = 0.05, .momentum = 0.5},
          {.epochs = 20, .batch_size = 20}, same);
    return m;
  };
  const auto a = learned(z), b = learned(data);
  CHECK(a.weights.norm() > 0.1);
  CHECK(distance(a.weights, b.weights) < 1e-6);
  CHECK(distance(a.visible.log_sigma + Vector<double>(scale.array().log()), b.visible.log_sigma) <
        1e-6);
  CHECK(a.visible.log_sigma.norm() > 0.1);
  CHECK(mean_log_likelihood(a, z) - scale.array().log().sum() ==
        near(mean_log_likelihood(b, data), 1e-6));
}

TEST_CASE("centring has the same bits at any number of threads") {
  const auto learned = [](int n) {
    const ThreadCount count(n);
    Random rng(7);
    RBM<float> m(100, 60);
    const Matrix<float> data = random_states<float>(100, 300, rng);
    for (const auto coordinates : {Coordinates::centred, Coordinates::standardised})
      train(m, data, PersistentContrastiveDivergence{.coordinates = coordinates}, SGD{},
            {.epochs = 2}, rng);
    return flatten(m);
  };
  const auto one = learned(1);
  CHECK(learned(2) == one);
  CHECK(learned(3) == one);
}

TEST_CASE("σ stays within a factor of 100 of the data's") {
  Random rng(8);
  const Matrix<double> data = 1000 * rng.normal<double>(2, 50);
  const auto learned = [&](double log_sigma) {
    Random same(1);
    GaussianRBM<double> m(2, 2);
    m.visible.log_sigma.setConstant(log_sigma);
    train(m, data, ExactGradient{}, SGD{.learning_rate = 0}, {.epochs = 1}, same);
    return Vector<double>(m.visible.sigma());
  };
  GaussianRBM<double> fitted(2, 2);
  fitted.visible.fit(data);
  CHECK(distance(learned(-20).cwiseQuotient(fitted.visible.sigma()), constant(2, 1, 0.01)) < 1e-12);
  CHECK(distance(learned(20).cwiseQuotient(fitted.visible.sigma()), constant(2, 1, 100)) < 1e-9);
}
