// SPDX-License-Identifier: MIT
#include "strata/evaluate/free_energy_gap.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE_TEMPLATE("the gap is how much likelier training data are than held-out data", M, BB, BG,
                   BS, GB, GS, SB, SG, SS) {
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const Matrix<double> none = Matrix<double>::Zero(m.visible.size(), 7);
  const Matrix<double> train = sample(m.visible, none, rng),
                       other = sample(m.visible, none.leftCols(5), rng);
  const auto gap = free_energy_gap(m, train, other);
  const double difference = mean_log_likelihood(m, train) - mean_log_likelihood(m, other);
  CHECK(gap.mean == near(difference));
  CHECK(free_energy_gap(m, other, train).mean == near(-difference));
  CHECK(free_energy_gap(m, train, train).mean == 0);
}

TEST_CASE("a constant in the energy leaves the gap") {
  // Each group has one unit that is on: the same added to all of its biases is a constant.
  Random rng(2);
  auto m = small_rbm<SB>(rng);
  const Matrix<double> v = every_state(m.visible).states;
  const auto gap = free_energy_gap(m, v.leftCols(4), v.rightCols(3));
  const double log_z = log_partition(m);
  m.visible.bias.array() += 10;
  CHECK(std::abs(log_partition(m) - log_z) > 10);
  const auto same = free_energy_gap(m, v.leftCols(4), v.rightCols(3));
  CHECK(same.mean == near(gap.mean));
  CHECK(same.standard_error == near(gap.standard_error));
}

TEST_CASE("the standard error is that of a difference of means") {
  Random rng(3);
  const auto m = random_rbm<B, B>(6, 4, rng);
  const auto exact = exact_distribution(m);
  const Vector<double> f = free_energy(m, exact.states).transpose();
  const double variance = exact.p.dot(f.cwiseAbs2()) - std::pow(exact.p.dot(f), 2);
  const auto gap = free_energy_gap(m, exact.samples(40'000, rng), exact.samples(10'000, rng));
  const double expected = std::sqrt(variance / 40'000 + variance / 10'000);
  CHECK(gap.standard_error == doctest::Approx(expected).epsilon(0.05));
  CHECK(std::abs(gap.mean) < 5 * expected);
  CHECK(std::isnan(free_energy_gap(m, exact.states, exact.states.leftCols(1)).standard_error));
}

TEST_CASE("the gap takes data however they are kept") {
  Random rng(4);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(20, 9, rng);
  const Matrix<float> v = random_states<float>(20, 2'500, rng),
                      w = random_states<float>(20, 9, rng);
  const GreyLevels<float> levels(Matrix<std::uint8_t>(w.cast<std::uint8_t>() * std::uint8_t{255}));
  const auto gap = free_energy_gap(m, v, w);
  CHECK(free_energy_gap(m, BinaryStates(v), levels).mean == near(gap.mean, 1e-6));
  const double f =
      free_energy(m, w).cast<double>().mean() - free_energy(m, v).cast<double>().mean();
  CHECK(gap.mean == near(f, 1e-5));
}

TEST_CASE("the gap refuses data that do not fit, and none") {
  const RBM<float> m(5, 6);
  const Matrix<float> v = Matrix<float>::Zero(5, 2);
  CHECK(message_of([&] { free_energy_gap(m, v.topRows(4), v); }) ==
        "free_energy_gap: train has 4 rows, but the model has 5 visible units");
  CHECK(message_of([&] { free_energy_gap(m, v, v.topRows(4)); }) ==
        "free_energy_gap: held_out has 4 rows, but the model has 5 visible units");
  CHECK(message_of([&] { free_energy_gap(m, v.leftCols(0), v); }) ==
        "free_energy_gap: train has 0 columns, but at least 1 is needed");
}
