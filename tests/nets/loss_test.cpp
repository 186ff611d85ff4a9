// SPDX-License-Identifier: MIT
#include "strata/nets/loss.hpp"

#include "nets/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

template <class U>
Matrix<double> mean_of(const U& units, const Matrix<double>& x) {
  return mean(units, x);
}

/// ∂value/∂x by central differences.
template <class Loss, class U>
Matrix<double> slopes(const Loss& loss, const U& units, Matrix<double> x,
                      const Matrix<double>& target) {
  Matrix<double> d(x.rows(), x.cols());
  for (Index i = 0; i < x.size(); ++i) {
    const double at = x(i), step = 1e-5;
    x(i) = at + step;
    const double above = loss.value(units, x, mean_of(units, x), target);
    x(i) = at - step;
    d(i) = (above - loss.value(units, x, mean_of(units, x), target)) / (2 * step);
    x(i) = at;
  }
  return d;
}

template <class U>
void check_gradients(const U& units, Random& rng) {
  const Matrix<double> x = random_batch(units.size(), 3, rng);
  const Matrix<double> target = rng.uniform<double>(units.size(), 3), y = mean_of(units, x);
  Matrix<double> delta;
  CrossEntropy{}.gradient(units, x, y, target, delta);
  CHECK(distance(delta, slopes(CrossEntropy{}, units, x, target)) < 1e-8);
  SquaredError{}.gradient(units, x, y, target, delta);
  CHECK(distance(delta, slopes(SquaredError{}, units, x, target)) < 1e-8);
}

/// −log p(target | x), summed over columns, with the normaliser by enumeration.
template <class U>
double minus_log_p(const U& units, const Matrix<double>& x, const Matrix<double>& target) {
  const Matrix<double> states = every_state(units).states;
  double sum = 0;
  for (Index j = 0; j < x.cols(); ++j) {
    const Vector<double> b = units.bias + x.col(j);
    sum += log_sum_exp(states.transpose() * b) - b.dot(target.col(j));
  }
  return sum;
}

}  // namespace

TEST_CASE("cross-entropy is −log p(target | x) in nats, summed over the batch") {
  Random rng(1);
  const B binary = random_units(B(4), rng);
  const S classes = random_units(S(3, 2), rng);
  const Matrix<double> x = random_batch(4, 16, rng), z = random_batch(6, 9, rng);
  const Matrix<double> bits = all_states(4), hot = every_state(classes).states;
  CHECK(CrossEntropy{}.value(binary, x, mean_of(binary, x), bits) ==
        near(minus_log_p(binary, x, bits), 1e-14));
  CHECK(CrossEntropy{}.value(classes, z, mean_of(classes, z), hot) ==
        near(minus_log_p(classes, z, hot), 1e-14));
  // The familiar forms: −Σ t log y + (1 − t) log(1 − y), and −Σ t log y.
  const Matrix<double> y = mean_of(binary, x), q = mean_of(classes, z);
  CHECK(CrossEntropy{}.value(binary, x, y, bits) ==
        near(-(bits.array() * y.array().log() + (1 - bits.array()) * (1 - y.array()).log()).sum(),
             1e-13));
  CHECK(CrossEntropy{}.value(classes, z, q, hot) ==
        near(-(hot.array() * q.array().log()).sum(), 1e-13));
}

TEST_CASE("cross-entropy of Gaussian units is half the squared error and a constant") {
  Random rng(2);
  G units(3);
  units.bias = rng.normal<double>(3, 1);
  const Matrix<double> x = random_batch(3, 4, rng), target = random_batch(3, 4, rng);
  const Matrix<double> y = mean_of(units, x);
  const double constant = 12 * 0.5 * std::log(2 * std::numbers::pi);
  CHECK(CrossEntropy{}.value(units, x, y, target) ==
        near(0.5 * (y - target).squaredNorm() + constant, 1e-14));
  units = random_units(units, rng);  // σ other than 1: Σ ½ ((t − b)/σ − x)² + log σ + ½ log 2π
  const Matrix<double> z =
      units.sigma().cwiseInverse().asDiagonal() * (target.colwise() - units.bias);
  CHECK(CrossEntropy{}.value(units, x, y, target) ==
        near(0.5 * (z - x).squaredNorm() + 4 * units.log_sigma.sum() + constant, 1e-13));
}

TEST_CASE("the cross-entropy of a target that is nearly impossible is large, not infinite") {
  const Matrix<double> x = Matrix<double>::Constant(1, 1, -2000), one = Matrix<double>::Ones(1, 1);
  CHECK(CrossEntropy{}.value(B(1), x, mean_of(B(1), x), one) == 2000);
}

TEST_CASE("squared error is half the squared distance") {
  const Matrix<double> y{{1, 2}, {3, 4}}, target{{0, 2}, {5, 1}};
  CHECK(SquaredError{}.value(B(2), y, y, target) == 0.5 * (1 + 0 + 4 + 9));
}

TEST_CASE("the gradients of both losses are their slopes, for every kind of units") {
  Random rng(3);
  check_gradients(random_units(B(4), rng), rng);
  check_gradients(random_units(S(3, 2), rng), rng);
  check_gradients(random_units(S(4), rng), rng);
  check_gradients(random_units(G(3), rng), rng);  // σ other than 1
}
