// SPDX-License-Identifier: MIT
#include "strata/optim/hessian_free.hpp"

#include <doctest/doctest.h>

#include "optim/objectives.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// A quadratic that says that its curvature is another.
struct Misjudged : Quadratic<double> {
  Matrix<double> curvature;
  std::vector<Vector<double>> products = {};  // what it was multiplied by

  void gauss_newton(const Vector<double>& v, Vector<double>& out) {
    products.push_back(v);
    out = curvature * v;
  }
};
Misjudged misjudged(const Quadratic<double>& f, double share) { return {f, share * f.a}; }

/// Enough iterations for the digits that there are, and none cut off.
HessianFree exactly(HessianFree options = {}) {
  options.tolerance = 0;
  return options;
}

/// A system (G + λI) x = −g of which G is that of a quadratic.
struct System {
  Quadratic<double> f;
  HessianFree::State<double> state;

  System(const Quadratic<double>& q, double damping) : f(q) {
    state.damping = damping;
    state.gradient.resize(q.lowest.size());
    f.value(Vector<double>::Zero(q.lowest.size()), &state.gradient);
    state.scale.setOnes(q.lowest.size());
  }
  Vector<double> product(const Vector<double>& x) const { return f.a * x + state.damping * x; }
  double q(const Vector<double>& x) const {
    return state.gradient.dot(x) + 0.5 * x.dot(product(x));
  }
  /// The largest |(G + λI) x + g|.
  double error() const { return distance(product(state.solution), -state.gradient); }
  int solve(const HessianFree& options) {
    options.solve([&](const auto& v, auto& out) { f.gauss_newton(v, out); }, state);
    return static_cast<int>(state.progress.size()) - 1;  // iterations
  }
};

}  // namespace

TEST_CASE("conjugate gradient solves the damped system, whatever it is preconditioned by") {
  for (const double damping : {1e-6, 0.5, 100.0})
    for (const double exponent : {0.0, 0.75, 1.0}) {
      System s(quadratic(8, 50), damping);
      s.state.scale = (s.f.a.diagonal().array() + damping).pow(exponent);
      s.solve(exactly());
      CHECK(s.error() < 1e-10);
      CHECK(s.state.progress.back() == near(s.q(s.state.solution)));
    }
}

TEST_CASE("conjugate gradient takes as many iterations as there are eigenvalues") {
  System s(quadratic(8, 50), 0);
  s.f.a = Vector<double>{{1, 1, 10, 10, 10, 300, 300, 300}}.asDiagonal();
  s.solve(HessianFree{.iterations = 3});
  CHECK(s.error() < 1e-10);
  // The preconditioner makes them one.
  System t = s;
  t.state.solution.resize(0);
  t.state.scale = t.f.a.diagonal();
  t.solve(HessianFree{.iterations = 1});
  CHECK(t.error() < 1e-10);
}

TEST_CASE(
    "conjugate gradient tells the quadratic of what it keeps, after 1, 2, 3, 4, 5, 7 … "
    "iterations") {
  System s(quadratic(30, 1e4), 0.1);
  s.solve(exactly({.iterations = 20, .kept = 100}));
  const std::vector<std::size_t> after{1, 2, 3, 4, 5, 7, 9, 11, 14, 18, 20};
  REQUIRE(s.state.count == after.size());
  for (std::size_t j = 0; j < after.size(); ++j) {
    CHECK(s.state.kept[j].q == s.state.progress[after[j]]);
    CHECK(s.state.kept[j].q == near(s.q(s.state.kept[j].step), 1e-8));
  }
  CHECK(s.state.kept[10].step == s.state.solution);

  System ring(quadratic(30, 1e4), 0.1);
  ring.solve(exactly({.iterations = 20, .kept = 3}));
  CHECK(ring.state.count == after.size());
  REQUIRE(ring.state.kept.size() == 3);
  for (std::size_t j = 8; j < 11; ++j) CHECK(ring.state.kept[j % 3].q == s.state.kept[j].q);
}

