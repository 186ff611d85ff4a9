// SPDX-License-Identifier: MIT
#include "strata/evaluate/pseudo_likelihood.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"
#include "rbm/oracles.hpp"
#include "strata/units/binomial.hpp"
#include "strata/units/spin.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using Spins = RestrictedBoltzmannMachine<Spin<double>, B>;
using Counts = RestrictedBoltzmannMachine<Binomial<double>, S>;
using Mixed = RestrictedBoltzmannMachine<Joint<B, S>, G>;
using MixedCounts = RestrictedBoltzmannMachine<Joint<Spin<double>, Binomial<double>>, Spin<double>>;

template <class M>
M model(Random& rng) {
  if constexpr (std::is_same_v<M, Spins>)
    return random_rbm(Spin<double>(4), B(3), rng);
  else if constexpr (std::is_same_v<M, Counts>)
    return random_rbm(Binomial<double>(2, 3), S(2, 2), rng);
  else if constexpr (std::is_same_v<M, Mixed>)
    return random_rbm(Joint<B, S>(B(2), S(3, 2)), G(2), rng);
  else if constexpr (std::is_same_v<M, MixedCounts>)
    return random_rbm(
        Joint<Spin<double>, Binomial<double>>(Spin<double>(2), Binomial<double>(1, 4)),
        Spin<double>(2), rng);
  else
    return small_rbm<M>(rng);
}

/// Σ over blocks of log p(v) − log Σ p over all states that agree with v outside the block.
template <class M>
double enumerated(const M& m, const Distribution& d, Index state) {
  double sum = 0;
  for (Index i = 0; i < m.visible.size();) {
    const Rows rows = block(m.visible, i);
    double all = 0;
    for (Index k = 0; k < d.p.size(); ++k) {
      Vector<double> other = d.states.col(k);
      other.segment(rows.first, rows.count) = d.states.col(state).segment(rows.first, rows.count);
      if (other == d.states.col(state)) all += d.p(k);
    }
    sum += std::log(d.p(state) / all);
    i += rows.count;
  }
  return sum;
}

}  // namespace

TEST_CASE("the pseudo-log-likelihood has its known value") {
  const Vector<double> v{{0, 0, 0, 1, 1}};
  CHECK(pseudo_log_likelihood(five_by_six(), v)(0) == near(-3.366596089415182, 1e-14));
}

TEST_CASE_TEMPLATE("the pseudo-log-likelihood sums log p(block | all others)", M, BB, BG, BS, SB,
                   SG, SS, Spins, Counts, Mixed, MixedCounts) {
  Random rng(2);
  const M m = model<M>(rng);
  const Distribution exact = exact_distribution(m);
  const Row<double> sums = pseudo_log_likelihood(m, exact.states);
  for (Index k = 0; k < exact.p.size(); ++k) CHECK(sums(k) == near(enumerated(m, exact, k)));
}

TEST_CASE("one softmax group, or one unit, has its likelihood for a pseudo-likelihood") {
  Random rng(3);
  const auto group = random_rbm<S, B>(S(4), B(3), rng);
  const Matrix<double> v = every_state(group.visible).states;
  CHECK(distance(pseudo_log_likelihood(group, v), log_likelihood(group, v, log_partition(group))) <
        1e-12);
}

TEST_CASE("without weights the pseudo-log-likelihood is the log-likelihood") {
  Random rng(4);
  const auto m = random_rbm<B, B>(5, 2, rng, 0);
  const Matrix<double> v = all_states(5);
  CHECK(distance(pseudo_log_likelihood(m, v), log_likelihood(m, v, log_partition(m))) < 1e-12);
}

