// SPDX-License-Identifier: MIT
#include "strata/units/normal_tail.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Moments of the normal distribution beyond x less x, from ∫_0^∞ sᵏ e^{−xs − s²/2} ds in steps of
/// which the double exponential rule needs few: Mills' ratio, the mean and the variance.
struct Beyond {
  long double mills, mean, variance;

  explicit Beyond(long double x) {
    // In units of the spread, which is about 1/x far out.
    const long double scale = x > 1 ? 1 / x : 1;
    long double m0 = 0, m1 = 0, m2 = 0;
    for (int k = -400; k <= 800; ++k) {
      const long double t = k / 100.0L;
      const long double s = scale * std::exp(t - std::exp(-t));
      const long double w = s * (1 + std::exp(-t)) / 100 * std::exp(-s * (x + s / 2));
      m0 += w, m1 += w * s, m2 += w * s * s;
    }
    mills = m0, mean = m1 / m0, variance = m2 / m0 - mean * mean;
  }
};

double relative(double got, long double expected) {
  return static_cast<double>(std::abs(got / expected - 1));
}

}  // namespace

TEST_CASE("hazard, excess and Mills' ratio of the normal tail are those of quadrature") {
  double hazard = 0, excess = 0, variance = 0, mills = 0;
  for (double x = -5; x < 50; x += 0.0625) {
    const Beyond exact(x);
    excess = std::max(excess, relative(normal_excess(x), exact.mean));
    hazard = std::max(hazard, relative(normal_hazard(x), 1 / exact.mills));
    variance = std::max(variance, relative(normal_excess_variance(x), exact.variance));
    mills =
        std::max(mills, std::abs(log_mills_ratio(x) - static_cast<double>(std::log(exact.mills))));
  }
  MESSAGE("hazard ", hazard, ", excess ", excess, ", variance ", variance, ", log Mills ", mills);
  CHECK(hazard < 1e-14);
  CHECK(excess < 3e-14);
  CHECK(variance < 5e-13);
  CHECK(mills < 2e-14);
}

TEST_CASE("known values of the normal tail") {
  CHECK(normal_hazard(0) == near(std::sqrt(2 / std::numbers::pi), 1e-15));
  CHECK(normal_excess(-2) == near(2.0552478626789899, 1e-14));  // 2 + φ(2)/Φ(2)
  CHECK(normal_excess_variance(0) == near(1 - 2 / std::numbers::pi, 1e-15));
  CHECK(log_mills_ratio(0) == near(0.5 * std::log(std::numbers::pi / 2), 1e-15));
}

TEST_CASE("far out, the normal tail is its asymptotic series") {
  for (const double x : {100.0, 1e3, 1e4, 1e8, 1e30}) {
    const double r = 1 / (x * x);
    CHECK(normal_hazard(x) / x == near(1 + r - 2 * r * r, 1e-11));
    CHECK(normal_excess(x) * x == near(1 - r * (2 - r * (10 - r * (74 - 706 * r))), 1e-14));
    CHECK(normal_excess_variance(x) * x * x == near(1 - 6 * r + 50 * r * r, 1e-9));
  }
  CHECK(normal_excess_variance(1e4) * 1e8 == near(1 - 6e-8, 1e-14));
  for (const double x : {-100.0, -1e4, -1e30}) {
    CHECK(normal_hazard(x) == 0);
    CHECK(normal_excess(x) == -x);
    CHECK(normal_excess_variance(x) == 1);
  }
  CHECK(log_mills_ratio(-1e4) == near(0.5e8 + 0.5 * std::log(2 * std::numbers::pi), 1e-15));
}

TEST_CASE("where the continued fraction begins, nothing jumps") {
  const double x = detail::normal_tail_begins, before = std::nextafter(x, 0);
  CHECK(relative(normal_hazard(before), normal_hazard(x)) < 1e-14);
  CHECK(relative(normal_excess(before), normal_excess(x)) < 3e-14);
  CHECK(relative(normal_excess_variance(before), normal_excess_variance(x)) < 5e-13);
  CHECK(std::abs(log_mills_ratio(before) - log_mills_ratio(x)) < 1e-14);
}

TEST_CASE("quantiles of the normal tail are where the tail has fallen by e^−t") {
  double worst = 0, worst_of_single = 0;
  for (double x = 0; x < 2e4; x = 1.3 * x + 0.02)
    for (double t = 1e-8; t < 745; t *= 1.7) {
      const auto fallen = [x](double s) {
        return s * (x + 0.5 * s) + log_mills_ratio(x) - log_mills_ratio(x + s);
      };
      const double s = normal_excess_quantile(x, t), single = normal_excess_quantile(x, t, 1e-3);
      const double rounding = 4e-15 * (1 + std::abs(log_mills_ratio(x)));
      worst = std::max(worst, std::max(std::abs(fallen(s) - t) - rounding, 0.0) / t);
      worst_of_single = std::max(worst_of_single, std::abs(single / s - 1));
    }
  MESSAGE("quantiles: ", worst, ", with steps for single precision ", worst_of_single);
  CHECK(worst < 1e-14);
  CHECK(worst_of_single < 1e-8);
  CHECK(normal_excess_quantile(0, std::log(0.5 / 0.025)) == near(1.959963984540054, 1e-14));
  CHECK(normal_excess_quantile(0, 0) == 0);
  CHECK(normal_excess_quantile(1e4, 0) == 0);
  CHECK(normal_excess_quantile(1e8, 1) == near(1e-8, 1e-15));
}
