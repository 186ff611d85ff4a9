// SPDX-License-Identifier: MIT
#include "strata/rbm/chains.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using Mixed = RestrictedBoltzmannMachine<Joint<B, S>, B>;

template <class M>
M model(Random& rng) {
  if constexpr (std::is_same_v<M, Mixed>)
    return random_rbm(Joint<B, S>(B(2), S(3)), B(2), rng, 1.0);
  else
    return small_rbm<M>(rng);
}

/// The states of a distribution that have the values of v where the mask is on.
Distribution given(const Distribution& d, const Vector<double>& mask, const Vector<double>& v) {
  std::vector<Index> columns;
  for (Index k = 0; k < d.p.size(); ++k)
    if (((d.states.col(k) - v).array() * mask.array() == 0).all()) columns.push_back(k);
  const Vector<double> p = d.p(columns);
  return {d.states(Eigen::all, columns), p / p.sum()};
}

/// p(v) of p(v, h)^{1/T}.
template <class M>
Distribution at_temperature(const M& m, double temperature) {
  const Matrix<double> v = every_state(m.visible).states;
  const Matrix<double> table = log_joint(m, v, every_state(m.hidden)) / temperature;
  return {v, (table.array() - log_sum_exp(table)).exp().rowwise().sum()};
}

void check_spread(const Distribution& exact, const Matrix<double>& states) {
  const auto [distance, error] = exact.total_variation(states);
  CHECK(distance < error);
}

}  // namespace