TEST_CASE_TEMPLATE("some blocks give the pseudo-log-likelihood on average, and all give it itself",
                   M, BB, SB, Counts, Mixed) {
  Random rng(5);
  const M m = model<M>(rng);
  const Matrix<double> states = exact_distribution(m).states;
  const Index last = states.cols() - 1;
  const Row<double> exact = pseudo_log_likelihood(m, states);
  const Index n = std::is_same_v<M, Mixed> ? 4 : std::is_same_v<M, BB> ? 4 : 2;
  for (const Index k : {Index{1}, last}) {
    const Matrix<double> many = states.col(k).replicate(1, 5'000);
    for (Index blocks = 1; blocks < n; ++blocks) {
      const Row<double> draws = pseudo_log_likelihood(m, many, blocks, rng);
      CHECK(largest_z(draws, exact.segment(k, 1)) < 5);
      CHECK(draws.minCoeff() < draws.maxCoeff());
    }
  }
  CHECK(distance(pseudo_log_likelihood(m, states, n, rng), exact) < 1e-12);
}

TEST_CASE(
    "bits, numbers, black and white and labelled data are the same states, at any number of "
    "threads") {
  Random rng(6);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(20, 9, rng);
  const Matrix<float> v = random_states<float>(20, 1'007, rng);
  const GreyLevels<float> levels(Matrix<std::uint8_t>(v.cast<std::uint8_t>() * std::uint8_t{255}));
  const Row<double> sums = pseudo_log_likelihood(m, v);
  CHECK(pseudo_log_likelihood(m, BinaryStates(v)) == sums);
  CHECK(pseudo_log_likelihood(m, levels) == sums);
  CHECK(pseudo_log_likelihood(m, v.rightCols(3)) == sums.tail(3));
  const ThreadCount three(3);
  CHECK(pseudo_log_likelihood(m, v) == sums);
  Random one(7), other(7);
  const Row<double> drawn = pseudo_log_likelihood(m, v, 4, one);
  set_threads(1);
  CHECK(pseudo_log_likelihood(m, BinaryStates(v), 4, other) == drawn);

  // Labels are a block of their own.
  const auto labelled = random_rbm(Joint<B, S>(B(4), S(3)), B(2), rng);
  const Matrix<double> x = all_states(4);
  Labels labels;
  Matrix<double> both(7, 16);
  for (int j = 0; j < 16; ++j) {
    labels.push_back(j % 3);
    both.col(j) << x.col(j), Vector<double>::Unit(3, j % 3);
  }
  const LabelledData<double> data{x, labels};
  CHECK(pseudo_log_likelihood(labelled, data) == pseudo_log_likelihood(labelled, both));
}

TEST_CASE("pseudo-log-likelihoods are sums in double, of float models too") {
  Random rng(8), same(8);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(6, 4, rng);
  const auto exact = random_rbm<B, B>(6, 4, same);
  const Matrix<double> v = all_states(6);
  CHECK(distance(pseudo_log_likelihood(m, v.cast<float>()), pseudo_log_likelihood(exact, v)) <
        1e-5);
}

TEST_CASE(
    "pseudo-log-likelihoods refuse what is no state, and numbers of blocks that there are not") {
  Random rng(9);
  const RBM<float> m(5, 6);
  CHECK(message_of([&] { pseudo_log_likelihood(m, Matrix<float>::Zero(4, 2)); }) ==
        "pseudo_log_likelihood: v has 4 rows, but the model has 5 visible units");
  Matrix<float> v = Matrix<float>::Zero(5, 1'100);
  v(3, 1'050) = 0.5F;
  CHECK(
      message_of([&] { pseudo_log_likelihood(m, v); }) ==
      "pseudo_log_likelihood: v has 0.5 at row 3, column 1050, but a state of the units is needed");
  v(3, 1'050) = 2;
  CHECK(
      message_of([&] { pseudo_log_likelihood(m, v); }) ==
      "pseudo_log_likelihood: v has 2 at row 3, column 1050, but the units take values in [0, 1]");
  for (const Index blocks : {0, 6})
    CHECK(message_of([&] { pseudo_log_likelihood(m, v, blocks, rng); }) ==
          text("pseudo_log_likelihood: blocks has ", blocks, ", but the model has 1 to 5"));
}

static_assert(!HasPseudoLikelihood<GB> && HasPseudoLikelihood<SG>);
