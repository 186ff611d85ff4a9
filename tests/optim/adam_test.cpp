// SPDX-License-Identifier: MIT
#include "strata/optim/adam.hpp"

#include <doctest/doctest.h>

#include "optim/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Ten steps, two to an epoch, beside algorithm 1 of the paper, entry by entry.
void check_adam_recursion(const Adam& adam) {
  Toy model = toy();
  auto state = adam.start(parameters(model));
  std::vector<Matrix<double>> m = zeros(parameters(model)), v = m;
  for (int t = 1; t <= 10; ++t) {
    const double epoch = 0.5 * (t - 1);
    Toy g = gradient_at(t);
    const auto gradient = parameters(g);
    const auto step = steps(adam, epoch, model, g, state);
    for (std::size_t p = 0; p < 3; ++p)
      for (Index i = 0; i < step[p].size(); ++i) {
        const double slope = gradient[p].value(i);
        m[p](i) = adam.beta1 * m[p](i) + (1 - adam.beta1) * slope;
        v[p](i) = adam.beta2 * v[p](i) + (1 - adam.beta2) * slope * slope;
        const double mean = m[p](i) / (1 - std::pow(adam.beta1, t));
        const double square = v[p](i) / (1 - std::pow(adam.beta2, t));
        const double rate = adam.learning_rate(epoch) * (p == 2 ? adam.scale_rate : 1.0);
        const double expected = rate * mean / (std::sqrt(square) + adam.epsilon);
        CHECK(std::abs(step[p](i) - expected) <= 1e-14 * std::abs(expected) + 1e-18);
      }
  }
  CHECK(model.weights == toy().weights);
}

}  // namespace

TEST_CASE("Adam follows the recursion of the paper") {
  check_adam_recursion({});
  check_adam_recursion(
      {.learning_rate = linear(0.1, 0, 4), .beta1 = 0.5, .beta2 = 0.9, .epsilon = 0.01});
  check_adam_recursion({.beta1 = 0, .beta2 = 0, .scale_rate = 0.7});
}

TEST_CASE("Adam's first step is the rate, whatever the size of the gradient") {
  for (const double size : {1e-3, 1.0, 1e6}) {
    const auto x =
        ascend_vector(Adam{.learning_rate = 0.25}, Vector<double>::Zero(2), 1, [&](const auto&) {
          return Vector<double>{{size, -size}};
        });
    CHECK(x(0) == doctest::Approx(0.25).epsilon(2e-5));
    CHECK(x(1) == -x(0));
  }
}

TEST_CASE("no gradient gives no step") {
  const auto x = ascend_vector(Adam{}, Vector<double>{{3.0}}, 5,
                               [](const auto&) { return Vector<double>{{0.0}}; });
  CHECK(x(0) == 3);
}

TEST_CASE("Adam finds the top of a quadratic and the bottom of Rosenbrock's valley") {
  const Vector<double> top{{2.0, -3.0}};
  const auto x = ascend_vector(Adam{.learning_rate = exponential(0.1, 0.995)},
                               Vector<double>::Zero(2), 4000, [&](const Vector<double>& at) {
                                 return Vector<double>{{top(0) - at(0), 100 * (top(1) - at(1))}};
                               });
  CHECK((x - top).norm() < 1e-6);

  // f = (1 − x)² + 100 (y − x²)², minimal at (1, 1); f rises as 0.4 d² along the valley.
  const auto down = [](const Vector<double>& p) {
    const double a = 1 - p(0), b = p(1) - p(0) * p(0);
    return Vector<double>{{2 * a + 400 * b * p(0), -200 * b}};
  };
  const auto y = ascend_vector(Adam{.learning_rate = exponential(0.05, 0.9997)},
                               Vector<double>{{-1.2, 1.0}}, 20000, down);
  CHECK((y - Vector<double>::Ones(2)).norm() < 1e-6);
}

TEST_CASE("Adam refuses rates below 0 and betas outside [0, 1)") {
  const auto error = [&](const Adam& adam) { return message_of([&] { adam.check_options(); }); };
  CHECK(error({.learning_rate = -1}) == "Adam: learning_rate has -1, but at least 0 is needed");
  CHECK(error({.beta1 = 1}) == "Adam: beta has 1, but a value in [0, 1) is needed");
  CHECK(error({.beta2 = -0.1}) == "Adam: beta has -0.1, but a value in [0, 1) is needed");
  CHECK(error({}) == "no exception");
}
