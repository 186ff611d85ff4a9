// SPDX-License-Identifier: MIT
#include "strata/rbm/rbm.hpp"

#include <doctest/doctest.h>

#include "rbm/oracles.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("the energy is −vᵀb − hᵀc − hᵀWv") {
  RBM<double> m(2, 3);
  m.visible.bias << 1, 2;
  m.hidden.bias << 10, 20, 30;
  m.weights << 100, 200, 300, 400, 500, 600;
  const Matrix<double> v{{1, 0, 1}, {0, 1, 1}}, h{{1, 0, 1}, {0, 1, 1}, {0, 1, 0}};
  CHECK(energy(m, v, h) == Row<double>{{-1 - 10 - 100, -2 - 50 - 1000, -3 - 30 - 1000}});
}

TEST_CASE("the Gaussian energy is Σ (v − b)² / 2σ² − hᵀc − hᵀ W v/σ") {
  GaussianRBM<double> m(1, 2);
  m.visible.bias << 1;
  m.visible.log_sigma << std::log(2.0);
  m.hidden.bias << 10, 20;
  m.weights << 3, 5;
  CHECK(energy(m, Vector<double>{{7}}, Vector<double>{{0, 1}})(0) == near(36.0 / 8 - 20 - 5 * 3.5));
}

TEST_CASE_TEMPLATE("the free energy sums the hidden units out", M, BB, BG, BS, GB, GG, GS, SB, SG,
                   SS) {
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const auto [h, log_weight] = every_state(m.hidden);
  const Matrix<double> v = sample_visible(m, h.leftCols(1).replicate(1, 8), rng);
  const Row<double> f = free_energy(m, v);
  for (Index c = 0; c < v.cols(); ++c) {
    const Row<double> e = energy(m, v.col(c).replicate(1, h.cols()), h);
    CHECK(-f(c) == near(log_sum_exp(-e) + log_weight));
    // p(h | v) = exp(F(v) − E(v, h)) is normalised, and has the conditional mean.
    const Row<double> p = (f(c) + log_weight - e.array()).exp();
    CHECK(p.sum() == near(1));
    CHECK(distance(h * p.transpose(), hidden_mean(m, v.col(c))) < 1e-9);
  }
}

TEST_CASE_TEMPLATE("the visible conditional is the hidden one of the transposed model", M, BB, BG,
                   BS, GB, GG, GS, SB, SG, SS) {
  Random rng(2);
  const M m = small_rbm<M>(rng);
  const auto t = transposed(m);
  const Matrix<double> h = sample(m.hidden, rng.normal<double>(m.hidden.size(), 20), rng);
  const Matrix<double> v = sample(m.visible, rng.normal<double>(m.visible.size(), 20), rng);
  CHECK(distance(energy(t, h, v), energy(m, v, h)) < 1e-12);
  CHECK(distance(hidden_mean(t, h), visible_mean(m, h)) < 1e-14);
  CHECK(distance(visible_mean(t, v), hidden_mean(m, v)) < 1e-14);
  CHECK(transposed(t).weights == m.weights);
  CHECK(flatten(transposed(t)) == flatten(m));
  Random a(3), b(3);
  CHECK(sample_hidden(t, h, a) == sample_visible(m, h, b));
  CHECK(sample_visible(t, v, a) == sample_hidden(m, v, b));
}

TEST_CASE_TEMPLATE("conditional samples average to the conditional means", M, BB, GS, SG) {
  Random rng(4);
  const M m = small_rbm<M>(rng);
  const Matrix<double> v = sample(m.visible, rng.normal<double>(m.visible.size(), 1), rng);
  const Matrix<double> h = sample_hidden(m, v, rng);
  CHECK(largest_z(sample_hidden(m, v.replicate(1, 20'000), rng), hidden_mean(m, v)) < 5);
  CHECK(largest_z(sample_visible(m, h.replicate(1, 20'000), rng), visible_mean(m, h)) < 5);
}

TEST_CASE("free energies have the known values") {
  Matrix<double> v(5, 3);
  for (Index i = 0; i < v.size(); ++i) v(i) = 1e-3 * static_cast<double>(i);
  CHECK(free_energy(five_by_six(), v).mean() == near(-5.004437622798434, 1e-14));

  const Matrix<double> states{{0, 0, 1, 1}, {0, 1, 0, 1}, {0, 1, 1, 1}};
  const Row<double> known{
      {-0.8752371495798874, 0.506150658716378, 0.46923475664703596, 1.2150908432824186}};
  CHECK(distance(free_energy(three_by_two(), states), known) < 1e-14);
}

TEST_CASE("an RBM is named by its units, and lists its parameters in the order of files") {
  CHECK(describe(RBM<float>(784, 500)) == "RBM 784-500 (Bernoulli, Bernoulli)");
  CHECK(describe(GaussianRBM<float>(3, 2)) == "RBM 3-2 (Gaussian, Bernoulli)");
  RBM<Softmax<double>, Gaussian<double>> m(Softmax<double>(3, 2), Gaussian<double>(4));
  CHECK(describe(m) == "RBM 6-4 (softmax, 2 groups of 3, Gaussian)");
  std::string names;
  for (const auto& p : parameters(m)) names += p.name + " ";
  CHECK(names == "weights visible.bias hidden.bias hidden.log_sigma ");
}

TEST_CASE("constraints reach the units of both layers") {
  RBM<Gaussian<double>, Gaussian<double>> m(1, 1);
  m.visible.log_sigma << 50;
  m.hidden.log_sigma << -50;
  m.constrain();
  CHECK(m.visible.log_sigma(0) == 23);
  CHECK(m.hidden.log_sigma(0) == -23);
}

TEST_CASE("any Eigen expression is a batch of states") {
  Random rng(5);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(4, 3, rng);
  const Matrix<float> v = rng.uniform<float>(4, 9), part = v.middleCols(2, 5), twice = 2 * part;
  CHECK(distance(free_energy(m, v.middleCols(2, 5)), free_energy(m, part)) < 1e-6);
  CHECK(free_energy(m, 2 * part) == free_energy(m, twice));
  const Matrix<float> wide = rng.uniform<float>(9, 5);
  const Matrix<float> block = wide.middleRows(3, 4);
  CHECK(distance(hidden_mean(m, wide.middleRows(3, 4)), hidden_mean(m, block)) < 1e-6);
}

TEST_CASE("states of a wrong size are errors with both numbers") {
  const RBM<float> m(784, 500);
  const Matrix<float> v(783, 2), h(501, 2), good = Matrix<float>::Zero(784, 2);
  const auto visible = [](const std::string& where) {
    return where + ": v has 783 rows, but the model has 784 visible units";
  };
  const auto hidden = [](const std::string& where) {
    return where + ": h has 501 rows, but the model has 500 hidden units";
  };
  CHECK(message_of([&] { free_energy(m, v); }) == visible("free_energy"));
  CHECK(message_of([&] { hidden_input(m, v); }) == visible("hidden_input"));
  CHECK(message_of([&] { hidden_mean(m, v); }) == visible("hidden_input"));
  CHECK(message_of([&] { visible_input(m, h); }) == hidden("visible_input"));
  CHECK(message_of([&] { visible_mean(m, h); }) == hidden("visible_input"));
  CHECK(message_of([&] { energy(m, good, h); }) == hidden("energy"));
  CHECK(message_of([&] { energy(m, good, Matrix<float>::Zero(500, 3)); }) ==
        "energy: h has 3 columns, but v has 2");
}
