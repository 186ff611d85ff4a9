// SPDX-License-Identifier: MIT
#include "strata/rbm/tempered_chains.hpp"

#include <doctest/doctest.h>

#include <numeric>

#include "rbm/enumeration.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// p_β(v) ∝ Σ_h e^{−(1−β) E_base(v) − β E(v, h)}: the base's energy and the model's, mixed. The hidden
/// units of these tests have no other parameters than biases.
template <class M>
Distribution tempered_distribution(const M& m, const decltype(M::visible)& base, double beta) {
  const EveryState v = every_state(m.visible), h = every_state(m.hidden);
  Matrix<double> table = beta * log_joint(m, v.states, h);
  table.colwise() -= (1 - beta) * base.energy(v.states).transpose();
  return {v.states, (table.array() - log_sum_exp(table)).exp().rowwise().sum()};
}

/// Two opposite patterns of ten units, strongly coupled, of which the first has three quarters.
struct Bimodal {
  RBM<double> model{10, 2};
  Matrix<double> patterns{10, 2};

  Bimodal() {
    for (Index i = 0; i < 10; ++i) {
      const bool on = i % 2 == 0;
      patterns.row(i) << on, !on;
      model.weights.col(i) << (on ? 6 : -6), (on ? -6 : 6);
    }
    model.hidden.bias.setConstant(-15);
    model.hidden.bias(0) += 1.1;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("every replica keeps its distribution, swaps included", M, BB, BS, SB, SS) {
  const ThreadCount one_thread(1);
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const auto base = random_units(m.visible, rng);
  constexpr Index n = 20'000;
  // Chains that have forgotten where they began, at three temperatures.
  TemperedChains<M> chains(base, exact_distribution(m).columns(n), 3);
  chains.run(m, 40, rng);
  for (std::size_t r = 0; r < 3; ++r) {
    const double beta = 0.5 * static_cast<double>(r);
    const auto [distance, error] =
        tempered_distribution(m, base, beta).total_variation(chains.visible(r).matrix());
    CHECK(distance < error);
  }
  CHECK(distance(chains.input(), hidden_input(m, chains.visible())) < 1e-12);
  for (const double rate : chains.swap_rates()) {
    CHECK(rate > 0.3);
    CHECK(rate < 1);
  }
}

TEST_CASE("tempered chains of real-valued units keep the distribution of the model") {
  const ThreadCount one_thread(1);
  Random rng(2);
  const auto m = random_rbm(G(2), B(3), rng, 0.7);
  auto base = m.visible;
  base.bias.setConstant(0.5);
  base.log_sigma.setConstant(0.4);
  TemperedChains<GB> chains(base, Matrix<double>(rng.normal<double>(2, 30'000)), 4);
  chains.run(m, 40, rng);
  const auto exact = exact_distribution(transposed(m));
  const auto [distance, error] =
      exact.total_variation(sample_hidden(m, chains.visible().matrix(), rng));
  CHECK(distance < error);
}

TEST_CASE("tempering recovers both masses of a bimodal model, Gibbs sampling stays in one") {
  const ThreadCount one_thread(1);
  const Bimodal bimodal;
  const auto& m = bimodal.model;
  const auto& patterns = bimodal.patterns;
  const auto exact = exact_distribution(m);
  const auto first_mode = [&](const Matrix<double>& v) {  // nearer to the first pattern
    return Row<double>(
        ((v - patterns.col(0).replicate(1, v.cols())).colwise().squaredNorm().array() < 5)
            .cast<double>());
  };
  const double mass = first_mode(exact.states).dot(exact.p);
  CHECK(mass > 0.6);
  CHECK(mass < 0.9);
  Random rng(3);
  const Matrix<double> start = patterns.col(1).replicate(1, 2'000);
  CHECK(first_mode(gibbs(m, start, 200, rng)).mean() < 0.2);

  TemperedChains<RBM<double>> chains(B(10), BinaryStates(start), 8);
  chains.run(m, 300, rng);
  const auto [share, error] = mean_and_error(first_mode(chains.visible().matrix()).transpose());
  CHECK(std::abs(share - mass) < 4 * error);
}

TEST_CASE("the ladder makes all neighbours swap alike") {
  const ThreadCount one_thread(1);
  Random rng(4);
  const Bimodal bimodal;
  const auto& m = bimodal.model;
  const auto& patterns = bimodal.patterns;
  TemperedChains<RBM<double>> chains(B(10), BinaryStates(patterns.col(0).replicate(1, 2'000)), 6);
  const auto spread = [&] {
    chains.run(m, 40, rng);
    const auto rates = chains.swap_rates();
    return *std::ranges::max_element(rates) - *std::ranges::min_element(rates);
  };
  const double before = spread();
  for (int i = 0; i < 5; ++i) {
    chains.adapt();
    spread();
  }
  chains.adapt();
  const double after = spread();
  CHECK(before > 0.2);
  CHECK(after < 0.05);
  CHECK(chains.betas().front() == 0);
  CHECK(chains.betas().back() == 1);
  CHECK(std::ranges::is_sorted(chains.betas()));
}

TEST_CASE("tempered chains need two replicas, and are the same bits at any number of threads") {
  CHECK(message_of([] { TemperedChains<BB>(B(2), constant(2, 1, 0), 1); }) ==
        "TemperedChains: replicas has 1, but at least 2 are needed");
  const auto states = [](int n) {
    const ThreadCount count(n);
    Random rng(5);
    const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(100, 60, rng);
    TemperedChains<RBM<float>> chains(Bernoulli<float>(100),
                                      BinaryStates(random_states<float>(100, 50, rng)), 4);
    chains.run(m, 5, rng);
    return chains.visible().matrix();
  };
  CHECK(states(1) == states(2));
  CHECK(states(1) == states(3));
}
