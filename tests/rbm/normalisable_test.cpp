// SPDX-License-Identifier: MIT
#include "strata/rbm/normalisable.hpp"

#include <doctest/doctest.h>

#include <Eigen/SVD>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using T = TruncatedGaussian<double>;
using N = SteppedSigmoid<double>;

template <class V, class H>
RestrictedBoltzmannMachine<V, H> with_weights(V visible, H hidden, const Matrix<double>& w) {
  RestrictedBoltzmannMachine<V, H> m(visible, hidden);
  m.weights = w;
  return m;
}

double largest_singular_value(const Matrix<double>& w) {
  return Eigen::JacobiSVD<Matrix<double>>(w).singularValues()(0);
}

}  // namespace

TEST_CASE("the gain of real units is the largest singular value of the weights") {
  Random rng(1);
  for (const auto& [n_v, n_h] : {std::pair{1, 1}, {2, 5}, {30, 20}}) {
    auto m = random_rbm<G, G>(n_v, n_h, rng);  // whatever σ is: t(v) = v/σ
    CHECK(largest_gain(m) == near(largest_singular_value(m.weights), 1e-6));
    CHECK(largest_gain(transposed(m)) == near(largest_singular_value(m.weights), 1e-6));
  }
  CHECK(largest_gain(with_weights(G(2), G(1), Matrix<double>{{1, -1}})) == near(std::sqrt(2.0)));
  CHECK(largest_gain(RestrictedBoltzmannMachine<G, G>(3, 2)) == 0);
}

TEST_CASE("units that are never negative gain from no direction that has a negative part") {
  Random rng(2);
  const Matrix<double> w = rng.uniform<double>(20, 30);
  CHECK(largest_gain(with_weights(T(30), N(20), w)) == near(largest_singular_value(w), 1e-6));
  CHECK(largest_gain(with_weights(T(30), N(20), -w)) == 0);
  CHECK(largest_gain(with_weights(T(1), G(1), constant(1, 1, -2))) == 2);
  CHECK(largest_gain(with_weights(G(1), T(1), constant(1, 1, -2))) == 2);
  CHECK(largest_gain(with_weights(T(1), T(1), constant(1, 1, -2))) == 0);
  for (int k = 0; k < 20; ++k) {  // all pairs of directions in the quarter planes
    const Matrix<double> two = rng.normal<double>(2, 2);
    double best = 0;
    for (int i = 0; i <= 1000; ++i) {
      const double angle = 0.5e-3 * std::numbers::pi * i;
      const Vector<double> h = two * Vector<double>{{std::cos(angle), std::sin(angle)}};
      best = std::max(best, h.cwiseMax(0).norm());
    }
    CHECK(largest_gain(with_weights(N(2), T(2), two)) == near(best, 1e-5));
  }
}

TEST_CASE("bounded units gain nothing, nor do those beside unbounded ones") {
  Random rng(3);
  const Matrix<double> w = 100 * rng.normal<double>(4, 3);
  CHECK(largest_gain(with_weights(B(3), G(4), w)) == 0);
  CHECK(largest_gain(with_weights(T(3), S(4), w)) == 0);
  Matrix<double> part = w;
  part.leftCols(2) *= 1e-3;
  const auto joint = with_weights(Joint<G, B>(G(2), B(1)), G(4), part);
  CHECK(largest_gain(joint) == near(largest_singular_value(part.leftCols(2)), 1e-6));
  CHECK(largest_gain(transposed(joint)) == near(largest_singular_value(part.leftCols(2)), 1e-6));
}

TEST_CASE("below a gain of 1 free energies rise far out, and above it they fall") {
  for (const double gain : {0.9, 1.1}) {
    const auto m = with_weights(T(1), N(1), constant(1, 1, gain));
    const Row<double> f = free_energy(m, Matrix<double>{{100, 1000}});
    CHECK((f(1) > f(0)) == (gain < 1));
    CHECK(f(1) == near(0.5e6 * (1 - gain * gain), 1e-4));
  }
}

TEST_CASE("a model without a finite Z is refused, with its gain") {
  CHECK_NOTHROW(check_normalisable("train", with_weights(G(1), G(1), constant(1, 1, 0.99))));
  CHECK_NOTHROW(check_normalisable("train", with_weights(B(1), G(1), constant(1, 1, 99))));
  CHECK(
      message_of(
          [] { check_normalisable("train", with_weights(G(1), T(1), constant(1, 1, -1.25))); }) ==
      "train: weights has a gain of 1.25, but less than 1 is needed: as both layers grow along it, "
      "the energy falls without bound");
  CHECK(message_of([] {
          check_normalisable("train", with_weights(G(1), G(1), constant(1, 1, 1)));
        }).starts_with("train: weights has a gain of 1,"));
}
