// SPDX-License-Identifier: MIT
#include "strata/optim/lbfgs.hpp"

#include <doctest/doctest.h>

#include "optim/objectives.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// An objective that throws when it is evaluated for the n-th time.
struct Throws : Quadratic<double> {
  int left = 0;
  double value(const Vector<double>& theta, Vector<double>* gradient) {
    if (left-- == 0) throw std::runtime_error("out of data");
    return Quadratic::value(theta, gradient);
  }
};

/// One whose gradient points uphill: no line search can succeed.
struct Uphill : Quadratic<double> {
  double value(const Vector<double>& theta, Vector<double>* gradient) {
    const double height = Quadratic::value(theta, gradient);
    if (gradient) *gradient = -*gradient;
    return height;
  }
};

}  // namespace

TEST_CASE("L-BFGS finds the lowest point of quadratics") {
  auto round = quadratic(12, 10);
  Vector<double> theta = Vector<double>::Zero(12);
  auto state = LBFGS{}.start<double>();
  LBFGS{.iterations = 40}.improve(round, theta, state);
  CHECK((theta - round.lowest).norm() < 1e-6);

  auto steep = quadratic(20, 1e4);
  theta = Vector<double>::Zero(20);
  CHECK(lower(LBFGS{.iterations = 100}, steep, theta, 10, 1e-10) < 8);
}

TEST_CASE("L-BFGS follows Rosenbrock's valley") {
  for (const Index n : {2, 10}) {
    Rosenbrock<double> f;
    Vector<double> theta = rosenbrock_start(n);
    CHECK(lower(LBFGS{}, f, theta, 20, 1e-12) < 15);
    CHECK(distance(theta, Vector<double>::Ones(n)) < 1e-5);
  }
}

TEST_CASE("L-BFGS makes at most so many line searches, and remembers so many steps") {
  // The first accepted steps are the same; a longer memory is of use only in those that follow.
  const auto after = [](LBFGS options) {
    Rosenbrock<double> f;
    Vector<double> theta = rosenbrock_start(6);
    auto state = options.start<double>();
    options.improve(f, theta, state);
    return f.value(theta, nullptr);
  };
  for (int i = 1; i < 15; ++i) CHECK(after({.iterations = i + 1}) < after({.iterations = i}));
  CHECK(after({.iterations = 2, .history = 1}) == after({.iterations = 2}));
  CHECK(after({.iterations = 20, .history = 3}) != after({.iterations = 20}));
}

TEST_CASE("L-BFGS leaves the lowest point that it has seen, whatever the library throws") {
  for (const int iterations : {1, 2, 5, 200}) {
    auto f = watched(Rosenbrock<double>{});
    Vector<double> theta = rosenbrock_start(4);
    auto state = LBFGS{}.start<double>();
    LBFGS{.iterations = iterations}.improve(f, theta, state);
    CHECK(f.value(theta, nullptr) == f.lowest_seen());
  }
  Uphill f{quadratic(4, 10)};
  Vector<double> theta = Vector<double>::Ones(4);
  auto state = LBFGS{}.start<double>();
  LBFGS{}.improve(f, theta, state);
  CHECK(theta == Vector<double>::Ones(4));
  f.a *= -1e200;  // downhill, but the gradient's norm is more than a double can hold
  LBFGS{}.improve(f, theta, state);
  CHECK(theta == Vector<double>::Ones(4));
}

TEST_CASE("L-BFGS stays where f is finite") {
  check_fences(LBFGS{});
  check_gradient_fence(LBFGS{});
}

TEST_CASE("what f throws passes through L-BFGS") {
  for (const int evaluations : {0, 1, 7}) {
    Throws f{quadratic(20, 1000)};
    f.left = evaluations;
    Vector<double> theta = Vector<double>::Zero(20);
    auto state = LBFGS{}.start<double>();
    CHECK(message_of([&] { LBFGS{}.improve(f, theta, state); }) == "out of data");
  }
}

TEST_CASE("L-BFGS works in float, on the last digits of a large value") {
  struct High : Quadratic<float> {
    double value(const Vector<float>& theta, Vector<float>* gradient) {
      return 1e6 + Quadratic::value(theta, gradient);  // in float, steps of 0.06
    }
  } f{quadratic<float>(8, 30)};
  Vector<float> theta = Vector<float>::Zero(8);
  lower(LBFGS{}, f, theta, 5);
  CHECK(distance(theta, f.lowest) < 1e-3);
}

TEST_CASE("L-BFGS refuses to do nothing") {
  const auto error = [](const LBFGS& o) { return message_of([&] { o.check_options(); }); };
  CHECK(error({.iterations = 0}) == "LBFGS: iterations has 0, but at least 1 is needed");
  CHECK(error({.history = 0}) == "LBFGS: history has 0, but at least 1 is needed");
  CHECK(error({}) == "no exception");
}
