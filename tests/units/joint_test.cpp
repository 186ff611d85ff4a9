// SPDX-License-Identifier: MIT
#include "strata/units/joint.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"
#include "strata/rbm/exact.hpp"
#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using PixelsAndLabel = Joint<B, S>;
using RealAndBinary = Joint<G, B>;
using Nested = Joint<Joint<B, S>, B>;
static_assert(!EnumerableUnits<RealAndBinary> && !BinaryUnits<RealAndBinary>);
static_assert(CoupledUnits<RealAndBinary> && !CoupledUnits<PixelsAndLabel>);
static_assert(EnumerableUnits<Nested> && BinaryUnits<Nested> && !HasStatistic<Nested>);

template <class M>
Vector<double> exact_slope(const M& m, const Matrix<double>& data) {
  const ExactGradient exact;
  auto state = exact.start(m);
  M g = m;
  Random unused;
  exact.gradient(m, data, state, g, unused);
  return flatten(g);
}

/// log Z and its gradient with the data's, of a model with either layer the smaller one.
template <class M>
void check_exact(const M& m, Random& rng) {
  const auto v = every_state(m.visible);
  const double sum = log_sum_exp(log_joint(m, v.states, every_state(m.hidden))) + v.log_weight;
  CHECK(log_partition(m) == near(sum));
  CHECK(log_partition(transposed(m)) == near(sum));
  const Matrix<double> data = sample(m.visible, 2 * rng.normal<double>(m.visible.size(), 6), rng);
  const auto likelihood = [&](const M& changed) {
    return -free_energy(changed, data).mean() - log_partition(changed);
  };
  CHECK(distance(exact_slope(m, data), finite_differences(m, likelihood)) < 1e-8);
}

}  // namespace

TEST_CASE("pixels beside a label obey the laws of units") {
  Random rng(1);
  check_laws(random_units(PixelsAndLabel(B(3), S(3)), rng), rng);
  check_laws(random_units(PixelsAndLabel(B(1), S(2, 2)), rng), rng);
}

TEST_CASE("real units beside binary ones obey the laws of units") {
  Random rng(2);
  check_laws(random_units(RealAndBinary(G(2), B(2)), rng), rng);
}

TEST_CASE("the gradient of joint units reaches the spread of either part") {
  Random rng(10);
  const auto units = random_units(Joint<B, G>(B(2), G(2)), rng);
  const Matrix<double> x = rng.normal<double>(4, 5), s = sample(units, x, rng);
  parameter_gradients_are_the_derivatives(units, x, s, rng);
}

TEST_CASE("joint units in joint units obey the laws of units") {
  Random rng(3);
  check_laws(random_units(Nested(PixelsAndLabel(B(2), S(3)), B(2)), rng), rng);
}

TEST_CASE("joint units are their parts, one below the other") {
  Random rng(4);
  auto units = random_units(RealAndBinary(G(2), B(3)), rng);
  CHECK(units.size() == 5);
  CHECK(kind_name(units) == "2 Gaussian + 3 Bernoulli");
  CHECK(kind_name(PixelsAndLabel(B(2), S(3, 2))) == "2 Bernoulli + 6 softmax, 2 groups of 3");
  CHECK(support<PixelsAndLabel>().lowest == 0);
  CHECK(support<PixelsAndLabel>().highest == 1);
  CHECK(std::isinf(support<RealAndBinary>().lowest));
  CHECK(std::isinf(support<RealAndBinary>().highest));

  std::vector<std::string> names;
  Alone<RealAndBinary> alone{units};
  for (const auto& p : parameters(alone)) names.push_back(p.name);
  CHECK(names == std::vector<std::string>{"first.bias", "first.log_sigma", "second.bias"});

  const Matrix<double> x = rng.normal<double>(5, 9), a = x.topRows(2), b = x.bottomRows(3);
  CHECK(units.energy(x) == units.first.energy(a) + units.second.energy(b));
  CHECK(units.log_partition(x) == units.first.log_partition(a) + units.second.log_partition(b));
  CHECK(mean(units, x).topRows(2) == mean(units.first, a));
  CHECK(mean(units, x).bottomRows(3) == mean(units.second, b));
  CHECK(statistic(units, x).topRows(2) == statistic(units.first, a));
  CHECK(statistic(units, x).bottomRows(3) == b);

  units.first.log_sigma << -50, 50;
  units.constrain();
  CHECK(units.first.log_sigma == Vector<double>{{-23, 23}});
}

TEST_CASE("the states of joint units count those of the first part first") {
  const Nested units(PixelsAndLabel(B(2), S(3)), B(1));
  CHECK(units.count() == 24);
  // 17 = 1 + 4 · (1 + 3 · 1): the first pixel, class 1, and the unit at the end.
  CHECK(units.states(17, 1) == Vector<double>{{1, 0, 0, 1, 0, 1}});
  CHECK(units.states(0, 24) == every_state(units).states);
}

TEST_CASE("drawn as bits, joint units have the states that they have as numbers") {
  Random rng(5);
  for (const Index n : {1, 5, 61, 63, 64, 65, 128, 130})
    for (const Index classes : {1, 3, 64}) {
      const auto units = random_units(Nested(PixelsAndLabel(B(n), S(classes)), B(2)), rng);
      bits_are_the_numbers(units, 2 * rng.normal<double>(units.size(), 7));
    }
}

TEST_CASE("energies of bits and their gradients are those of the numbers") {
  Random rng(7);
  for (const Index n : {1, 63, 64, 65, 130}) {
    const auto units = random_units(Nested(PixelsAndLabel(B(n), S(3, 2)), B(2)), rng);
    const Matrix<double> s = sample(units, rng.normal<double>(units.size(), 20), rng);
    const BinaryStates bits(s);
    const States<double> states(bits);
    CHECK(distance(energy(units, bits), units.energy(s)) < 1e-13);
    CHECK(energy(units, states) == energy(units, bits));
    const Row<double> w = rng.normal<double>(1, 20);
    auto of_numbers = random_units(units, rng), of_bits = of_numbers, of_states = of_numbers;
    add_energy_gradient(units, s, w, of_numbers);
    add_energy_gradient(units, bits, w, of_bits);
    add_energy_gradient(units, states, w, of_states);
    const auto all = [](const Nested& g) { return flatten(Alone<Nested>{g}); };
    CHECK(distance(all(of_bits), all(of_numbers)) < 1e-13);
    CHECK(all(of_states) == all(of_bits));
  }
}

TEST_CASE("an RBM that sees pixels and a label has the log Z and the gradient of its energy") {
  Random rng(8);
  for (const Index hidden : {2, 5}) {  // 24 visible states, and 4 or 32 hidden ones
    const auto m = random_rbm(PixelsAndLabel(B(3), S(3)), B(hidden), rng);
    check_exact(m, rng);
    CHECK(detail::log_partition_over_visible(m) ==
          near(detail::log_partition_over_visible(transposed(m)), 1e-13));
  }
}

TEST_CASE("an RBM that sees real and binary units has the log Z and the gradient of its energy") {
  Random rng(9);
  check_exact(random_rbm(RealAndBinary(G(2), B(2)), B(3), rng), rng);
}