TEST_CASE("conjugate gradient ends when the last iterations have gained too little") {
  const HessianFree hf{.tolerance = 0.01};
  // q = −1, −2, …, falls by k/i of itself in the last k = 10 of i iterations: less than 10 · 0.01
  // from the 101st on, while k is max(10, i/10) = 10.
  std::vector<double> q{0};
  while (!hf.truncated(q)) q.push_back(q.back() - 1);
  CHECK(q.size() - 1 == 101);
  // The last 10 of 200 iterations gain nothing, but the last 20 half of it all.
  q.assign(201, -1);
  for (std::size_t i = 186; i <= 200; ++i) q[i] = -2;
  CHECK_FALSE(hf.truncated(q));
  q[180] = -2;
  CHECK(hf.truncated(q));
  CHECK_FALSE(hf.truncated(std::vector<double>(11, -1)));  // ten iterations are always made
  CHECK(hf.truncated(std::vector<double>(12, -1)));
  CHECK_FALSE(hf.truncated(std::vector<double>(12, 1)));  // no progress is made above 0

  System cut(quadratic(60, 1e5), 0), whole = cut;
  const int iterations = cut.solve({.tolerance = 0.02});
  CHECK(iterations < 40);
  CHECK(whole.solve(exactly()) > 100);
  CHECK(cut.q(cut.state.solution) < 0.5 * whole.q(whole.state.solution));
}

TEST_CASE(
    "conjugate gradient sets out from the decayed last solution, unless it is worse than none") {
  auto f = misjudged(quadratic(6, 20), 1);
  Vector<double> theta = Vector<double>::Zero(6);
  const HessianFree hf{.iterations = 3, .warm_start = 0.5};
  auto state = hf.start<double>();
  hf.improve(f, theta, state);
  const Vector<double> last = state.solution;
  f.products.clear();
  hf.improve(f, theta, state);
  CHECK(f.products[0] == 0.5 * last);
  CHECK(f.products.size() == 4);

  System s(quadratic(6, 20), 1), fresh = s;
  s.solve(exactly());
  const Vector<double> solution = s.state.solution;
  s.solve({.iterations = 1, .warm_start = 1});
  CHECK(distance(s.state.solution, solution) < 1e-12);
  s.state.solution = -solution;  // up to q > 0
  s.solve({.iterations = 1, .warm_start = 1});
  fresh.solve({.iterations = 1});
  CHECK(s.state.progress[0] == 0);
  CHECK(s.state.solution == fresh.state.solution);
}

TEST_CASE("a Hessian-free step with little damping is Newton's") {
  for (const double condition : {10.0, 1e4}) {
    auto f = quadratic(12, condition);
    Vector<double> theta = Vector<double>::Zero(12);
    const HessianFree hf = exactly({.damping = 1e-14});
    auto state = hf.start<double>();
    hf.improve(f, theta, state);
    CHECK((theta - f.lowest).norm() < 1e-8);
  }
}

TEST_CASE("Hessian-free optimisation crosses Rosenbrock's valley by its Gauss–Newton matrix") {
  for (const Index n : {2, 10}) {
    Rosenbrock<double> f;
    Vector<double> theta = rosenbrock_start(n);
    CAPTURE(n);
    CHECK(lower(exactly(), f, theta, 100, 1e-16) < 60);
    CHECK(distance(theta, Vector<double>::Ones(n)) < 1e-7);
  }
}

TEST_CASE("λ grows where the quadratic promised too much, and shrinks where it kept its word") {
  CHECK(HessianFree::damping_factor(-1) == 1.5);
  CHECK(HessianFree::damping_factor(0.24) == 1.5);
  CHECK(HessianFree::damping_factor(0.25) == 1);
  CHECK(HessianFree::damping_factor(0.75) == 1);
  CHECK(HessianFree::damping_factor(0.76) == 2.0 / 3);
  CHECK(HessianFree::damping_factor(std::nan("")) == 1.5);
  CHECK(HessianFree::damping_factor(-HUGE_VAL) == 1.5);

  // A Newton step with a curvature of c times the truth falls by 2 − 1/c of its promise.
  const auto factor = [](double c, double damping) {
    auto f = misjudged({Matrix<double>{{1.0}}, Vector<double>{{2.0}}}, c);
    Vector<double> theta{{5.0}};
    const HessianFree hf{.damping = damping};
    auto state = hf.start<double>();
    hf.improve(f, theta, state);
    return state.damping / damping;
  };
  CHECK(factor(1 / 1.8, 1e-9) == near(1.5));  // 0.2
  CHECK(factor(1 / 1.7, 1e-9) == near(1));    // 0.3
  CHECK(factor(1 / 1.3, 1e-9) == near(1));    // 0.7
  CHECK(factor(1 / 1.2, 1e-9) == near(2.0 / 3));
  // With no curvature at all but λ = 1, the step is −g: f falls by half of gᵀg. The damped quadratic
  // would have foretold just that, but λ must not be praised for its own caution.
  CHECK(factor(0, 1) == near(1));
}

