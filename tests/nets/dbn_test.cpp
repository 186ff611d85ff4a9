// SPDX-License-Identifier: MIT
#include "strata/nets/dbn.hpp"

#include "nets/testing.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("the visible units of the top see the means of all layers below") {
  Random rng(1);
  const auto a = random_rbm<G, B>(3, 4, rng);
  const auto b = random_rbm<B, B>(4, 5, rng), c = random_rbm<B, B>(5, 2, rng);
  const Matrix<double> x = random_batch(3, 6, rng);
  CHECK(up_to_top(stack(a, b, c), x) == up(b, up(a, x)));
  CHECK(up_to_top(stack(b, c), up(a, x)) == up(b, up(a, x)));
  CHECK(up_to_top(stack(a), x) == x);
}

TEST_CASE("a dream is a walk of the top RBM, then means downwards") {
  Random rng(2);
  const auto bottom = random_rbm<B, B>(6, 4, rng), top = random_rbm<B, B>(4, 3, rng);
  const auto start = rng.bernoulli(Matrix<double>(Matrix<double>::Constant(4, 20, 0.5)));
  for (const int steps : {0, 1, 5}) {
    Random one(7), other(7);
    const auto pixels = dream(stack(bottom, top), start, steps, one);
    const Matrix<double> v = gibbs(top, start, steps, other);
    CHECK(pixels == down(bottom, down(top, sample_hidden(top, v, other))));
    CHECK(one.counter() == other.counter());
    CHECK(pixels.minCoeff() > 0);  // means, no samples
    CHECK(pixels.maxCoeff() < 1);
  }
}

TEST_CASE("the dreams of one RBM are the visible means of its own samples") {
  // ⟨E[v | h]⟩ from the exact distribution is the exact marginal, and stays so.
  Random rng(3);
  const auto m = random_rbm<B, B>(3, 2, rng, 1.0);
  const Matrix<double> states = all_states(3);
  Vector<double> p = (-free_energy(m, states)).transpose().array().exp();
  p /= p.sum();
  const Index n = 40000;
  const Matrix<double> u = rng.uniform<double>(1, n);
  Matrix<double> v(3, n);
  for (Index j = 0; j < n; ++j) {
    Index k = 0;
    for (double sum = p(0); sum <= u(j) && k < 7; sum += p(++k)) {
    }
    v.col(j) = states.col(k);
  }
  CHECK(largest_z(dream(stack(m), v, 3, rng), states * p) < 5);
}
