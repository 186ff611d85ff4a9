// SPDX-License-Identifier: MIT
#include "strata/kernels/outer_products.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"
#include "strata/core/random.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// The tiles side by side.
template <class S>
Matrix<S> collected(OuterProducts<S>& g) {
  Matrix<S> all = Matrix<S>::Constant(g.rows(), g.cols(), S(99));
  Matrix<S> times = Matrix<S>::Zero(g.rows(), g.cols());
  g.for_each_tile([&](Index first, const Eigen::Map<Matrix<S>>& tile) {
    all.middleCols(first, tile.cols()) = tile;
    times.middleCols(first, tile.cols()).array() += S(1);
  });
  CHECK(times == Matrix<S>::Ones(g.rows(), g.cols()));
  return all;
}

}  // namespace

TEST_CASE_TEMPLATE("outer products multiply out, bits and numbers alike", S, float, double) {
  Random rng(1);
  for (const auto& [n, m] :
       {std::pair<Index, Index>{1, 1}, {500, 784}, {33, 5}, {784, 70}, {0, 4}}) {
    const Matrix<S> a = rng.normal<S>(n, 30), b = random_states<S>(m, 30, rng);
    const Matrix<S> c = rng.normal<S>(n, 30), d = random_states<S>(m, 30, rng);
    const Matrix<S> e = rng.normal<S>(n, 70), f = random_states<S>(m, 70, rng);
    const Matrix<S> r = rng.normal<S>(m, 30);
    const BinaryStates bits_b(b), bits_d(d), bits_f(f);
    const S u = S(0.5), v = S(-0.25);
    OuterProducts<S> g(n, m);
    CHECK(distance(collected(g), Matrix<S>::Zero(n, m)) == 0);

    g.add(u, a, bits_b);  // one term
    CHECK(distance(collected(g), u * a * b.transpose()) < rounding<S>);
    g.add(v, c, bits_d);  // a pair
    const Matrix<S> pair = u * a * b.transpose() + v * c * d.transpose();
    CHECK(distance(collected(g), pair) < rounding<S>);
    CHECK(distance(collected(g), pair) < rounding<S>);  // as often as one likes
    g.add(u, e, bits_f);                                // three
    CHECK(distance(collected(g), pair + u * e * f.transpose()) < rounding<S>);
    g.add(v, a, r);  // and numbers
    const Matrix<S> all = pair + u * e * f.transpose() + v * a * r.transpose();
    CHECK(distance(collected(g), all) < rounding<S>);
    CHECK(distance(g.matrix(), all) < rounding<S>);
    g.add(u, c, bits_d);  // to what is multiplied out already
    CHECK(distance(g.matrix(), all + u * c * d.transpose()) < rounding<S>);

    g.setZero();
    g.add(u, c, bits_d);
    g.add(v, e, bits_f);  // two of different lengths
    CHECK(distance(collected(g), u * c * d.transpose() + v * e * f.transpose()) < rounding<S>);
    g = all;
    CHECK(collected(g) == all);
  }
}

TEST_CASE("without samples there is no gradient") {
  OuterProducts<double> g(5, 70);
  const Matrix<double> a(5, 0);
  const BinaryStates b(70, 0), c(70, 0);
  g.add(1.0, a, b);
  CHECK(collected(g).isZero(0));
  g.add(1.0, a, c);
  CHECK(collected(g).isZero(0));
}

TEST_CASE("temporary matrices are kept, named ones are looked at when the tiles are made") {
  Random rng(2);
  const Matrix<double> a = rng.normal<double>(6, 4), b = rng.normal<double>(5, 4);
  OuterProducts<double> g(6, 5);
  for (int i = 0; i < 3; ++i) {
    g.setZero();
    g.add(1.0, 2 * a, Matrix<double>(b + b));
    g.add(1.0, Vector<double>(a.col(0)), b.col(1));
    const Matrix<double> expected = 4 * a * b.transpose() + a.col(0) * b.col(1).transpose();
    CHECK(distance(collected(g), expected) < 1e-13);
  }
  Matrix<double> changing = a;
  g.setZero();
  g.add(1.0, changing, b);
  changing *= 3;
  CHECK(distance(collected(g), 3 * a * b.transpose()) < 1e-13);
}

TEST_CASE("add_outer is at once for a matrix and later for outer products") {
  Random rng(3);
  const Matrix<double> a = rng.normal<double>(6, 4), b = random_states<double>(5, 4, rng);
  const BinaryStates bits(b);
  Matrix<double> sum = Matrix<double>::Ones(6, 5);
  add_outer(-2.0, a, bits, sum);
  CHECK(distance(sum, Matrix<double>::Ones(6, 5) - 2 * a * b.transpose()) < 1e-13);
  OuterProducts<double> later(6, 5);
  add_outer(-2.0, a, bits, later);
  CHECK(distance(multiplied(later), -2 * a * b.transpose()) < 1e-13);
}

TEST_CASE("tiles have the same bits at any number of threads") {
  Random rng(4);
  const Matrix<float> a = rng.normal<float>(500, 100), c = rng.normal<float>(500, 100);
  const BinaryStates b(random_states<float>(784, 100, rng)), d(random_states<float>(784, 100, rng));
  const Matrix<float> r = rng.normal<float>(784, 100);
  Matrix<float> bits[3], both[3];
  for (const int n : {1, 2, 3}) {
    const ThreadCount set(n);
    OuterProducts<float> g(500, 784);
    g.add(0.01f, a, b);
    g.add(-0.01f, c, d);
    bits[n - 1] = collected(g);
    g.add(0.01f, c, r);
    both[n - 1] = collected(g);
  }
  CHECK(bits[0] == bits[1]);
  CHECK(bits[0] == bits[2]);
  CHECK(both[0] == both[1]);
  CHECK(both[0] == both[2]);
}
