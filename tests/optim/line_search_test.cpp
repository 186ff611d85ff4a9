// SPDX-License-Identifier: MIT
#include "strata/optim/line_search.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using Curve = std::function<double(double)>;

/// φ and its slope, as a line search sees them.
struct Line {
  Curve value, slope;
  int count = 0;

  LinePoint operator()(double a) {
    ++count;
    return {a, value(a), slope(a)};
  }
  LinePoint start() const { return {0, value(0), slope(0)}; }
};

/// φ = ½ (a − lowest)² with 0 at 0, and not a number beyond `fence`.
Line bowl(double lowest, double fence = HUGE_VAL) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  return {[=](double a) { return a < fence ? 0.5 * a * a - lowest * a : nan; },
          [=](double a) { return a < fence ? a - lowest : nan; }};
}

/// Yanai, Ozawa and Kaneko's function, number 4 to 6 of Moré and Thuente: nearly two straight lines.
Line two_slopes(double b1, double b2) {
  const auto gamma = [](double b) { return std::sqrt(1 + b * b) - b; };
  const double g1 = gamma(b1), g2 = gamma(b2);
  return {[=](double a) {
            return g1 * std::sqrt((1 - a) * (1 - a) + b2 * b2) + g2 * std::sqrt(a * a + b1 * b1);
          },
          [=](double a) {
            return -g1 * (1 - a) / std::sqrt((1 - a) * (1 - a) + b2 * b2) +
                   g2 * a / std::sqrt(a * a + b1 * b1);
          }};
}

struct Problem {
  Line line;
  double decrease, curvature;
};

/// The test problems of Moré and Thuente (1994), section 5.
std::vector<Problem> more_thuente() {
  const double pi = 3.14159265358979324, b = 0.01, l = 39;
  const auto bent = [=](double a) {
    return a <= 1 - b ? 1 - a : a >= 1 + b ? a - 1 : (a - 1) * (a - 1) / (2 * b) + b / 2;
  };
  const auto bent_slope = [=](double a) {
    return a <= 1 - b ? -1.0 : a >= 1 + b ? 1.0 : (a - 1) / b;
  };
  return {
      {{[](double a) { return -a / (a * a + 2); },
        [](double a) { return (a * a - 2) / ((a * a + 2) * (a * a + 2)); }},
       1e-3,
       0.1},
      {{[](double a) { return std::pow(a + 0.004, 5) - 2 * std::pow(a + 0.004, 4); },
        [](double a) { return 5 * std::pow(a + 0.004, 4) - 8 * std::pow(a + 0.004, 3); }},
       0.0999,
       0.1},
      {{[=](double a) { return bent(a) + 2 * (1 - b) / (l * pi) * std::sin(l * pi * a / 2); },
        [=](double a) { return bent_slope(a) + (1 - b) * std::cos(l * pi * a / 2); }},
       0.0999,
       0.1},
      {two_slopes(0.001, 0.001), 0.000999, 0.001},
      {two_slopes(0.01, 0.001), 0.000999, 0.001},
      {two_slopes(0.001, 0.01), 0.000999, 0.001},
  };
}

}  // namespace

TEST_CASE("a line search meets the strong Wolfe conditions on the problems of Moré and Thuente") {
  for (const auto& [problem, decrease, curvature] : more_thuente())
    for (const double first : {1e-3, 0.1, 10.0, 1000.0}) {
      Line line = problem;
      const LinePoint start = line.start();
      const LinePoint end =
          LineSearch{.decrease = decrease, .curvature = curvature}(line, start, first);
      CAPTURE(first);
      CHECK(end.value == line.value(end.length));
      CHECK(end.value <= start.value + decrease * end.length * start.slope);
      CHECK(std::abs(end.slope) <= -curvature * start.slope);
      CHECK(line.count <= 16);
    }
}

TEST_CASE("what an optimiser sums in float is summed in double") {
  Vector<float> a = Vector<float>::Ones(1'000'000);
  a(0) = 4096;  // 2¹² squared swallows each 1 that is added in float
  CHECK(detail::dot(a, a) == 4096.0 * 4096 + 999'999);
}

TEST_CASE("a cubic is lowest where its formula says") {
  // a³ − 3a + 1 falls to −1 at 1; from either end, and from outside of the interval.
  const auto at = [](double a) { return LinePoint{a, a * a * a - 3 * a + 1, 3 * a * a - 3}; };
  for (const auto& [a, b] : {std::pair{0.0, 2.0}, {2.0, 0.0}, {0.2, 0.5}, {3.0, 1.5}})
    CHECK(detail::cubic_minimum(at(a), at(b)) == near(1, 1e-13));
  const auto straight = [](double a) { return LinePoint{a, -a, -1}; };
  CHECK(!std::isfinite(detail::cubic_minimum(straight(0), straight(1))));
}

TEST_CASE("a line search knows a parabola from two points") {
  for (const double lowest : {0.2, 0.9, 1.4, 9.0}) {
    Line line = bowl(lowest);
    const LinePoint end = LineSearch{.curvature = 1e-3}(line, line.start(), 1);
    CHECK(end.length == near(lowest, 1e-12));
    CHECK(line.count == 2);
  }
  Line far = bowl(1e6);  // ten times as far each time
  CHECK(LineSearch{.curvature = 1e-3}(far, far.start(), 1).length == near(1e6, 1e-9));
  CHECK(far.count == 7);
}

TEST_CASE("a line search shrinks back from where φ is not finite") {
  for (const double fence : {2.0, 0.5, 1e-3, 1e-6}) {
    Line line = bowl(1, fence);
    const LinePoint end = LineSearch{}(line, line.start(), 10);
    CAPTURE(fence);
    CHECK(end.finite());
    CHECK(end.length > 0.5 * std::min(1.0, fence));
    CHECK(end.length < fence);
    CHECK(line.count <= 20);
  }
}

TEST_CASE("a line search without success returns the lowest point it may, or the start") {
  Line line = bowl(1);
  for (int evaluations = 1; evaluations <= 3; ++evaluations) {
    line.count = 0;  // from 1e-3 the parabola is lowest far ahead: 0.01, 0.1, 1
    const LinePoint end = LineSearch{.evaluations = evaluations}(line, line.start(), 1e-3);
    CHECK(line.count == evaluations);
    CHECK(end.length == near(std::pow(10, evaluations - 4), 1e-12));
    CHECK(end.value == line.value(end.length));
  }
  Line uphill{[](double a) { return a * a; }, [](double) { return -1; }};  // a slope that lies
  const LinePoint end = LineSearch{}(uphill, uphill.start(), 1);
  CHECK(end.length == 0);
  CHECK(end.value == 0);
  CHECK(uphill.count == 20);
}

TEST_CASE("a line search refuses conditions that cannot be met") {
  const auto error = [](const LineSearch& s) { return message_of([&] { s.check_options(); }); };
  CHECK(error({.decrease = 0}) == "LineSearch: decrease has 0, but a value in (0, 1) is needed");
  CHECK(error({.decrease = 0.2}) ==
        "LineSearch: curvature has 0.1, but a value in (decrease, 1) = (0.2, 1) is needed");
  CHECK(error({.curvature = 1}) ==
        "LineSearch: curvature has 1, but a value in (decrease, 1) = (0.0001, 1) is needed");
  CHECK(error({.evaluations = 0}) == "LineSearch: evaluations has 0, but at least 1 is needed");
  CHECK(error({}) == "no exception");
}
