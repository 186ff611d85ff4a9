// SPDX-License-Identifier: MIT
// Annealing between two models, of every kind of units.
#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"
#include "strata/evaluate/annealed_importance_sampling.hpp"
#include "strata/evaluate/likelihood.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Real-valued units with E(s) = Σᵢ sᵢ²/2 − bᵢsᵢ: a bias, and a term that no temperature changes.
struct AnnealedNormal {
  using Scalar = double;
  Vector<double> bias;

  explicit AnnealedNormal(Index n = 0) : bias(Vector<double>::Zero(n)) {}
  Index size() const { return bias.size(); }
  Row<double> energy(const Batch<double>& s) const {
    return (s.array() * (0.5 * s.array() - bias.replicate(1, s.cols()).array())).colwise().sum();
  }
  Row<double> log_partition(const Batch<double>& x) const {
    const double constant = 0.5 * static_cast<double>(size()) * std::log(2 * std::numbers::pi);
    return 0.5 * (x.colwise() + bias).colwise().squaredNorm().array() + constant;
  }
  void mean(const Batch<double>& x, Matrix<double>& out) const { out = x.colwise() + bias; }
  void sample(const Batch<double>& x, Random& rng, Matrix<double>& out) const {
    out = (x + rng.normal<double>(x.rows(), x.cols())).colwise() + bias;
  }
};
using AnnealedToNormal = RestrictedBoltzmannMachine<B, AnnealedNormal>;

/// All biases twice.
template <class U>
U stronger(U units) {
  visit_units(units, "", [](const std::string&, auto& value, Role role) {
    if (role == Role::bias) value *= 2;
  });
  return units;
}

/// Two models that see the same: a has hidden units of its own number.
template <class M>
struct AnnealedPair {
  M a, b;
};

template <class M>
AnnealedPair<M> annealed_pair(const typename std::type_identity<decltype(M::visible)>::type& v,
                              decltype(M::hidden) h_a, decltype(M::hidden) h_b, double deviation) {
  Random rng(7);
  M a = random_rbm(v, h_a, rng, deviation), b = random_rbm(v, h_b, rng, deviation);
  b.hidden = stronger(b.hidden);  // strong enough to tell temperatures apart
  return {a, b};
}

/// f(pair) for every kind of units.
template <class F>
void for_each_annealed_kind(double deviation, F&& f) {
  f(annealed_pair<BB>(B(4), B(2), B(3), deviation));
  f(annealed_pair<BS>(B(4), S(3, 1), S(2, 2), deviation));
  f(annealed_pair<SB>(S(3, 2), B(2), B(3), deviation));
  f(annealed_pair<SS>(S(3, 2), S(2, 3), S(3, 2), deviation));
  f(annealed_pair<LabelledRBM<double>>({B(3), S(3)}, B(2), B(3), deviation));
  f(annealed_pair<BG>(B(4), G(2), G(3), deviation / 2));
  f(annealed_pair<SG>(S(3, 2), G(2), G(1), deviation / 2));
  f(annealed_pair<AnnealedToNormal>(B(4), AnnealedNormal(2), AnnealedNormal(3), deviation / 2));
}

template <class U>
Matrix<double> enumerated_states(const U& units) {
  return units.states(0, static_cast<Index>(units.count()));
}

/// p_β(v) ∝ Σ_h e^{−(1−β) E_a(v, h)} · Σ_h e^{−β E_b(v, h)}, from the energies alone.
template <class M>
Distribution annealed_distribution(const AnnealedPair<M>& pair, double beta) {
  const Matrix<double> v = enumerated_states(pair.a.visible);
  const Matrix<double> a = (1 - beta) * log_joint(pair.a, v, {enumerated_states(pair.a.hidden)});
  const Matrix<double> b = beta * log_joint(pair.b, v, {enumerated_states(pair.b.hidden)});
  Vector<double> log_p(v.cols());
  for (Index k = 0; k < v.cols(); ++k) log_p(k) = log_sum_exp(a.row(k)) + log_sum_exp(b.row(k));
  return {v, (log_p.array() - log_sum_exp(log_p)).exp()};
}

/// n independent samples of the model.
template <class M>
Matrix<double> exact_samples(const M& m, Index n, Random& rng) {
  const Matrix<double> v = enumerated_states(m.visible);
  return Distribution{v, log_likelihood(m, v, log_partition(m)).transpose().array().exp()}.samples(
      n, rng);
}

/// A model without weights that has the visible biases of m, times a factor.
template <class M>
M annealing_base(const M& m, double factor) {
  M base = base_rate_model(m, enumerated_states(m.visible));
  base.visible = detail::annealed(m.visible, factor);
  return base;
}

}  // namespace

