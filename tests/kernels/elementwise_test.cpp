// SPDX-License-Identifier: MIT
#include "strata/kernels/elementwise.hpp"

#include <doctest/doctest.h>

#include "core/statistics.hpp"
#include "fixtures.hpp"
#include "strata/core/special.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

constexpr std::pair<Index, Index> shapes[] = {{0, 0}, {0, 5},  {5, 0},     {1, 1},     {3, 1},
                                              {1, 7}, {13, 5}, {784, 100}, {40000, 1}, {1, 40000}};

template <class S>
Matrix<S> random(Index rows, Index cols) {
  return Matrix<S>::Random(rows, cols) * S(5);
}

}  // namespace

TEST_CASE_TEMPLATE("the kernels are their plain twins", S, float, double) {
  for (const auto& [rows, cols] : shapes) {
    const Matrix<S> x = random<S>(rows, cols);
    const Vector<S> b = random<S>(rows, 1);
    Matrix<S> y = Matrix<S>::Ones(2, 3);
    add_bias<S>(x, b, y);
    CHECK(y == Matrix<S>(x.colwise() + b));
    Matrix<S> wide = random<S>(rows + 2, cols + 3);
    wide.block(1, 2, rows, cols) = x;
    add_bias<S>(wide.block(1, 2, rows, cols), b, y);
    CHECK(y == Matrix<S>(x.colwise() + b));

    const Matrix<S> expected = sigmoid(Matrix<S>(x.colwise() + b));
    add_bias_sigmoid<S>(x, b, y);
    CHECK(distance(y, expected) <= 2 * std::numeric_limits<S>::epsilon());
    add_bias_sigmoid<S>(wide.block(1, 2, rows, cols), b, y);
    CHECK(distance(y, expected) <= 2 * std::numeric_limits<S>::epsilon());
  }
}

TEST_CASE_TEMPLATE("sums of softplus are those of its plain twin, at any size and of any numbers",
                   S, float, double) {
  // The twin's own sum would be further off: it is added up in long double.
  const double tolerance = 4 * static_cast<double>(std::numeric_limits<S>::epsilon());
  for (const Index rows : {0, 1, 15, 16, 17, 784, 1024, 1040, 3000})
    for (const Index cols : {0, 1, 3})
      for (const double scale : {0.0, 1e-30, 1.0, 20.0, 1000.0, 1e30}) {
        const Matrix<S> x = random<S>(rows, cols) * static_cast<S>(scale);
        const Vector<S> b = random<S>(rows, 1) * static_cast<S>(scale);
        const Row<S> sums = sum_softplus<S>(x, b);
        const Matrix<S> z = x.colwise() + b;
        const Matrix<double> twin = softplus(z.template cast<double>());
        REQUIRE(sums.size() == cols);
        for (Index j = 0; j < cols; ++j) {
          const double expected = static_cast<double>(twin.col(j).cast<long double>().sum());
          CHECK(std::abs(static_cast<double>(sums(j)) - expected) <=
                tolerance * std::max(1.0, expected));
        }
        Matrix<S> wide = random<S>(rows + 2, cols + 3);
        wide.block(1, 2, rows, cols) = x;
        CHECK(sum_softplus<S>(wide.block(1, 2, rows, cols), b) == sums);
      }
}

TEST_CASE_TEMPLATE("softplus of what is not finite shows in the sum", S, float, double) {
  const S infinity = std::numeric_limits<S>::infinity(), most = std::numeric_limits<S>::max();
  for (const Index rows : {3, 16, 1100}) {
    const Vector<S> b = Vector<S>::Zero(rows);
    const auto sum_with = [&](S value) {
      Matrix<S> x = Matrix<S>::Constant(rows, 1, -infinity);
      x(rows / 2, 0) = value;
      return sum_softplus<S>(x, b)(0);
    };
    CHECK(sum_with(-infinity) == 0);
    CHECK(sum_with(-most) == 0);
    CHECK(sum_with(most) == most);
    CHECK(sum_with(infinity) == infinity);
    CHECK(std::isnan(sum_with(std::numeric_limits<S>::quiet_NaN())));
  }
}

TEST_CASE_TEMPLATE("a sampled unit is on where the next uniform number is below its sigmoid", S,
                   float, double) {
  for (const auto& [rows, cols] : shapes) {
    Matrix<S> s = random<S>(rows, cols);
    const Matrix<S> p = sigmoid(s);
    Random rng(7), twin(7);
    sample_sigmoid_in_place(s, rng);
    CHECK(s == twin.bernoulli(p));
    CHECK(rng.counter() == twin.counter());
  }
}

TEST_CASE_TEMPLATE("drawn into bits, the units are the same", S, float, double) {
  for (const auto& [rows, cols] : shapes) {
    const Matrix<S> x = random<S>(rows, cols);
    const Vector<S> b = random<S>(rows, 1);
    const Matrix<S> y = x.colwise() + b;
    Matrix<S> s = y, mean, probability;
    add_bias_sigmoid<S>(x, b, probability);
    Random rng(7), bits_rng(7), mean_rng(7), plain_rng(7);
    sample_sigmoid_in_place(s, rng);
    BinaryStates bits, with_mean, plain;
    sample_sigmoid<S>(x, b, bits_rng, bits);
    sample_sigmoid<S>(x, b, mean_rng, with_mean, &mean);
    plain_rng.bernoulli(probability, plain);
    CHECK(bits.template matrix<S>() == s);
    CHECK(with_mean == bits);
    CHECK(plain == bits);
    CHECK(distance(mean, probability) <= 2 * std::numeric_limits<S>::epsilon());
    CHECK(bits_rng.counter() == rng.counter());
    CHECK(mean_rng.counter() == rng.counter());
    CHECK(plain_rng.counter() == rng.counter());
  }
}

TEST_CASE_TEMPLATE("a unit is on with probability sigmoid(x)", S, float, double) {
  Random rng(8);
  for (const double x : {-6.0, -2.0, -0.1, 0.0, 0.5, 3.0}) {
    Matrix<S> s = Matrix<S>::Constant(1000, 1000, static_cast<S>(x));
    sample_sigmoid_in_place(s, rng);
    CHECK(std::abs(mean_z(s.template cast<double>().array() - 1 / (1 + std::exp(-x)))) < 5);
  }
  Matrix<S> certain = Matrix<S>::Constant(1000, 1, 1000);
  sample_sigmoid_in_place(certain, rng);
  CHECK(certain == Matrix<S>::Ones(1000, 1));
}

TEST_CASE_TEMPLATE("the kernels give the same bits at any number of threads", S, float, double) {
  for (const auto& [rows, cols] : shapes) {
    const Matrix<S> x = random<S>(rows, cols);
    const Vector<S> bias = random<S>(rows, 1);
    const auto run = [&](int count) {
      const ThreadCount set(count);
      std::array<Matrix<S>, 4> out{x, x, x, x};
      Random rng(9);
      add_bias_sigmoid<S>(x, bias, out[0]);
      sample_sigmoid_in_place(out[1], rng);
      add_bias<S>(x, bias, out[2]);
      out[3] = sum_softplus<S>(x, bias);
      return out;
    };
    const auto one = run(1);
    CHECK(run(2) == one);
    CHECK(run(3) == one);
  }
}
