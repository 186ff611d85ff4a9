// SPDX-License-Identifier: MIT
#include "strata/nets/reconstruction.hpp"

#include "nets/testing.hpp"
#include "strata/optim/penalties.hpp"
#include "strata/units/activation.hpp"
#include "strata/units/k_sparse.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// gradient() beside finite differences of the value that it returns, to 1e-7 in each parameter; the
/// same seed draws the same corruption.
template <class Loss, class L, class... Penalties>
void check_gradient(const L& layer, Random& rng, const Penalties&... penalties) {
  const ReconstructionOf<Loss> trainer;
  const States<double> v(rng.uniform<double>(input_size(layer), 4));
  auto state = trainer.start(layer);
  const auto value = [&](const L& l) {
    L unused = l;
    Random noise(7);
    return trainer.gradient(l, v, state, unused, noise, penalties...);
  };
  L g = layer, learned = layer;
  Random noise(7);
  trainer.gradient(layer, v, state, g, noise, penalties...);
  for (auto& p : parameters(learned)) p.value.setConstant(p.role == Role::log_scale ? 0 : 1);
  const Vector<double> slopes = finite_differences(layer, [&](const L& l) { return -value(l); });
  CAPTURE(describe(layer));
  CAPTURE(Loss::name);
  CHECK(distance(flatten(g), slopes.cwiseProduct(flatten(learned))) < 1e-7);
  CHECK(flatten(g).cwiseAbs().maxCoeff() > 1e-3);

  // What training holds its gradient in is the same.
  auto tiled = layer.zero_gradient();
  Random again(7);
  trainer.gradient(layer, v, state, tiled, again, penalties...);
  CHECK(distance(multiplied(tiled.weights), g.weights) < 1e-14);
  if (!layer.tied()) CHECK(distance(multiplied(tiled.decoder_weights), g.decoder_weights) < 1e-14);
}

template <class V, class H>
AutoencoderLayer<V, H> random_layer(V visible, H hidden, bool tied, Random& rng) {
  AutoencoderLayer<V, H> layer(std::move(visible), std::move(hidden));
  if (!tied) layer.decoder_weights.setZero(layer.weights.cols(), layer.weights.rows());
  for (auto& p : parameters(layer))
    if (p.role != Role::log_scale)
      p.value = 0.7 * rng.normal<double>(p.value.rows(), p.value.cols());
  return layer;
}

/// Any corruption as one type, which is compiled once.
struct Corruption {
  std::function<void(Matrix<double>&, Random&)> f = [](auto&&...) {};
  void corrupt(Matrix<double>& x, Random& noise) const { f(x, noise); }
};

/// Tied and untied, both losses, each corruption with and without the penalties that fit the code.
template <class V, class H>
void check_combinations(V visible, H hidden) {
  Random rng(3);
  for (const bool tied : {true, false}) {
    const auto layer = random_layer(visible, hidden, tied, rng);
    const auto with = [&](const Corruption& corruption) {
      const auto both_losses = [&](const auto&... penalties) {
        check_gradient<CrossEntropy>(layer, rng, corruption, penalties...);
        check_gradient<SquaredError>(layer, rng, corruption, penalties...);
      };
      both_losses();
      if constexpr (ElementwiseUnits<H>) both_losses(Contraction{.strength = 0.3});
      if constexpr (std::is_same_v<H, B>) {
        both_losses(Sparsity{.target = 0.2, .strength = 0.7});
        both_losses(Contraction{.strength = 0.3}, Sparsity{.target = 0.2, .strength = 0.7});
      }
    };
    with({});
    with({[](auto& x, Random& noise) { Masking{.probability = 0.3}.corrupt(x, noise); }});
    with({[](auto& x, Random& noise) { SaltAndPepper{.probability = 0.3}.corrupt(x, noise); }});
    with({[](auto& x, Random& noise) { GaussianNoise{.deviation = 0.2}.corrupt(x, noise); }});
  }
}

}  // namespace

TEST_CASE_TEMPLATE("reconstruction has the slopes of its loss for every kind and combination", H, B,
                   G, Tanh<double>, ReLU<double>, Softplus<double>, S) {
  check_combinations(B(3), H(4));
  check_combinations(G(3), H(4));
}

TEST_CASE("reconstruction has the slopes of its loss for a k-sparse code") {
  check_combinations(B(3), KSparse<double>(4, 2));
  check_combinations(G(3), KSparse<double>(4, 2));
}

TEST_CASE("the contractive penalty is the Jacobian of the code, squared and summed") {
  Random rng(4);
  const auto layer = random_layer(B(3), Tanh<double>(4), true, rng);
  const Matrix<double> v = rng.uniform<double>(3, 1);
  double squares = 0;
  for (Index i = 0; i < 3; ++i) {
    const Vector<double> step = 1e-5 * Vector<double>::Unit(3, i);
    squares += ((up(layer, v + step) - up(layer, v - step)) / 2e-5).squaredNorm();
  }
  auto state = Reconstruction{}.start(layer);
  auto g = layer;
  const auto loss = [&](const auto&... penalty) {
    return Reconstruction{}.gradient(layer, States<double>(v), state, g, rng, penalty...);
  };
  CHECK(loss(Contraction{.strength = 2}) - loss() == near(2 * squares, 1e-8));
}

TEST_CASE("the sparsity penalty is the divergence of the mean activities from the target") {
  const Sparsity sparsity{.target = 0.1, .strength = 3};
  const Vector<double> q{{0.1, 0.5, 0.02}};
  Vector<double> slope;
  const auto kl = [](double p, double r) {
    return p * std::log(p / r) + (1 - p) * std::log((1 - p) / (1 - r));
  };
  CHECK(sparsity.cost(q, slope) == near(3 * (kl(0.1, 0.5) + kl(0.1, 0.02))));
  CHECK(std::abs(slope(0)) < 1e-14);
  for (Index i = 0; i < 3; ++i) {
    Vector<double> unused, above = q, below = q;
    above(i) += 1e-6;
    below(i) -= 1e-6;
    CHECK(slope(i) ==
          near((sparsity.cost(above, unused) - sparsity.cost(below, unused)) / 2e-6, 1e-7));
  }
  Vector<double> dead = Vector<double>::Zero(3);
  CHECK(std::isfinite(sparsity.cost(dead, slope)));
  CHECK(slope.allFinite());
}

TEST_CASE("bits are reconstructed as the numbers that they are") {
  Random rng(5);
  const auto layer = random_layer(B(3), B(4), true, rng);
  const Matrix<double> v = random_states<double>(3, 6, rng, 0.5);
  auto state = Reconstruction{}.start(layer);
  auto by_bits = layer, by_numbers = layer;
  const double bits =
      Reconstruction{}.gradient(layer, States<double>(BinaryStates(v)), state, by_bits, rng);
  const double numbers =
      Reconstruction{}.gradient(layer, States<double>(v), state, by_numbers, rng);
  CHECK(bits == near(numbers, 1e-14));
  CHECK(distance(flatten(by_bits), flatten(by_numbers)) < 1e-14);
}