TEST_CASE("of the solutions kept, a step takes the last that has none lower before it") {
  // Curvature that is underrated, and the more so the smaller it is: the last iterations go too far.
  std::vector<std::size_t> taken;
  for (const double power : {1.0, 1.04, 1.06, 1.1}) {
    Quadratic<double> truth = quadratic(20, 1e3);
    const Vector<double> rates = Vector<double>::LinSpaced(20, 0, std::log(1e3)).array().exp();
    truth.a = rates.asDiagonal();
    auto f = misjudged(truth, 1);
    f.curvature = (rates / 1e3).array().pow(power).matrix().asDiagonal() * 1e3;
    Vector<double> theta = Vector<double>::Zero(20);
    const HessianFree hf = exactly({.damping = 1e-3, .iterations = 15});
    auto state = hf.start<double>();
    hf.improve(f, theta, state);

    const auto step = [&](std::size_t j) { return state.kept[j % 8].step; };
    std::size_t j = state.count - 1;
    while (j + 8 > state.count && f.value(step(j - 1), nullptr) < f.value(step(j), nullptr)) --j;
    CHECK((theta.normalized() - step(j).normalized()).norm() < 1e-12);  // or a part of it
    taken.push_back(state.count - j);
  }
  CHECK(taken.front() == 1);
  CHECK(std::is_sorted(taken.begin(), taken.end()));
  CHECK(taken[1] < 8);
  CHECK(taken.back() == 8);
}

TEST_CASE("a step that is too long is halved until f falls enough") {
  auto f = misjudged(quadratic(3, 1), 0.01);  // 100 times too long
  Vector<double> theta = Vector<double>::Zero(3);
  const HessianFree hf{.damping = 1e-9};
  auto state = hf.start<double>();
  hf.improve(f, theta, state);
  // f along p falls while its length is below 1/50: 1/64 is the first half of a half …
  CHECK((theta - state.solution / 64).norm() < 1e-9);
  CHECK(state.damping == near(1.5e-9));
}

TEST_CASE("f must fall by a hundredth of what the slope of a step promises") {
  // With a curvature of c times the truth it falls by 1 − 1/2c of that.
  for (const auto& [c, length] : {std::pair{0.5 / 0.991, 0.5}, {0.5 / 0.989, 1.0}}) {
    auto f = misjudged({Matrix<double>{{1.0}}, Vector<double>{{2.0}}}, c);
    Vector<double> theta{{5.0}};
    const HessianFree hf{.damping = 1e-12};
    auto state = hf.start<double>();
    hf.improve(f, theta, state);
    CHECK(theta(0) == near(5 - length * 3 / c));
  }
}

TEST_CASE("Hessian-free optimisation stays where f is finite") {
  check_fences(exactly());
  check_fences(HessianFree{.damping = 1e-6});
}

TEST_CASE("a step that fails leaves θ, and makes λ grow from call to call") {
  auto f = watched(quadratic(3, 2));
  f.radius = 0;  // nothing but θ itself is finite
  Vector<double> theta = Vector<double>::Zero(3);
  auto state = HessianFree{}.start<double>();
  for (int i = 1; i <= 4; ++i) {
    HessianFree{}.improve(f, theta, state);
    CHECK(theta == Vector<double>::Zero(3));
    CHECK(state.damping == near(std::pow(1.5, i)));
  }
  f.visits.clear();
  HessianFree{.kept = 2}.improve(f, theta, state);
  CHECK(f.visits.size() == 1 + 2 + 19);  // θ, the solutions kept, the halves of one of them
  f.radius = HUGE_VAL;
  theta = f.lowest;  // where there is nothing to be gained
  HessianFree{}.improve(f, theta, state);
  CHECK(theta == f.lowest);

  auto unknown = misjudged(quadratic(3, 2), std::nan(""));  // its products are no numbers
  theta.setZero();
  HessianFree{}.improve(unknown, theta, state);
  CHECK(theta == Vector<double>::Zero(3));
}