TEST_CASE_TEMPLATE("chains that start at the exact distribution keep it", M, BB, BG, BS, SB, SG, SS,
                   Mixed) {
  Random rng(1);
  const M m = model<M>(rng);
  const auto exact = exact_distribution(m);
  const Matrix<double> start = exact.columns(40'000);
  Chains chains(m, start, rng);
  CHECK(chains.visible().matrix() == start);
  for (const int sweeps : {1, 3}) {
    chains.run(sweeps, rng);
    check_spread(exact, chains.visible().matrix());
    if constexpr (BinaryUnits<decltype(m.hidden)>)
      check_spread(exact_distribution(transposed(m)), chains.hidden().matrix());
    CHECK((chains.visible().matrix().array() != start.array()).any());
  }
  CHECK(largest_z(chains.visible_mean(), exact.states * exact.p) < 5);
}

TEST_CASE_TEMPLATE("chains from noise come to the exact distribution given what is held", M, BB, BG,
                   BS, SB, SG, SS, Mixed) {
  // Two halves of the chains, in which different units have different values.
  Random rng(2);
  const M m = model<M>(rng);
  const auto exact = exact_distribution(m);
  const Index n = m.visible.size(), half = 20'000;
  Matrix<double> mask = Matrix<double>::Zero(n, 2), v = exact.states(Eigen::all, {5, 2});
  const Rows first = block(m.visible, 0), last = block(m.visible, n - 1);
  mask.col(0).segment(first.first, first.count).setOnes();
  mask.col(1).segment(last.first, last.count).setOnes();
  if (first.count == 1) mask(2, 0) = 1;
  if (last.count == 1) mask(1, 1) = 1;
  if constexpr (std::is_same_v<M, Mixed>) mask(2, 0) = 0;  // is of the softmax units
  Matrix<double> masks(n, 2 * half), values(n, 2 * half);
  for (Index c = 0; c < 2; ++c) {
    masks.middleCols(c * half, half).colwise() = mask.col(c);
    const Vector<double> held =
        (mask.col(c).array() > 0).select(v.col(c), std::numeric_limits<double>::quiet_NaN());
    values.middleCols(c * half, half).colwise() = held;
  }
  Chains chains(m, 2 * half, rng);
  chains.clamp(BinaryStates(masks), values);
  chains.run(30, rng);
  const Matrix<double> states = chains.visible().matrix(), means = chains.visible_mean();
  for (Index c = 0; c < 2; ++c) {
    const auto conditional = given(exact, mask.col(c), v.col(c));
    CHECK(conditional.p.size() > 1);
    check_spread(conditional, states.middleCols(c * half, half));
    CHECK(largest_z(means.middleCols(c * half, half), conditional.states * conditional.p) < 5);
  }
  chains.release();
  chains.run(30, rng);
  check_spread(exact, chains.visible().matrix());
}

TEST_CASE("held real values stay, and the rest follows them") {
  // u = v/σ with h summed out: by a grid of the other unit.
  Random rng(3);
  const auto m = small_rbm<GB>(rng);
  Chains chains(m, 20'000, rng);
  const Vector<double> value{{0.7}};
  chains.clamp(1, value);
  chains.run(30, rng);
  CHECK((chains.visible().matrix().row(1).array() == 0.7).all());
  CHECK((chains.visible_mean().row(1).array() == 0.7).all());
  auto grid = every_state(G(1)).states;
  Matrix<double> v(2, grid.cols());
  v.row(0) = m.visible.bias(0) + (m.visible.sigma()(0) * grid.row(0)).array();
  v.row(1).setConstant(0.7);
  const Row<double> log_p = -free_energy(m, v);
  const Row<double> p = (log_p.array() - log_sum_exp(log_p)).exp();
  const double mean = p.dot(v.row(0)), square = p.dot(v.row(0).cwiseAbs2());
  const Matrix<double> seen = chains.visible().matrix().topRows(1);
  Matrix<double> moments(2, seen.cols());
  moments << seen, seen.cwiseAbs2();
  CHECK(largest_z(moments, Vector<double>{{mean, square}}) < 5);
}

TEST_CASE_TEMPLATE("chains have the distribution of their temperature", M, BB, BG, BS, GB, GS, SB,
                   SG, SS, Mixed) {
  Random rng(4);
  const M m = model<M>(rng);
  for (const double temperature : {0.4, 3.0}) {
    Chains chains(m, 40'000, rng, temperature);
    chains.run(40, rng);
    if constexpr (std::is_same_v<M, GB> || std::is_same_v<M, GS>) {
      check_spread(at_temperature(transposed(m), temperature), chains.hidden().matrix());
    } else {
      const auto exact = at_temperature(m, temperature);
      check_spread(exact, chains.visible().matrix());
      CHECK(largest_z(chains.visible_mean(), exact.states * exact.p) < 5);
    }
    chains.temperature = 1;
    chains.run(40, rng);
    if constexpr (std::is_same_v<M, GB> || std::is_same_v<M, GS>)
      check_spread(exact_distribution(transposed(m)), chains.hidden().matrix());
    else
      check_spread(exact_distribution(m), chains.visible().matrix());
  }
}

TEST_CASE("chains that start at the distribution of their temperature keep it") {
  Random rng(5);
  const auto m = random_rbm<B, B>(4, 3, rng, 1.5);
  const auto exact = at_temperature(m, 2);
  Chains chains(m, exact.columns(40'000), rng, 2);
  for (int k = 0; k < 2; ++k) {
    chains.run(1, rng);
    check_spread(exact, chains.visible().matrix());
  }
}

TEST_CASE_TEMPLATE("a tempered model has the energy β E", M, BB, BG, BS, GB, GG, GS, SB, SG, SS,
                   Mixed) {
  Random rng(6);
  const M m = model<M>(rng);
  const Matrix<double> v = sample_visible(m, Matrix<double>::Zero(m.hidden.size(), 9), rng);
  const Matrix<double> h = sample_hidden(m, v, rng);
  for (const double beta : {0.3, 2.0})
    CHECK(distance(energy(tempered(m, beta), v, h), beta * energy(m, v, h)) < 1e-12);
}

TEST_CASE("chains go on where they stopped, bit for bit, and looking at them changes nothing") {
  Random rng(7);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(70, 30, rng, 0.3);
  const Matrix<float> values = random_states<float>(70, 1, rng);
  const BinaryStates mask(random_states<float>(70, 20, rng));
  for (const double temperature : {1.0, 1.5}) {
    Random one(8), other(8);
    Chains whole(m, 20, one, temperature), parts(m, 20, other, temperature);
    whole.clamp(mask, values);
    parts.clamp(mask, values);
    whole.run(500, one);
    parts.run(120, other);
    parts.visible_mean();
    parts.run(0, other);
    parts.run(380, other);
    CHECK(one.counter() == other.counter());
    CHECK(whole.visible().bits() == parts.visible().bits());
    CHECK(whole.hidden().bits() == parts.hidden().bits());
    CHECK(whole.visible_mean() == parts.visible_mean());
  }
}

TEST_CASE("chains of a model that has learned on are those of the model as it is") {
  Random rng(9);
  auto m = small_rbm<BB>(rng);
  Chains chains(m, 40'000, rng);
  chains.run(2, rng);
  m = random_rbm<B, B>(4, 3, rng, 1.0);
  chains.run(40, rng);
  check_spread(exact_distribution(m), chains.visible().matrix());
}

TEST_CASE("samples are noise before the first sweep, and of the model after some") {
  Random rng(10);
  const auto m = small_rbm<BB>(rng);
  CHECK(largest_z(sample(m, 20'000, 0, rng), constant(4, 1, 0.5)) < 5);
  check_spread(exact_distribution(m), sample(m, 40'000, 40, rng));
  const Matrix<double> z = sample(small_rbm<GB>(rng), 20'000, 0, rng);
  CHECK(largest_z(z, constant(2, 1, 0)) < 5);
  CHECK(largest_z(z.cwiseAbs2(), constant(2, 1, 1)) < 5);
}

TEST_CASE("chains refuse states, masks and temperatures that do not fit") {
  Random rng(11);
  const auto m =
      random_rbm<Softmax<float>, Bernoulli<float>>(Softmax<float>(3, 2), Bernoulli<float>(2), rng);
  CHECK(message_of([&] { Chains(m, Matrix<float>(5, 2), rng); }) ==
        "Chains: v has 5 rows, but the model has 6 visible units");
  CHECK(message_of([&] { Chains(m, 2, rng, 0); }) ==
        "Chains: temperature has 0, but a finite number above 0 is needed");
  Chains chains(m, 3, rng);
  CHECK(message_of([&] { chains.run(-1, rng); }) ==
        "Chains: sweeps has -1, but at least 0 is needed");
  const auto words = [&](const Matrix<float>& mask, const Matrix<float>& values) {
    return message_of([&] { chains.clamp(BinaryStates(mask), values); });
  };
  Matrix<float> group(6, 1), one(6, 1);
  group << 0, 0, 0, 1, 1, 1;
  one << 9, 9, 9, 0, 1, 0;
  CHECK(words(group, one) == "no exception");
  CHECK(words(group.topRows(5), one) ==
        "Chains: mask has 5 rows, but the model has 6 visible units");
  CHECK(words(group, one.topRows(5)) ==
        "Chains: values has 5 rows, but the model has 6 visible units");
  CHECK(words(group.replicate(1, 2), one) == "Chains: mask has 2 columns, but there are 3 chains");
  CHECK(words(group, one.replicate(1, 4)) ==
        "Chains: values has 4 columns, but there are 3 chains");
  group(4) = 0;
  CHECK(words(group, one) ==
        "Chains: mask has 2 of the units 3 to 5 at column 0, but they are drawn together");
  group(4) = 1;
  one(4) = 2;
  CHECK(words(group, one) ==
        "Chains: values has 2 at row 4, column 0, but the units take values in [0, 1]");
  one(4) = 0;
  CHECK(words(group, one) ==
        "Chains: values has 0 at row 3, column 0, but a state of the units is needed");
  CHECK(message_of([&] { chains.clamp(4, Matrix<float>::Zero(3, 1)); }) ==
        "Chains: values has rows for the units 4 to 6, but the model has 6 visible units");

  const auto pixels = random_rbm<Bernoulli<float>, Bernoulli<float>>(4, 2, rng);
  Chains of_pixels(pixels, 2, rng);
  const Matrix<float> grey = Matrix<float>::Constant(2, 1, 0.5);
  CHECK(message_of([&] { of_pixels.clamp(1, grey); }) ==
        "Chains: values has 0.5 at row 1, column 0, but a state of the units is needed");
  static_assert(!std::is_constructible_v<Chains<RBM<float>>, RBM<float>, Index, Random&>);
  static_assert(std::is_constructible_v<Chains<RBM<float>>, RBM<float>&, Index, Random&>);
}
