// SPDX-License-Identifier: MIT
#include "strata/optim/conjugate_gradient.hpp"

#include <doctest/doctest.h>

#include "optim/objectives.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Line searches so exact that on a quadratic the directions are conjugate.
constexpr LineSearch exact_search{.decrease = 1e-7, .curvature = 1e-6, .evaluations = 50};

/// One line search after the other, with what it set out with.
template <class F>
struct Walk {
  F f;
  Vector<ScalarOf<F>> theta, before;
  ConjugateGradient optimiser;
  typename ConjugateGradient::State<ScalarOf<F>> state{};

  Walk(F function, Vector<ScalarOf<F>> from, ConjugateGradient options = {})
      : f(std::move(function)), theta(std::move(from)), before(theta), optimiser(options) {
    optimiser.line_searches = 1;
  }
  void step() {
    before = theta;
    optimiser.improve(f, theta, state);
  }
  Vector<double> gradient(const Vector<ScalarOf<F>>& at) {
    Vector<ScalarOf<F>> g(at.size());
    f.value(at, &g);
    return g.template cast<double>();
  }
};

}  // namespace

TEST_CASE("conjugate gradient finds the lowest point of n dimensions in n line searches") {
  for (const Index n : {2, 5, 12}) {
    auto f = quadratic(n, 20);
    Vector<double> theta = Vector<double>::Zero(n);
    const ConjugateGradient cg{.line_searches = static_cast<int>(n), .line_search = exact_search};
    auto state = cg.start<double>();
    cg.improve(f, theta, state);
    CHECK((theta - f.lowest).norm() < 1e-5);
    cg.improve(f, theta, state);  // and as exactly as there are digits in f, in a few more
    CHECK((theta - f.lowest).norm() < 1e-8);
  }
}

TEST_CASE("conjugate gradient does not mind how its line searches are dealt out") {
  auto f = quadratic(6, 100);
  Vector<double> at_once = Vector<double>::Zero(6), one_by_one = at_once;
  const ConjugateGradient six{.line_searches = 6}, one{.line_searches = 1};
  auto a = six.start<double>(), b = one.start<double>();
  six.improve(f, at_once, a);
  for (int i = 0; i < 6; ++i) one.improve(f, one_by_one, b);
  CHECK(at_once == one_by_one);
}

TEST_CASE("conjugate gradient crosses ill-conditioned quadratics and Rosenbrock's valley") {
  auto steep = quadratic(20, 1e4);
  Vector<double> theta = Vector<double>::Zero(20);
  CHECK(lower(ConjugateGradient{}, steep, theta, 100, 1e-4) < 90);
  for (const Index n : {2, 10}) {
    Rosenbrock<double> f;
    Vector<double> x = rosenbrock_start(n);
    CAPTURE(n);
    CHECK(lower(ConjugateGradient{}, f, x, 150, 1e-12) < 120);
    CHECK(distance(x, Vector<double>::Ones(n)) < 1e-5);
  }
}

TEST_CASE("each step of conjugate gradient meets the strong Wolfe conditions") {
  const LineSearch search{.decrease = 1e-3, .curvature = 0.3};
  Walk walk(Rosenbrock<double>{}, rosenbrock_start(6), {.line_search = search});
  for (int i = 0; i < 30; ++i) {
    walk.step();
    const Vector<double> d = walk.theta - walk.before;
    const double slope = walk.gradient(walk.before).dot(d), end = walk.gradient(walk.theta).dot(d);
    REQUIRE(d.norm() > 0);
    CHECK(walk.f.value(walk.theta, nullptr) <=
          walk.f.value(walk.before, nullptr) + search.decrease * slope);
    CHECK(std::abs(end) <= -search.curvature * slope);
  }
}

TEST_CASE("directions follow Polak and Ribière, and never turn back past the gradient") {
  Walk walk(Rosenbrock<double>{}, rosenbrock_start(4));
  Vector<double> d, g;
  int turned = 0;
  for (int i = 0; i < 25; ++i) {
    const Vector<double> now = walk.gradient(walk.theta);
    if (i == 0) {
      d = -now;
    } else {
      const double beta = now.dot(now - g) / g.squaredNorm();
      if (beta < 0) ++turned;
      d = std::max(0.0, beta) * d - now;
    }
    g = now;
    walk.step();
    const Vector<double> moved = walk.theta - walk.before;
    CHECK((moved.normalized() - d.normalized()).norm() < 1e-6);
  }
  CHECK(turned > 0);
}

