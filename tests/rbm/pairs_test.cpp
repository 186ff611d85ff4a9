// SPDX-License-Identifier: MIT
// Every pair of kinds of units against sums over all states, or integrals where they are real: what
// rests on the energy alone decides.
#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"
#include "strata/rbm/gibbs.hpp"
#include "strata/rbm/normalisable.hpp"
#include "strata/units/replicated_softmax.hpp"
#include "strata/units/spin.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using BesideLabel = Joint<B, S>;

template <class... Kinds>
struct KindList {};
using EveryKind = KindList<B, Spin<double>, G, S, Binomial<double>, TruncatedGaussian<double>,
                           SteppedSigmoid<double>, ReplicatedSoftmax<double>, BesideLabel>;

template <class U>
constexpr bool is_real = std::is_same_v<U, G> || std::is_same_v<U, TruncatedGaussian<double>>;

template <class U>
U smallest() {
  if constexpr (std::is_same_v<U, BesideLabel>)
    return U(B(1), S(2));
  else if constexpr (std::is_same_v<U, S>)
    return U(3);
  else if constexpr (std::is_same_v<U, Binomial<double>> ||
                     std::is_same_v<U, ReplicatedSoftmax<double>>)
    return U(2, 3);
  else
    return U(growth<U>() == Growth::bounded ? 2 : 1);
}

/// Parameters of order 1, and weights as large as these, or of a gain of 0.6 where the layers have
/// one: then all states that matter lie on the grids.
template <class V, class H>
RestrictedBoltzmannMachine<V, H> smallest_rbm(Random& rng) {
  auto m = random_rbm(smallest<V>(), smallest<H>(), rng, 0.8);
  if (const double gain = largest_gain(m); gain > 0.6) m.weights *= 0.6 / gain;
  return m;
}

/// The joint distribution of all pairs of states, a row for each visible and a column for each hidden
/// one: by the energy, and what the model says of it.
struct Joints {
  Matrix<double> v, h;  // the states
  Matrix<double> log_p;
  Row<double> free_energy, v_weights;
  Matrix<double> hidden_mean, visible_mean;

  Vector<double> p_visible() const {
    return (log_p.array() - log_sum_exp(log_p)).exp().rowwise().sum();
  }
};

template <class V, class H>
Joints joints(const RestrictedBoltzmannMachine<V, H>& m) {
  const auto v = every_state(m.visible);
  const auto h = every_state(m.hidden);
  Joints all{v.states,
             h.states,
             Matrix<double>(v.states.cols(), h.states.cols()),
             free_energy(m, v.states),
             log_weights_of(v),
             hidden_mean(m, v.states),
             visible_mean(m, h.states)};
  const Row<double> h_weights = log_weights_of(h);
  for (Index k = 0; k < all.h.cols(); ++k)
    all.log_p.col(k) = all.v_weights.array() + h_weights(k) -
                       energy(m, all.v, all.h.col(k).replicate(1, all.v.cols())).array();
  return all;
}

/// The means of the columns of `states` given each row of log weights, beside what they should be;
/// rows that weigh less than e^−30 of all may lie too far out for the other layer's grid.
double worst_mean(const Matrix<double>& log_p, const Matrix<double>& states,
                  const Matrix<double>& expected) {
  const double all = log_sum_exp(log_p);
  double worst = 0;
  for (Index i = 0; i < log_p.rows(); ++i) {
    const double row = log_sum_exp(log_p.row(i));
    if (row < all - 30) continue;
    const Row<double> p = (log_p.row(i).array() - row).exp();
    worst = std::max(worst, distance(states * p.transpose(), expected.col(i)));
  }
  return worst;
}

void check_joints(const Joints& all) {
  const double log_z = log_sum_exp(all.log_p);
  double worst = 0;
  for (Index i = 0; i < all.v.cols(); ++i) {
    const double sum = log_sum_exp(all.log_p.row(i));
    if (sum > log_z - 30)  // Σ_h e^{F(v) − E(v, h)} = 1
      worst = std::max(worst, std::abs(std::expm1(sum + all.free_energy(i) - all.v_weights(i))));
  }
  CHECK(worst < 1e-10);
  CHECK(worst_mean(all.log_p, all.h, all.hidden_mean) < 1e-9);
  CHECK(worst_mean(all.log_p.transpose(), all.v, all.visible_mean) < 1e-9);
}

/// The contrast of a few states with others beside the slopes of their free energies.
template <class M>
void check_contrast(const M& m, const Matrix<double>& data, const Matrix<double>& model) {
  M g = m;
  contrast_of(m, data, model, g);
  const Vector<double> slopes = finite_differences(m, [&](const M& changed) {
    return free_energy(changed, model).mean() - free_energy(changed, data).mean();
  });
  CHECK(distance(flatten(g), slopes) < 1e-7);
}

Matrix<double> first_and_second_moments(const Matrix<double>& s) {
  Matrix<double> m(s.rows() * (s.rows() + 1), s.cols());
  for (Index j = 0; j < s.cols(); ++j)
    m.col(j) << s.col(j), (s.col(j) * s.col(j).transpose()).reshaped();
  return m;
}

/// Chains that start as the exact distribution has them stay so. Of real units the start is on the
/// grid, on which the next states' distribution is what it is from all starts.
template <class M>
void check_stationary(const M& m, const Joints& all, bool real, Random& rng) {
  const Distribution exact{all.v, all.p_visible()};
  const Matrix<double> start = exact.columns(20'000), v = gibbs(m, start, 2, rng);
  CHECK((v.array() != start.array()).any());
  if (real) {
    CHECK(largest_z(first_and_second_moments(v), first_and_second_moments(all.v) * exact.p) < 5);
  } else {
    const auto [distance, error] = exact.total_variation(v);
    CHECK(distance < error);
  }
}

template <class V, class H>
void check_pair(Random& rng) {
  const auto m = smallest_rbm<V, H>(rng);
  const std::string pair = describe(m);
  CAPTURE(pair);
  const Joints all = joints(m);
  check_joints(all);
  const Matrix<double> x = rng.normal<double>(m.visible.size(), 12), s = sample(m.visible, x, rng);
  check_contrast(m, s.leftCols(5), s.rightCols(7));
  check_stationary(m, all, is_real<V>, rng);
}

template <class V, class... Hidden>
void check_pairs(KindList<Hidden...>) {
  const ThreadCount one(1);
  Random rng(1);
  (check_pair<V, Hidden>(rng), ...);
}

}  // namespace

TEST_CASE_TEMPLATE("all hidden kinds under visible units are what sums over their states say", V, B,
                   Spin<double>, G, S, Binomial<double>, TruncatedGaussian<double>,
                   SteppedSigmoid<double>, ReplicatedSoftmax<double>, BesideLabel) {
  check_pairs<V>(EveryKind());
}
