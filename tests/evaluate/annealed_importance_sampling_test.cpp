// SPDX-License-Identifier: MIT
#include "strata/evaluate/annealed_importance_sampling.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"
#include "rbm/oracles.hpp"
#include "strata/evaluate/likelihood.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using AnnealedLabels = LabelledRBM<double>;

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

static_assert(LinearRBM<BB> && LinearRBM<BS> && LinearRBM<SS> && LinearRBM<AnnealedLabels> &&
              LinearRBM<AnnealedToNormal> && !LinearRBM<BG> && !LinearRBM<GB>);

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
  b.hidden = detail::tempered(b.hidden, 2);  // strong enough to tell temperatures apart
  return {a, b};
}

/// f(pair) for every kind of units.
template <class F>
void for_each_annealed_kind(double deviation, F&& f) {
  f(annealed_pair<BB>(B(4), B(2), B(3), deviation));
  f(annealed_pair<BS>(B(4), S(3, 1), S(2, 2), deviation));
  f(annealed_pair<SB>(S(3, 2), B(2), B(3), deviation));
  f(annealed_pair<SS>(S(3, 2), S(2, 3), S(3, 2), deviation));
  f(annealed_pair<AnnealedLabels>({B(3), S(3)}, B(2), B(3), deviation));
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

/// n independent samples of the model, by enumeration.
template <class M>
Matrix<double> enumerated_samples(const M& m, Index n, Random& rng) {
  const Matrix<double> states = enumerated_states(m.visible), u = rng.uniform<double>(1, n);
  const Row<double> p = log_likelihood(m, states, log_partition(m)).array().exp();
  Matrix<double> v(states.rows(), n);
  for (Index j = 0; j < n; ++j) {
    Index k = 0;
    for (double sum = p(0); sum <= u(j) && k + 1 < p.size(); sum += p(k)) ++k;
    v.col(j) = states.col(k);
  }
  return v;
}

/// A model without weights that has the visible biases of m, times a factor.
template <class M>
M annealing_base(const M& m, double factor) {
  M base = base_rate_model(m, enumerated_states(m.visible));
  base.visible = detail::tempered(m.visible, factor);
  return base;
}

/// Mean and standard error of the mean.
struct MeanAndError {
  double mean, error;
};
MeanAndError mean_and_error(const Vector<double>& x) {
  const auto n = static_cast<double>(x.size());
  return {x.mean(), std::sqrt((x.array() - x.mean()).square().sum() / (n * (n - 1)))};
}

/// Weights that are strong: the log Z of a few temperatures are off by 1.
BB hard_to_anneal() {
  Random rng(8);
  return random_rbm<B, B>(6, 5, rng, 2.5);
}

/// For thousands of steps that are too small to be worth a second thread.
struct OnOneThread {
  int before = threads();
  OnOneThread() { set_threads(1); }
  ~OnOneThread() { set_threads(before); }
};

}  // namespace

// The last bound is one and a third standard errors: it holds for four seeds of five.
TEST_CASE("annealing finds the known log Z of huge weights") {
  const OnOneThread guard;
  const BB m = huge_weights();
  Random rng(1);
  for (const auto& [temperatures, error] : {std::pair(100, 0.5), {1'000, 0.05}, {10'000, 0.005}}) {
    const auto estimate =
        annealed_importance_sampling(m, bars_and_stripes(2), {.temperatures = temperatures}, rng);
    CHECK(std::abs(estimate.log_z - 59.674901965) < error);
    CHECK(std::abs(estimate.log_z - 59.674901965) < 4 * estimate.standard_error);
    CHECK(estimate.standard_error < error);
  }
}

