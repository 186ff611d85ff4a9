// SPDX-License-Identifier: MIT
#include "strata/optim/sgd.hpp"

#include <doctest/doctest.h>

#include "optim/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// The steps of one entry with gradients g, by the recursion of the paper.
struct Entry {
  double velocity = 0;

  double step(double g, double rate, double momentum, bool nesterov) {
    velocity = momentum * velocity + rate * g;
    return nesterov ? momentum * velocity + rate * g : velocity;
  }
};

/// Ten steps, two to an epoch, beside the recursion.
void check_sgd_recursion(const SGD& sgd) {
  Toy model = toy();
  const auto theta = parameters(model);
  auto state = sgd.start(theta);
  std::vector<std::vector<Entry>> entries;
  for (const auto& p : theta) entries.emplace_back(static_cast<std::size_t>(p.value.size()));

  for (int t = 0; t < 10; ++t) {
    const double epoch = 0.5 * t;
    Toy g = gradient_at(t);
    const auto gradient = parameters(g);
    const auto step = steps(sgd, epoch, model, g, state);
    REQUIRE(step.size() == 3);
    for (std::size_t p = 0; p < 3; ++p) {
      const double rate = sgd.learning_rate(epoch) * (p == 2 ? sgd.scale_rate : 1.0);
      for (Index i = 0; i < step[p].size(); ++i) {
        Entry& entry = entries[p][static_cast<std::size_t>(i)];
        const double expected =
            entry.step(gradient[p].value(i), rate, sgd.momentum(epoch), sgd.nesterov);
        CHECK(std::abs(step[p](i) - expected) <= 1e-15 * (1 + std::abs(expected)));
      }
    }
  }
  CHECK(model.weights == toy().weights);  // a step is returned, not taken
}

}  // namespace

TEST_CASE("without momentum a step is the rate times the gradient") {
  check_sgd_recursion({.learning_rate = 0.3});
  Toy model = toy(), g = gradient_at(1);
  const SGD sgd{.learning_rate = 0.5};
  auto state = sgd.start(parameters(model));
  CHECK(steps(sgd, 0, model, g, state)[0] == 0.5 * g.weights);
}

TEST_CASE("momentum gathers the gradients in a velocity") {
  check_sgd_recursion({.learning_rate = 0.3, .momentum = 0.9});
}

TEST_CASE("a large parameter moves as its elements would alone") {
  const SGD sgd{.learning_rate = 0.3, .momentum = 0.9};  // 33,000 weights are many pieces
  Toy model{Matrix<double>::Zero(330, 100), Vector<double>(0), Vector<double>(0)};
  Toy first = model, second = model;
  first.weights.setRandom();
  second.weights.setRandom();
  auto state = sgd.start(parameters(model));
  CHECK(distance(steps(sgd, 0, model, first, state)[0], 0.3 * first.weights) < 1e-15);
  CHECK(distance(steps(sgd, 0, model, second, state)[0],
                 0.3 * second.weights + 0.27 * first.weights) < 1e-15);
}

TEST_CASE("Nesterov's momentum looks one step ahead of the velocity") {
  check_sgd_recursion({.learning_rate = 0.3, .momentum = 0.9, .nesterov = true});
}

TEST_CASE("Nesterov's step moves parameters that are already ahead") {
  // Sutskever et al.: v ← μv + ε∇f(θ + μv), θ ← θ + v. What SGD moves is θ + μv.
  const auto slope = [](double theta) { return std::cos(theta); };
  const double rate = 0.2, momentum = 0.8;
  double theta = 0.1, v = 0;
  for (int t = 0; t < 7; ++t) {
    v = momentum * v + rate * slope(theta + momentum * v);
    theta += v;
  }
  const SGD sgd{.learning_rate = rate, .momentum = momentum, .nesterov = true};
  const auto ahead = ascend_vector(sgd, Vector<double>{{0.1}}, 7, [&](const Vector<double>& x) {
    return Vector<double>{{slope(x(0))}};
  });
  CHECK(std::abs(ahead(0) - (theta + momentum * v)) < 1e-14);
}

TEST_CASE("rates and momentum follow their schedules, and scales a rate of their own") {
  check_sgd_recursion({.learning_rate = linear(0.5, 0.1, 3), .momentum = step(0.5, 2, 0.9)});
  check_sgd_recursion({.learning_rate = 0.1, .momentum = 0.5, .scale_rate = 0.01});
  Toy model = toy(), g = gradient_at(1);
  const SGD sgd{.learning_rate = 0.5, .scale_rate = 0};
  auto state = sgd.start(parameters(model));
  CHECK(steps(sgd, 0, model, g, state)[2](0) == 0);
}

TEST_CASE("gradient steps on a quadratic shrink each eigen-direction by 1 − rate · curvature") {
  const Vector<double> curvature{{1.0, 4.0}}, top{{2.0, -3.0}};
  const auto slope = [&](const Vector<double>& x) {
    return Vector<double>(curvature.cwiseProduct(top - x));
  };
  const auto x = ascend_vector(SGD{.learning_rate = 0.1}, Vector<double>::Zero(2), 20, slope);
  for (Index i = 0; i < 2; ++i)
    CHECK(x(i) ==
          doctest::Approx(top(i) * (1 - std::pow(1 - 0.1 * curvature(i), 20))).epsilon(1e-12));
  const SGD fast{.learning_rate = 0.1, .momentum = 0.6, .nesterov = true};
  CHECK((ascend_vector(fast, Vector<double>::Zero(2), 300, slope) - top).norm() < 1e-12);
}

TEST_CASE("SGD refuses rates below 0 and momentum outside [0, 1)") {
  const auto error = [&](const SGD& sgd) { return message_of([&] { sgd.check_options(); }); };
  CHECK(error({.learning_rate = -0.1}) == "SGD: learning_rate has -0.1, but at least 0 is needed");
  CHECK(error({.momentum = 1}) == "SGD: momentum has 1, but a value in [0, 1) is needed");
  CHECK(error({.momentum = -0.5}) == "SGD: momentum has -0.5, but a value in [0, 1) is needed");
  CHECK(error({.learning_rate = std::nan("")}) ==
        "SGD: learning_rate has nan, but at least 0 is needed");
  CHECK(error({.learning_rate = 0, .momentum = 0}) == "no exception");
}