TEST_CASE("a new batch makes conjugate gradient start from its gradient") {
  Walk walk(quadratic(5, 30), Vector<double>::Zero(5));
  const auto along_the_gradient = [&] {
    const Vector<double> d = walk.theta - walk.before;
    return (d.normalized() + walk.gradient(walk.before).normalized()).norm() < 1e-10;
  };
  walk.step();
  CHECK(along_the_gradient());
  walk.step();
  CHECK_FALSE(along_the_gradient());
  walk.f.lowest *= 1.1;
  walk.f.is_new = true;
  REQUIRE(walk.state.direction.dot(walk.gradient(walk.theta)) < 0);  // the old one would still do
  walk.step();
  CHECK(along_the_gradient());
}

TEST_CASE("a line search sets out with the step of the one before") {
  auto f = watched(quadratic(4, 3));
  Vector<double> theta = Vector<double>::Zero(4);
  const ConjugateGradient cg{.line_searches = 1, .first_step = 0.25};
  auto state = cg.start<double>();
  cg.improve(f, theta, state);
  CHECK(f.visits[1].theta.norm() == near(0.25));  // the first trial of the first search

  f.visits.clear();
  f.is_new = true;
  const double fall = state.length * state.slope;  // what it promised
  const Vector<double> from = theta;
  cg.improve(f, theta, state);
  const Vector<double> moved = f.visits[1].theta - from;
  CHECK(f.visits[0].gradient.dot(moved) == near(fall));
}

TEST_CASE("conjugate gradient stays where f is finite") {
  check_fences(ConjugateGradient{});
  check_gradient_fence(ConjugateGradient{});
  check_fences(ConjugateGradient{.line_searches = 1, .first_step = 100});
}

TEST_CASE("conjugate gradient begins again after a line search that found nothing") {
  // Behind its back f becomes another, whose slope along the old direction is a lie.
  Walk walk(quadratic(5, 30), Vector<double>::Zero(5));
  walk.optimiser.line_searches = 2;
  walk.step();
  walk.state.direction = -walk.gradient(walk.theta);  // not the steepest to the search
  walk.state.length = 1e30;                           // which finds all its points too far
  walk.state.slope = walk.state.direction.dot(walk.gradient(walk.theta));
  const double before = walk.f.value(walk.theta, nullptr);
  walk.step();
  CHECK(walk.f.value(walk.theta, nullptr) < before);
  CHECK(walk.state.length < 1);

  walk.theta = walk.f.lowest;  // here nothing can be gained
  walk.step();
  CHECK(walk.theta == walk.f.lowest);
}

TEST_CASE("conjugate gradient keeps the lowest point when its evaluations run out") {
  for (int evaluations = 1; evaluations < 6; ++evaluations) {
    auto f = watched(Rosenbrock<double>{});
    Vector<double> theta = rosenbrock_start(2);
    const ConjugateGradient cg{
        .line_searches = 1, .first_step = 1e-3, .line_search = {.evaluations = evaluations}};
    auto state = cg.start<double>();
    cg.improve(f, theta, state);
    CHECK(f.value(theta, nullptr) == f.lowest_seen());
    Vector<double> g(2);
    f.value(theta, &g);
    CHECK(state.gradient == g);
  }
}

TEST_CASE("conjugate gradient works in float") {
  auto f = quadratic<float>(8, 30);
  Vector<float> theta = Vector<float>::Zero(8);
  lower(ConjugateGradient{}, f, theta, 10);
  CHECK(distance(theta, f.lowest) < 1e-4);
}

TEST_CASE("conjugate gradient refuses options without a meaning") {
  const auto error = [](const ConjugateGradient& cg) {
    return message_of([&] { cg.check_options(); });
  };
  CHECK(error({.line_searches = 0}) ==
        "ConjugateGradient: line_searches has 0, but at least 1 is needed");
  CHECK(error({.first_step = 0}) ==
        "ConjugateGradient: first_step has 0, but more than 0 is needed");
  CHECK(error({.line_search = {.evaluations = 0}}) ==
        "LineSearch: evaluations has 0, but at least 1 is needed");
  CHECK(error({}) == "no exception");
}
