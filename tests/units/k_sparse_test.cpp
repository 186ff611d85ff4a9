// SPDX-License-Identifier: MIT
#include "strata/units/k_sparse.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

template <class S>
KSparse<S> random_k_sparse(Index n, Index k, Random& rng) {
  KSparse<S> units(n, k);
  units.bias = rng.normal<S>(n, 1);
  return units;
}

}  // namespace

TEST_CASE("of b + x the k largest of each column stay, the others are 0") {
  Random rng(1);
  const Matrix<double> x = rng.normal<double>(7, 50);  // in several pieces of columns
  for (const Index k : {1, 3, 7}) {
    const auto units = random_k_sparse<double>(7, k, rng);
    const Matrix<double> z = x.colwise() + units.bias, y = mean(units, x);
    for (Index j = 0; j < z.cols(); ++j) {
      Vector<double> sorted = z.col(j);
      std::ranges::sort(sorted, std::greater<double>());
      for (Index i = 0; i < 7; ++i) CHECK(y(i, j) == (z(i, j) >= sorted(k - 1) ? z(i, j) : 0));
    }
    CHECK(((y.array() != 0).colwise().count() == k).all());
  }
}

TEST_CASE("the largest may be negative, and where they are as large as one another all stay") {
  KSparse<double> units(4, 2);
  const Matrix<double> x{{-1, 2, 5, 0}, {-2, 1, 5, 0}, {-3, 1, 5, 0}, {-4, 0, 5, 0}};
  const Matrix<double> expected{{-1, 2, 5, 0}, {-2, 1, 5, 0}, {0, 1, 5, 0}, {0, 0, 5, 0}};
  CHECK(mean(units, x) == expected);
  units.bias << 0, 0, 0, 10;  // counts before they are compared
  CHECK(mean(units, Matrix<double>(x.col(0))) == Vector<double>{{-1, 0, 0, 6}});
}

TEST_CASE("derivatives are 1 where a unit stays, else 0") {
  Random rng(2);
  const auto units = random_k_sparse<double>(7, 3, rng);
  const Matrix<double> x = rng.normal<double>(7, 5), y = mean(units, x);
  Matrix<double> first, second;
  units.derivatives(y, first, second);
  CHECK(first == Matrix<double>((y.array() != 0).cast<double>()));
  CHECK(second == Matrix<double>::Zero(7, 5));
  mean_gradient_is_the_derivative(units, x, rng);
  Matrix<double> g = rng.normal<double>(7, 5);
  const Matrix<double> expected = g.cwiseProduct(first);
  units.mean_gradient(x, y, g);
  CHECK(g == expected);
}

TEST_CASE_TEMPLATE("huge inputs stay finite, and floats choose as doubles do", Scalar, float,
                   double) {
  KSparse<Scalar> units(4, 2);
  const Vector<Scalar> x{{Scalar(-1e30), Scalar(1e30), 3, 0}};
  CHECK(mean(units, Matrix<Scalar>(x)) == Vector<Scalar>{{0, Scalar(1e30), 3, 0}});
  CHECK(mean(units, Matrix<Scalar>(-x)) == Vector<Scalar>{{Scalar(1e30), 0, 0, 0}});

  Random rng(3);
  units = random_k_sparse<Scalar>(9, 4, rng);
  KSparse<double> exact(9, 4);
  exact.bias = units.bias.template cast<double>();
  const Matrix<Scalar> many = rng.normal<Scalar>(9, 100);
  CHECK(distance(mean(units, many), mean(exact, Matrix<double>(many.template cast<double>()))) <
        1e-6);
}

TEST_CASE("k is a number from 1 to n, and in the name") {
  CHECK(message_of([] { KSparse<float>(5, 0); }) ==
        "KSparse: k has 0, but a number from 1 to 5 is needed");
  CHECK(message_of([] { KSparse<float>(5, 6); }) ==
        "KSparse: k has 6, but a number from 1 to 5 is needed");
  const KSparse<float> units(5, 5);
  CHECK(units.size() == 5);
  CHECK(kind_name(units) == "linear, 5 largest");
  CHECK(kind_name(KSparse<float>(100, 25)) == "linear, 25 largest");
}
