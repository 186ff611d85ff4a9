// SPDX-License-Identifier: MIT
#include "strata/kernels/binary_product.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"
#include "strata/core/random.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE_TEMPLATE("a product with binary states is Eigen's with the same numbers", S, float,
                   double) {
  Random rng(1);
  const auto sizes = {std::array<Index, 3>{1, 1, 1},
                      {0, 5, 3},
                      {5, 0, 3},
                      {5, 3, 0},
                      {3, 700, 2},
                      {16, 64, 24},
                      {500, 784, 10},
                      {129, 300, 33},
                      {784, 500, 40},
                      {255, 129, 100},
                      {20, 1000, 23},
                      {18, 70, 2100}};
  for (const auto& [n, m, cols] : sizes)
    for (const double p : {0.0, 0.13, 0.5, 0.9, 1.0}) {
      const Matrix<S> a = rng.normal<S>(n, m), b = random_states<S>(m, cols, rng, p);
      const Matrix<S> at = a.transpose();
      const Matrix<S> expected = a * b;
      Matrix<S> plain(2, 2), transposed;
      product(a, BinaryStates(b), plain);
      product(at.transpose(), BinaryStates(b), transposed);
      CHECK(distance(plain, expected) < rounding<S>);
      CHECK(distance(transposed, expected) < rounding<S>);
    }
}

TEST_CASE_TEMPLATE("blocks of matrices are factors too", S, float, double) {
  Random rng(2);
  const Matrix<S> a = rng.normal<S>(100, 90), b = random_states<S>(60, 30, rng, 0.3);
  Matrix<S> out;
  product(a.block(7, 11, 50, 60), BinaryStates(b), out);
  CHECK(distance(out, a.block(7, 11, 50, 60) * b) < rounding<S>);
  product(a.block(7, 11, 60, 50).transpose(), BinaryStates(b), out);
  CHECK(distance(out, a.block(7, 11, 60, 50).transpose() * b) < rounding<S>);
}

TEST_CASE_TEMPLATE("a product given another counts what differs", S, float, double) {
  Random rng(3);
  for (const auto& [n, m, cols] : {std::array<Index, 3>{500, 784, 100},
                                   {33, 200, 10},
                                   {1, 1, 1},
                                   {7, 300, 64},
                                   {20, 90, 1100}})
    for (const double change : {0.0, 0.02, 0.9}) {  // the last one makes a new product
      const Matrix<S> a = rng.normal<S>(n, m), old = random_states<S>(m, cols, rng, 0.3);
      const Matrix<S> flip = random_states<S>(m, cols, rng, change);
      const Matrix<S> now = old.array() + flip.array() - 2 * old.array() * flip.array();
      const Matrix<S> x = a * old, expected = a * now;
      Matrix<S> out;
      product(a, States<S>(BinaryStates(now)), States<S>(BinaryStates(old)), x, out);
      CHECK(distance(out, expected) < rounding<S>);
      product(a, States<S>(now), States<S>(BinaryStates(old)), x, out);
      CHECK(distance(out, expected) < rounding<S>);
      product(a, States<S>(BinaryStates(now)), States<S>(), Matrix<S>(), out);
      CHECK(distance(out, expected) < rounding<S>);
    }
}

TEST_CASE("products with binary states have the same bits at any number of threads") {
  Random rng(4);
  const Matrix<float> a = rng.normal<float>(500, 784);
  const BinaryStates b(random_states<float>(784, 100, rng, 0.2));
  const BinaryStates h(random_states<float>(500, 100, rng, 0.4));
  Matrix<float> x[3], y[3];
  for (const int n : {1, 2, 3}) {
    const ThreadCount set(n);
    product(a, b, x[n - 1]);
    product(a.transpose(), h, y[n - 1]);
  }
  CHECK(x[0] == x[1]);
  CHECK(x[0] == x[2]);
  CHECK(y[0] == y[1]);
  CHECK(y[0] == y[2]);
}

TEST_CASE("sums over columns take bits") {
  Random rng(5);
  const Matrix<double> s = random_states<double>(70, 9, rng, 0.4);
  const Vector<double> b = rng.normal<double>(70, 1);
  const Row<double> w = rng.normal<double>(1, 9);
  CHECK(distance(dot_columns<double>(b, BinaryStates(s)), b.transpose() * s) < 1e-13);
  Vector<double> sum = b;
  add_weighted_columns<double>(BinaryStates(s), w, sum);
  CHECK(distance(sum, b + s * w.transpose()) < 1e-13);
}

TEST_CASE_TEMPLATE("a square is transposed in registers", S, float, double) {
  constexpr Index n = Registers<S>::lanes;
  Random rng(6);
  const Matrix<S> x = rng.normal<S>(n + 3, n);
  Matrix<S> t(n + 1, n);
  detail::transpose_square(x.data(), n + 3, t.data(), n + 1);
  CHECK(t.topRows(n) == x.topRows(n).transpose());
}