TEST_CASE("a step of annealed chains keeps the distribution between the models") {
  const ThreadCount one_thread(1);
  Random rng(2);
  for_each_annealed_kind(1, [&]<class M>(const AnnealedPair<M>& pair) {
    if constexpr (EnumerableUnits<decltype(M::hidden)>)
      for (const double beta : {0.0, 0.3, 1.0}) {
        const Distribution exact = annealed_distribution(pair, beta);
        const Matrix<double> start = exact.columns(10'000);
        detail::AnnealedChains<M> chains(pair.a, pair.b, States<double>(start));
        detail::gibbs_step(chains, beta, rng);
        const auto [distance, error] = exact.total_variation(chains.v.matrix());
        CHECK(distance < error);
        CHECK((chains.v.matrix().array() != start.array()).any());
      }
  });
}

TEST_CASE("one temperature weighs each state by its own ratio of probabilities") {
  for_each_annealed_kind(1, []<class M>(const AnnealedPair<M>& pair) {
    const auto& [a, b] = pair;
    const Matrix<double> v = enumerated_states(a.visible);
    Random rng(3);
    const auto estimate = log_partition_ratio(a, b, v, {.temperatures = 1}, rng);
    CHECK(distance(estimate.log_weights, free_energy(a, v) - free_energy(b, v)) < 1e-12);
    CHECK(rng.counter() == 0);
  });
}

TEST_CASE("the weights of annealed chains are Z_b / Z_a in expectation, at any temperatures") {
  const ThreadCount one_thread(1);
  for_each_annealed_kind(0.8, []<class M>(const AnnealedPair<M>& pair) {
    const auto& [a, b] = pair;
    const double expected = log_partition(b) - log_partition(a);
    Random rng(4);
    const Matrix<double> v = exact_samples(a, 5'000, rng);
    for (const auto& betas : {std::vector<double>{0, 0.5, 1}, {0, 0.1, 0.1, 0.3, 0.9, 1}}) {
      const auto estimate = log_partition_ratio(a, b, v, {.betas = betas}, rng);
      const auto [mean, error] =
          mean_and_error((estimate.log_weights.array() - expected).exp().transpose());
      CHECK(std::abs(mean - 1) < 4 * error);
      CHECK(error < 0.1);
    }
  });
}

TEST_CASE("from both ends annealing finds log Z") {
  const ThreadCount one_thread(1);
  for_each_annealed_kind(1.5, []<class M>(const AnnealedPair<M>& pair) {
    const M& m = pair.b;
    const M base = annealing_base(m, 0.5);
    const double log_z = log_partition(m);
    Random rng(5);
    const AnnealingOptions options{.chains = 100, .temperatures = 100};
    const auto forward = annealed_importance_sampling(base, m, options, rng);
    const Matrix<double> v = exact_samples(m, 100, rng);
    const auto reverse = reverse_annealed_importance_sampling(base, m, v, options, rng);
    for (const auto& e : {forward, reverse}) {
      CHECK(std::abs(e.log_z - log_z) < 4 * e.standard_error);
      CHECK(e.standard_error < 0.05);
    }
  });
}

TEST_CASE("without weights annealing is exact at any number of temperatures") {
  for_each_annealed_kind(0, []<class M>(const AnnealedPair<M>& pair) {
    const M& m = pair.b;  // the hidden biases are not 0
    Random rng(7);
    for (const Index temperatures : {1, 2, 7}) {
      const auto e = annealed_importance_sampling(annealing_base(m, 1), m, {3, temperatures}, rng);
      CHECK(e.log_z == near(log_partition(m)));
      CHECK(e.standard_error < 1e-12);
      CHECK(e.effective_sample_size == near(3));
      const auto same = annealed_importance_sampling(m, m, {3, temperatures}, rng);
      CHECK(same.log_z == near(log_partition(m)));
    }
  });
}

namespace {

/// f(model) for kinds of visible units that are real, at least in part.
template <class F>
void for_each_real_kind(F&& f) {
  Random rng(11);
  f(random_rbm(G(2), B(3), rng, 0.7));
  f(random_rbm(G(3), S(3, 1), rng, 0.7));
  f(random_rbm(G(2), G(2), rng, 0.3));
  f(random_rbm(Joint<G, S>(G(2), S(3)), B(2), rng, 0.7));
}

}  // namespace

TEST_CASE("of real-valued units too the weights of annealed chains are Z in expectation") {
  const ThreadCount one_thread(1);
  for_each_real_kind([]<class M>(const M& m) {
    Random rng(12);
    const M base =
        base_rate_model(m, sample(m.visible, Matrix<double>::Zero(m.visible.size(), 50), rng));
    const double expected = log_partition(m);
    const double log_z = detail::log_partition_of_base("", base);
    for (const auto& betas : {std::vector<double>{0, 1}, {0, 0.5, 1}, {0, 0.1, 0.3, 0.6, 1}}) {
      const auto e = annealed_importance_sampling(base, m, {.chains = 20'000, .betas = betas}, rng);
      const auto [mean, error] =
          mean_and_error((e.log_weights.array() + log_z - expected).exp().transpose());
      CHECK(std::abs(mean - 1) < 4 * error);
      CHECK(error < 0.2);
    }
    const auto fine =
        annealed_importance_sampling(base, m, {.chains = 100, .temperatures = 200}, rng);
    CHECK(std::abs(fine.log_z - expected) < 4 * fine.standard_error);
    CHECK(fine.standard_error < 0.1);
  });
}

TEST_CASE("of real-valued units too annealing from exact samples to the base finds log Z") {
  const ThreadCount one_thread(1);
  for_each_real_kind([]<class M>(const M& m) {
    if constexpr (EnumerableUnits<decltype(M::hidden)>) {
      Random rng(13);
      const Matrix<double> v = sample_visible(m, exact_samples(transposed(m), 200, rng), rng);
      const M base = base_rate_model(m, v);
      const auto e = reverse_annealed_importance_sampling(base, m, v, {.temperatures = 200}, rng);
      CHECK(std::abs(e.log_z - log_partition(m)) < 4 * e.standard_error);
      CHECK(e.standard_error < 0.1);
    }
  });
}