TEST_CASE("Hessian-free optimisation works in float") {
  auto f = quadratic<float>(8, 30);
  Vector<float> theta = Vector<float>::Zero(8);
  lower(HessianFree{}, f, theta, 20);
  CHECK(distance(theta, f.lowest) < 1e-4);
  Rosenbrock<float> valley;
  theta = rosenbrock_start<float>(2);
  CHECK(lower(HessianFree{}, valley, theta, 60, 1e-8) < 60);
}

TEST_CASE(
    "a Hessian-free step looks at its gradient first, and then at so many samples' curvature") {
  struct Counted : Quadratic<double> {
    std::vector<Index> asked = {};
    void linearise(const Vector<double>&, Index samples) { asked.push_back(samples); }
  } f{quadratic(3, 2)};
  const HessianFree hf{.curvature_samples = 17};
  auto state = hf.start<double>();
  Vector<double> theta = f.lowest;  // a gradient of 0
  hf.improve(f, theta, state);
  CHECK(f.asked.empty());
  CHECK(theta == f.lowest);
  CHECK(state.damping == 1);
  theta.setZero();
  hf.improve(f, theta, state);
  CHECK(f.asked == std::vector<Index>{17});
}

TEST_CASE("Hessian-free optimisation goes on from batch to batch, and from size to size") {
  Quadratic<double> batches[]{quadratic(8, 30, 1), quadratic(8, 30, 2)};
  for (auto& batch : batches) batch.is_new = true;
  batches[1].lowest = batches[0].lowest + Vector<double>::Constant(8, 0.1);
  Vector<double> theta = Vector<double>::Zero(8);
  auto state = HessianFree{}.start<double>();
  for (int i = 0; i < 10; ++i) {
    auto& f = batches[i % 2];
    const double before = f.value(theta, nullptr), damping = state.damping;
    HessianFree{}.improve(f, theta, state);
    CHECK(f.value(theta, nullptr) < before);
    CHECK(state.damping == near(damping * 2 / 3));  // λ and the solution are those of the run
  }
  auto small = quadratic(3, 10);
  theta = Vector<double>::Zero(3);
  HessianFree{}.improve(small, theta, state);
  CHECK(small.value(theta, nullptr) < small.value(Vector<double>::Zero(3), nullptr));
}

TEST_CASE("λ stays within what a float can hold, so that it can turn") {
  auto f = watched(quadratic<float>(3, 2));
  Vector<float> theta = Vector<float>::Zero(3);
  auto state = HessianFree{}.start<float>();
  f.radius = 0;
  for (int i = 0; i < 300; ++i) HessianFree{}.improve(f, theta, state);
  CHECK(state.damping == 1e20);
  f.radius = HUGE_VAL;
  HessianFree{}.improve(f, theta, state);
  CHECK(theta.allFinite());
  CHECK(state.solution.norm() > 0);

  state.damping = 1e-20;
  theta.setZero();
  HessianFree{}.improve(f, theta, state);
  CHECK(state.damping == 1e-20);
  CHECK(distance(theta, f.lowest) < 1e-4);
}

TEST_CASE("Hessian-free optimisation refuses options without a meaning") {
  const auto error = [](const HessianFree& hf) { return message_of([&] { hf.check_options(); }); };
  CHECK(error({.damping = 0}) == "HessianFree: damping has 0, but more than 0 is needed");
  CHECK(error({.iterations = 0}) == "HessianFree: iterations has 0, but at least 1 is needed");
  CHECK(error({.curvature_samples = 0}) ==
        "HessianFree: curvature_samples has 0, but at least 1 is needed");
  CHECK(error({.tolerance = -1}) == "HessianFree: tolerance has -1, but at least 0 is needed");
  CHECK(error({.warm_start = 1.5}) ==
        "HessianFree: warm_start has 1.5, but a value in [0, 1] is needed");
  CHECK(error({.preconditioner = -1}) ==
        "HessianFree: preconditioner has -1, but a value in [0, 1] is needed");
  CHECK(error({.growth = 1}) == "HessianFree: growth has 1, but more than 1 is needed");
  CHECK(error({.kept = 0}) == "HessianFree: kept has 0, but at least 1 is needed");
  CHECK(error({}) == "no exception");
}
