// SPDX-License-Identifier: MIT
// Where training on the exact gradient ends: moments match, and likelihood is near its optimum.
#include "strata/evaluate/likelihood.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/exact.hpp"
#include "strata/train/train.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// 16 columns in which each of the 2³ states occurs.
Matrix<double> eight_states() {
  return Matrix<double>{{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1},
                        {0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1},
                        {0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1}};
}

struct Moments {
  Matrix<double> hv;
  Vector<double> v, h;
};

/// Σ p(v) Σ p(h | v) of h vᵀ, v and h, state by state; p(v) from energies if `p` is empty.
Moments moments(const BB& m, const Matrix<double>& v, Row<double> p) {
  const Matrix<double> hidden = all_states(m.hidden.size());
  Moments sum{Matrix<double>::Zero(m.hidden.size(), v.rows()), Vector<double>::Zero(v.rows()),
              Vector<double>::Zero(m.hidden.size())};
  for (Index k = 0; k < v.cols(); ++k) {
    Row<double> weight(hidden.cols());
    for (Index j = 0; j < hidden.cols(); ++j)
      weight(j) = std::exp(hidden.col(j).dot(m.weights * v.col(k) + m.hidden.bias));
    const Vector<double> h = hidden * weight.transpose() / weight.sum();
    sum.hv += p(k) * h * v.col(k).transpose();
    sum.v += p(k) * v.col(k);
    sum.h += p(k) * h;
  }
  return sum;
}

Moments data_moments(const BB& m, const Matrix<double>& data) {
  return moments(m, data,
                 Row<double>::Constant(data.cols(), 1.0 / static_cast<double>(data.cols())));
}

Moments model_moments(const BB& m) {
  const Matrix<double> v = all_states(m.visible.size()), h = all_states(m.hidden.size());
  Row<double> p = Row<double>::Zero(v.cols());
  for (Index k = 0; k < v.cols(); ++k)
    for (Index j = 0; j < h.cols(); ++j)
      p(k) += std::exp(h.col(j).dot(m.weights * v.col(k)) + h.col(j).dot(m.hidden.bias) +
                       v.col(k).dot(m.visible.bias));
  return moments(m, v, p / p.sum());
}

BB converged(const Matrix<double>& data, std::uint64_t seed, const WeightDecay& decay) {
  Random rng(seed);
  BB m(3, 2);
  initialise(m, data, rng, 0.5);
  train(m, data, ExactGradient{}, SGD{.learning_rate = 1, .momentum = 0.9},
        {.epochs = 5000, .batch_size = 16}, rng, decay);
  return m;
}

/// The 2 × 16 patterns of 4 × 4 pixels that are the same along rows, or along columns.
Matrix<double> bars_and_stripes() {
  Matrix<double> x(16, 32);
  for (Index k = 0; k < 16; ++k)
    for (Index i = 0; i < 16; ++i) {
      x(i, k) = static_cast<double>((k >> i / 4) & 1);
      x(i, 16 + k) = static_cast<double>((k >> i % 4) & 1);
    }
  return x;
}

}  // namespace

TEST_CASE("exact training ends where the moments of the model are those of the data") {
  const Matrix<double> data = eight_states();
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const BB m = converged(data, seed, {});
    const Moments expected = data_moments(m, data), got = model_moments(m);
    CHECK(distance(got.hv, expected.hv) < 1e-8);
    CHECK(distance(got.v, expected.v) < 1e-8);
    CHECK(distance(got.h, expected.h) < 1e-8);
  }
}

TEST_CASE("with weight decay the moments of the weights differ by its gradient") {
  const Matrix<double> data = eight_states();
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const BB m = converged(data, seed, {.l2 = 0.01});
    const Moments expected = data_moments(m, data), got = model_moments(m);
    CHECK(distance(expected.hv - got.hv, 0.01 * m.weights) < 1e-8);
    CHECK(distance(got.v, expected.v) < 1e-8);
    CHECK(distance(got.h, expected.h) < 1e-8);
    CHECK(m.weights.cwiseAbs().maxCoeff() > 0.1);
  }
}

TEST_CASE("small exact steps raise the likelihood at each step") {
  Random rng(4);
  const Matrix<double> data = eight_states();
  auto m = random_rbm<B, B>(3, 2, rng);
  double last = mean_log_likelihood(m, data);
  train(m, data, ExactGradient{}, SGD{.learning_rate = 0.2}, {.epochs = 300, .batch_size = 16}, rng,
        [&](const Progress&, const BB& now) {
          const double next = mean_log_likelihood(now, data);
          CHECK(next > last);
          last = next;
        });
}

TEST_CASE("exact training learns bars and stripes to within 1 nat of the best there is") {
  // 28 patterns of probability 1/32 and two of 2/32: 28 ln 32 + 4 ln 16 nats for all 32. Uniform:
  // 354.9.
  const Matrix<double> data = bars_and_stripes();
  const double best = 28 * std::log(32) + 4 * std::log(16);
  Random rng(1);
  BB m(16, 8);
  initialise(m, data, rng, 0.1);
  train(m, data, ExactGradient{}, SGD{.learning_rate = 0.5, .momentum = 0.9},
        {.epochs = 3000, .batch_size = 32}, rng);
  const double nats = -32 * mean_log_likelihood(m, data);
  CHECK(nats > best);
  CHECK(nats < best + 1);
}