TEST_CASE("a step of annealed chains keeps the distribution between the models") {
  const OnOneThread guard;
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
  const OnOneThread guard;
  for_each_annealed_kind(0.8, []<class M>(const AnnealedPair<M>& pair) {
    const auto& [a, b] = pair;
    const double expected = log_partition(b) - log_partition(a);
    Random rng(4);
    const Matrix<double> v = enumerated_samples(a, 5'000, rng);
    for (const auto& betas : {std::vector<double>{0, 0.5, 1}, {0, 0.1, 0.1, 0.3, 0.9, 1}}) {
      const auto estimate = log_partition_ratio(a, b, v, {.betas = betas}, rng);
      const auto [mean, error] =
          mean_and_error((estimate.log_weights.array() - expected).exp().transpose());
      CHECK(std::abs(mean - 1) < 4 * error);
      CHECK(error < 0.1);
    }
  });
}

TEST_CASE("the estimate of Z is unbiased over seeds") {
  const OnOneThread guard;
  const BB m = hard_to_anneal();
  const double log_z = log_partition(m);
  Vector<double> z(400);
  for (Index i = 0; i < z.size(); ++i) {
    Random rng(static_cast<std::uint64_t>(i));
    const auto e =
        annealed_importance_sampling(BB(6, 0), m, {.chains = 20, .temperatures = 10}, rng);
    z(i) = std::exp(e.log_z - log_z);
  }
  const auto [mean, error] = mean_and_error(z);
  CHECK(std::abs(mean - 1) < 4 * error);
  CHECK(error < 0.1);
}

TEST_CASE("annealing from the base is below log Z in expectation, from exact samples above") {
  const OnOneThread guard;
  const BB m = hard_to_anneal(), base(6, 0);
  const double log_z = log_partition(m);
  Vector<double> forward(300), reverse(300);
  for (Index i = 0; i < forward.size(); ++i) {
    Random rng(static_cast<std::uint64_t>(i));
    const AnnealingOptions options{.chains = 10, .temperatures = 5};
    forward(i) = annealed_importance_sampling(base, m, options, rng).log_z;
    const Matrix<double> v = enumerated_samples(m, 10, rng);
    reverse(i) = reverse_annealed_importance_sampling(base, m, v, options, rng).log_z;
  }
  const MeanAndError below = mean_and_error(forward), above = mean_and_error(reverse);
  CHECK(below.mean + 4 * below.error < log_z);
  CHECK(above.mean - 4 * above.error > log_z);
}

TEST_CASE("from both ends annealing finds log Z") {
  const OnOneThread guard;
  for_each_annealed_kind(1.5, []<class M>(const AnnealedPair<M>& pair) {
    const M& m = pair.b;
    const M base = annealing_base(m, 0.5);
    const double log_z = log_partition(m);
    Random rng(5);
    const AnnealingOptions options{.chains = 100, .temperatures = 100};
    const auto forward = annealed_importance_sampling(base, m, options, rng);
    const Matrix<double> v = enumerated_samples(m, 100, rng);
    const auto reverse = reverse_annealed_importance_sampling(base, m, v, options, rng);
    for (const auto& e : {forward, reverse}) {
      CHECK(std::abs(e.log_z - log_z) < 4 * e.standard_error);
      CHECK(e.standard_error < 0.05);
    }
  });
}

TEST_CASE("from the base rates of labelled data annealing finds log Z") {
  const OnOneThread guard;
  const Matrix<double> v = bars_and_stripes(2);
  const LabelledData<double> data{v, {0, 0, 0, 0, 1, 1, 1, 1}};
  Random rng(12);
  const auto m = random_rbm(Joint<B, S>{B(4), S(2)}, B(4), rng, 2);
  const auto e = annealed_importance_sampling(m, data, {.temperatures = 200}, rng);
  CHECK(std::abs(e.log_z - log_partition(m)) < 4 * e.standard_error);
  CHECK(e.standard_error < 0.1);
}

TEST_CASE("the standard error is as large as the errors are") {
  const OnOneThread guard;
  const BB m = hard_to_anneal();
  const double log_z = log_partition(m);
  Vector<double> z(200);
  for (Index i = 0; i < z.size(); ++i) {
    Random rng(static_cast<std::uint64_t>(i));
    const auto e = annealed_importance_sampling(BB(6, 0), m, {.temperatures = 40}, rng);
    z(i) = (e.log_z - log_z) / e.standard_error;
  }
  CHECK(std::abs(z.squaredNorm() / 200 - 1) < 0.3);  // 3 deviations of χ²
}

TEST_CASE("an estimate is what its weights say") {
  Random rng(6);
  const auto e =
      annealed_importance_sampling(BB(6, 0), hard_to_anneal(), {.temperatures = 20}, rng);
  const Row<double> w = e.log_weights.array().exp();
  const MeanAndError z = mean_and_error(w.transpose());
  CHECK(e.log_weights.size() == 100);
  CHECK(e.log_z == near(6 * std::log(2) + std::log(z.mean)));
  CHECK(e.standard_error == near(z.error / z.mean));
  CHECK(e.effective_sample_size == near(w.sum() * w.sum() / w.squaredNorm()));
  const auto one = annealed_importance_sampling(BB(6, 0), hard_to_anneal(), {1, 20}, rng);
  CHECK(std::isfinite(one.log_z));
  CHECK(std::isnan(one.standard_error));
  CHECK(one.effective_sample_size == near(1));
}

TEST_CASE("temperatures are equal steps of β") {
  const BB m = hard_to_anneal(), base(6, 0);
  Random rng(13), same(13);
  const std::vector<double> betas{0, 0.25, 0.5, 0.75, 1};
  CHECK(annealed_importance_sampling(base, m, {10, 4}, rng).log_weights ==
        annealed_importance_sampling(base, m, {10, 4, betas}, same).log_weights);
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

TEST_CASE("annealing in float is as in double") {
  const OnOneThread guard;
  Random rng(8), same(8);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(8, 6, rng, 1.5);
  const auto exact = random_rbm<B, B>(8, 6, same, 1.5);
  const Matrix<double> v = all_states(8);
  const RBM<float> base(8, 0);
  const AnnealingOptions once{.temperatures = 1};
  CHECK(distance(log_partition_ratio(base, m, v.cast<float>(), once, rng).log_weights,
                 log_partition_ratio(BB(8, 0), exact, v, once, rng).log_weights) < 1e-5);
  const auto e = annealed_importance_sampling(base, m, {.temperatures = 1'000}, rng);
  CHECK(std::abs(e.log_z - log_partition(exact)) < 4 * e.standard_error);
}

TEST_CASE("annealing has the same bits at any number of threads") {
  const int before = threads();
  Random model_rng(9);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(130, 120, model_rng, 0.3);
  const auto weights_at = [&](int count) {
    set_threads(count);
    Random rng(10);
    return annealed_importance_sampling(RBM<float>(130, 0), m, {100, 10}, rng).log_weights;
  };
  const Row<double> one = weights_at(1), two = weights_at(2);
  set_threads(before);
  CHECK(one == two);
}

TEST_CASE("the base-rate model is what is likeliest without hidden units") {
  const BB m(4, 3);
  Matrix<double> v(4, 3);
  v << 1, 1, 0,  //
      0, 0, 1,   //
      1, 1, 1,   //
      0, 0, 0;
  const BB base = base_rate_model(m, v);
  CHECK(base.hidden.size() == 0);
  CHECK(base.weights.rows() == 0);
  CHECK(base.weights.cols() == 4);
  CHECK(distance(mean(base.visible, Matrix<double>::Zero(4, 1)),
                 Vector<double>{{2. / 3, 1. / 3, 0.875, 0.125}}) < 1e-12);
  CHECK(base_rate_model(m, BinaryStates(v)).visible.bias == base.visible.bias);
  CHECK(log_partition(base) == near(softplus(base.visible.bias).sum()));

  const AnnealedLabels labelled = labelled_rbm<double>(4, 2, 3);
  const LabelledData<double> data{v, {1, 1, 0}};
  Matrix<double> joined(6, 3);
  joined << v, one_hot(data.labels, 2).matrix<double>();
  const AnnealedLabels of_joined = base_rate_model(labelled, joined);
  CHECK(distance(mean(of_joined.visible, Matrix<double>::Zero(6, 1)),
                 Vector<double>{{2. / 3, 1. / 3, 0.875, 0.125, 1. / 3, 2. / 3}}) < 1e-12);
  const AnnealedLabels of_labels = base_rate_model(labelled, data);
  CHECK(of_labels.visible.first.bias == of_joined.visible.first.bias);
  CHECK(of_labels.visible.second.bias == of_joined.visible.second.bias);
  CHECK(base_rate_model(m, data).visible.bias == base.visible.bias);  // sees no labels
}

TEST_CASE("annealing refuses what it cannot do") {
  const BB m = five_by_six(), base(5, 0);
  const Matrix<double> v = Matrix<double>::Zero(5, 2);
  Random rng(11);
  const auto forward = [&](const AnnealingOptions& options, const BB& from) {
    return message_of([&] { annealed_importance_sampling(from, m, options, rng); });
  };
  CHECK(forward({.chains = 0}, base) == "AnnealingOptions: chains has 0, but at least 1 is needed");
  CHECK(forward({.temperatures = 0}, base) ==
        "AnnealingOptions: temperatures has 0, but at least 1 is needed");
  CHECK(forward({.betas = {0, 0.9}}, base) ==
        "AnnealingOptions: betas has 0 to 0.9, but goes from 0 to 1");
  CHECK(forward({.betas = {0, 0.9, 0.8, 1}}, base) ==
        "AnnealingOptions: betas has 0.8 after 0.9, but ascends");
  CHECK(forward({}, m) ==
        "annealed_importance_sampling: base has weights, but only without them are its log Z and "
        "its samples exact");
  CHECK(message_of([&] { reverse_annealed_importance_sampling(m, base, v, {}, rng); }) ==
        "reverse_annealed_importance_sampling: base has weights, but only without them are its "
        "log Z and its samples exact");
  CHECK(forward({}, BB(4, 0)) == "log_partition_ratio: a has 4 visible units, but b has 5");
  CHECK(message_of([&] { log_partition_ratio(base, m, v.topRows(4), {}, rng); }) ==
        "log_partition_ratio: v has 4 rows, but the model has 5 visible units");
  CHECK(message_of([&] { log_partition_ratio(base, m, v.leftCols(0), {}, rng); }) ==
        "log_partition_ratio: v has 0 columns, but at least 1 is needed");
  CHECK(message_of([&] { base_rate_model(m, v.topRows(4)); }) ==
        "base_rate_model: data has 4 rows, but the model has 5 visible units");
  CHECK(message_of([&] { base_rate_model(m, v.leftCols(0)); }) ==
        "base_rate_model: data has 0 columns, but at least 1 is needed");
  CHECK(message_of([&] { base_rate_model(m, 2 * Matrix<double>::Ones(5, 1)); }) ==
        "base_rate_model: data has 2 at row 0, column 0, but the units take values in [0, 1]");
  const AnnealedLabels labelled = labelled_rbm<double>(5, 2, 3);
  CHECK(message_of([&] {
          base_rate_model(labelled, LabelledData<double>{v, {0, 2}});
        }) == "base_rate_model: data has label 2 at column 1, but the model has classes 0 to 1");
}
