// SPDX-License-Identifier: MIT
#include "strata/units/binomial.hpp"

#include <doctest/doctest.h>

#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("log n! and log C(n, k) are those of whole numbers, and of Γ between them") {
  double factorial = 1;
  for (int n = 0; n <= 20; ++n, factorial *= n)
    CHECK(log_factorial(n) == near(std::log(factorial), 1e-15));
  for (const double n : {0.0, 0.25, 1.5, 9.75, 15.5, 16.0, 17.25, 100.0, 12345.5, 1e9})
    CHECK(log_factorial(n) == near(std::lgamma(n + 1), 2e-14));
  CHECK(log_binomial(10, 3) == near(std::log(120.0), 1e-14));
  CHECK(std::abs(log_binomial(7, 0)) < 1e-14);
}

TEST_CASE("binomial units obey the laws of units") {
  Random rng(1);
  for (const auto& [n, trials] : {std::pair{1, 1}, {3, 2}, {2, 7}}) {
    const std::string kind = text(n, " of ", trials, " trials");
    CAPTURE(kind);
    check_laws(random_units(Binomial<double>(n, trials), rng), rng);
  }
}

TEST_CASE("binomial units in single precision are those in double") {
  Random rng(2);
  check_single_precision(Binomial<float>(4, 3), Binomial<double>(4, 3), rng);
}

TEST_CASE("units of one trial are Bernoulli units, of N the sum of N that share all") {
  Random rng(3);
  const auto one = random_units(Bernoulli<double>(4), rng);
  Binomial<double> same(4), five(4, 5);
  same.bias = five.bias = one.bias;
  const Matrix<double> x = 2 * rng.normal<double>(4, 30);
  CHECK(distance(same.energy(all_states(4)), one.energy(all_states(4))) < 1e-14);
  CHECK(distance(same.log_partition(x), one.log_partition(x)) < 1e-14);
  CHECK(distance(mean(same, x), mean(one, x)) < 1e-15);
  CHECK(distance(five.log_partition(x), 5 * one.log_partition(x)) < 1e-13);
  CHECK(distance(mean(five, x), 5 * mean(one, x)) < 1e-14);
  CHECK(five.energy(Vector<double>{{0, 5, 2, 1}})(0) ==
        near(-one.bias.dot(Vector<double>{{0, 5, 2, 1}}) - std::log(10 * 5), 1e-13));
}

TEST_CASE("derivatives of binomial units are slopes of their means") {
  Random rng(4);
  const auto units = random_units(Binomial<double>(3, 4), rng);
  const Matrix<double> x = rng.normal<double>(3, 20), step = constant(3, 20, 1e-5);
  Matrix<double> first, second, above, below, unused;
  units.derivatives(mean(units, x), first, second);
  CHECK(distance(first, (mean(units, x + step) - mean(units, x - step)) / 2e-5) < 1e-8);
  units.derivatives(mean(units, x + step), above, unused);
  units.derivatives(mean(units, x - step), below, unused);
  CHECK(distance(second, (above - below) / 2e-5) < 1e-8);
}

TEST_CASE("fitted binomial biases are the logits of the means over N, kept off 0 and 1") {
  const Matrix<double> data{{3, 0, 1, 2}, {3, 3, 3, 3}, {0, 0, 0, 0}};
  Binomial<double> units(3, 3);
  units.fit(data);
  CHECK(units.bias(0) == near(0));
  CHECK(units.bias(1) == near(std::log(12.5 / 0.5)));  // half a trial more of either
  CHECK(units.bias(2) == near(-std::log(12.5 / 0.5)));
}

TEST_CASE("inputs of any size leave binomial units finite, and draws within 0 and N") {
  const Binomial<float> units(1, 7);
  const Matrix<float> x{{-1e30F, -1e4F, 0, 1e4F, 1e30F}};
  CHECK(units.log_partition(x) ==
        Matrix<float>{{0, 0, units.log_partition(x)(2), 7e4F, 7 * 1e30F}});
  CHECK(distance(mean(units, x), Matrix<float>{{0, 0, 3.5F, 7, 7}}) < 1e-6);
  Random rng(5);
  const Matrix<float> s = sample(units, x, rng);
  CHECK(s(0) == 0);
  CHECK(s(1) == 0);
  CHECK(s(3) == 7);
  CHECK(s(4) == 7);
  CHECK(units.energy(Matrix<float>{{0, 7}}) == Matrix<float>{{0, 0}});
}

TEST_CASE("binomial states are counted in base N + 1; the name tells N; none is an error") {
  CHECK(Binomial<float>(3, 4).count() == 125);
  CHECK(Binomial<double>(3, 4).states(7, 1) == Vector<double>{{2, 1, 0}});  // 7 = 2 + 1 · 5
  CHECK(Binomial<float>(3, 4).alternatives(1) == Row<float>{{0, 1, 2, 3, 4}});
  CHECK(kind_name(Binomial<float>(3, 4)) == "binomial, 4 trials");
  CHECK(message_of([] { Binomial<float>(3, 0); }) ==
        "Binomial: trials has 0, but at least 1 is needed");
}
