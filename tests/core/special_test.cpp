// SPDX-License-Identifier: MIT
#include "strata/core/special.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// −1000 to 1000, dense near 0, with the ends of the exponential's range.
template <class S>
Matrix<S> arguments() {
  Matrix<S> x(1, 400'000);
  for (Index i = 0; i < x.size() / 2; ++i) {
    x(2 * i) = static_cast<S>(-1000 + 0.01 * static_cast<double>(i));
    x(2 * i + 1) = static_cast<S>(-40 + 4e-4 * static_cast<double>(i));
  }
  return x;
}

/// The distance of neighbouring numbers at x.
template <class S>
long double ulp(long double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  return std::ldexp(1.0L, std::max(exponent, std::numeric_limits<S>::min_exponent) -
                              std::numeric_limits<S>::digits);
}

}  // namespace

TEST_CASE_TEMPLATE("sigmoid is right to 8 ulp, and tiny where it underflows", S, float, double) {
  const Matrix<S> x = arguments<S>(), y = sigmoid(x);
  CHECK(y.allFinite());
  CHECK(y.minCoeff() >= 0);
  CHECK(y.maxCoeff() == 1);
  long double worst = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const long double exact = 1 / (1 + std::exp(-static_cast<long double>(x(i))));
    if (exact >= std::numeric_limits<S>::min())
      worst = std::max(worst, std::abs(y(i) - exact) / ulp<S>(exact));
    else
      CHECK(y(i) <= std::numeric_limits<S>::min());
  }
  MESSAGE("sigmoid: ", static_cast<double>(worst), " ulp");
  CHECK(worst < 8);
}

TEST_CASE_TEMPLATE("softplus is right to 4 ulp of max(x, 1)", S, float, double) {
  const Matrix<S> x = arguments<S>(), y = softplus(x);
  CHECK(y.allFinite());
  CHECK(y.minCoeff() >= 0);
  long double worst = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const auto z = static_cast<long double>(x(i));
    const long double exact = std::max(z, 0.0L) + std::log1p(std::exp(-std::abs(z)));
    worst = std::max(worst, std::abs(y(i) - exact) / ulp<S>(std::max(z, 1.0L)));
  }
  MESSAGE("softplus: ", static_cast<double>(worst), " ulp");
  CHECK(worst < 4);
}

TEST_CASE_TEMPLATE("log_sum_exp neither overflows nor underflows", S, float, double) {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(log_sum_exp(Vector<S>()) == -infinity);
  CHECK(log_sum_exp(Vector<S>::Constant(3, -static_cast<S>(infinity))) == -infinity);
  CHECK(log_sum_exp(Vector<S>{{1, static_cast<S>(infinity)}}) == infinity);
  CHECK(log_sum_exp(Vector<S>{{0, -static_cast<S>(infinity)}}) == 0);
  for (const double offset : {-1000.0, -10.0, 0.0, 10.0, 1000.0}) {
    const Vector<S> x{
        {static_cast<S>(offset), static_cast<S>(offset + 1), static_cast<S>(offset - 2)}};
    CHECK(log_sum_exp(x) == near(offset + std::log(1 + std::exp(1.0) + std::exp(-2.0)), 1e-15));
  }
  // Over all entries of a matrix, and of an expression.
  CHECK(log_sum_exp(Matrix<S>::Zero(4, 5)) == near(std::log(20.0), 1e-15));
}

TEST_CASE_TEMPLATE("softmax sums to one in each group, whatever is added to the group", S, float,
                   double) {
  Matrix<S> x = Matrix<S>::Random(6, 50) * S(10);
  const Matrix<S> shift =
      Matrix<S>::Random(2, 50).unaryExpr([](S r) { return std::round(r * 990); });
  Matrix<S> y = x, shifted = x;
  shifted.topRows(3).rowwise() += shift.row(0);
  shifted.bottomRows(3).rowwise() += shift.row(1);
  const Row<S> log_sum = softmax_in_place(y, 3);
  softmax_in_place(shifted, 3);
  const double precision = std::numeric_limits<S>::epsilon();
  CHECK(distance(y.topRows(3).colwise().sum(), Row<S>::Ones(50)) < 4 * precision);
  CHECK(distance(y.bottomRows(3).colwise().sum(), Row<S>::Ones(50)) < 4 * precision);
  CHECK(distance(shifted, y) < 1000 * precision);  // x + shift was rounded
  for (Index j = 0; j < 50; ++j)
    CHECK(static_cast<double>(log_sum(j)) ==
          near(log_sum_exp(x.col(j).head(3)) + log_sum_exp(x.col(j).tail(3)), 8 * precision));
  for (Index j = 0; j < 50; ++j)
    for (Index i = 0; i < 6; ++i) {
      const auto group = x.col(j).segment(i / 3 * 3, 3);
      const double exact = std::exp(static_cast<double>(x(i, j)) - log_sum_exp(group));
      CHECK(static_cast<double>(y(i, j)) == near(exact, 8 * precision));
    }
}

TEST_CASE_TEMPLATE("softmax of two is sigmoid of their difference", S, float, double) {
  const Matrix<S> x = arguments<S>();
  Matrix<S> pairs = Matrix<S>::Zero(2, x.size());
  pairs.row(0) = x;
  const Matrix<S> y = softmax(pairs);
  CHECK(y.allFinite());
  CHECK(distance(y.row(0), sigmoid(x)) < 4 * std::numeric_limits<S>::epsilon());
  CHECK(distance(y.row(1), sigmoid(-x)) < 4 * std::numeric_limits<S>::epsilon());
}

TEST_CASE("softmax of nothing is nothing") {
  CHECK(softmax(Matrix<float>(0, 0)).size() == 0);
  CHECK(softmax(Matrix<float>(3, 0)).size() == 0);
}
