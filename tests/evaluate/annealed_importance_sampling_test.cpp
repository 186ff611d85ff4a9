// SPDX-License-Identifier: MIT
#include "strata/evaluate/annealed_importance_sampling.hpp"

#include <doctest/doctest.h>

#include "rbm/enumeration.hpp"
#include "rbm/oracles.hpp"
#include "strata/evaluate/likelihood.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Weights that are strong: the log Z of a few temperatures are off by 1.
BB hard_to_anneal() {
  Random rng(8);
  return random_rbm<B, B>(6, 5, rng, 2.5);
}

/// f(rng) for each of n seeds.
template <class F>
Vector<double> over_seeds(Index n, F&& f) {
  const ThreadCount one_thread(1);
  Vector<double> values(n);
  for (Index i = 0; i < n; ++i) {
    Random rng(static_cast<std::uint64_t>(i));
    values(i) = f(rng);
  }
  return values;
}

}  // namespace

// The last bound is one and a third standard errors: it holds for four seeds of five.
TEST_CASE("annealing finds the known log Z of huge weights") {
  const ThreadCount one_thread(1);
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

TEST_CASE("the estimate of Z is unbiased over seeds") {
  const BB m = hard_to_anneal();
  const double log_z = log_partition(m);
  const auto [mean, error] = mean_and_error(over_seeds(400, [&](Random& rng) {
    const AnnealingOptions options{.chains = 20, .temperatures = 10};
    return std::exp(annealed_importance_sampling(BB(6, 0), m, options, rng).log_z - log_z);
  }));
  CHECK(std::abs(mean - 1) < 4 * error);
  CHECK(error < 0.1);
}

TEST_CASE("annealing from the base is below log Z in expectation, from exact samples above") {
  const BB m = hard_to_anneal(), base(6, 0);
  const double log_z = log_partition(m);
  const Distribution exact = exact_distribution(m);
  const AnnealingOptions options{.chains = 10, .temperatures = 5};
  const MeanAndError below = mean_and_error(over_seeds(
      300, [&](Random& rng) { return annealed_importance_sampling(base, m, options, rng).log_z; }));
  const MeanAndError above = mean_and_error(over_seeds(300, [&](Random& rng) {
    return reverse_annealed_importance_sampling(base, m, exact.samples(10, rng), options, rng)
        .log_z;
  }));
  CHECK(below.mean + 4 * below.error < log_z);
  CHECK(above.mean - 4 * above.error > log_z);
}

TEST_CASE("from the base rates of labelled data annealing finds log Z") {
  const ThreadCount one_thread(1);
  const Matrix<double> v = bars_and_stripes(2);
  const LabelledData<double> data{v, {0, 0, 0, 0, 1, 1, 1, 1}};
  Random rng(12);
  const auto m = random_rbm(Joint<B, S>{B(4), S(2)}, B(4), rng, 2);
  const auto e = annealed_importance_sampling(m, data, {.temperatures = 200}, rng);
  CHECK(std::abs(e.log_z - log_partition(m)) < 4 * e.standard_error);
  CHECK(e.standard_error < 0.1);
}

TEST_CASE("the standard error is as large as the errors are") {
  const BB m = hard_to_anneal();
  const double log_z = log_partition(m);
  const Vector<double> z = over_seeds(200, [&](Random& rng) {
    const auto e = annealed_importance_sampling(BB(6, 0), m, {.temperatures = 40}, rng);
    return (e.log_z - log_z) / e.standard_error;
  });
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

TEST_CASE("annealing in float is as in double") {
  const ThreadCount one_thread(1);
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
  Random model_rng(9);
  const auto m = random_rbm<Bernoulli<float>, Bernoulli<float>>(130, 120, model_rng, 0.3);
  const auto weights_at = [&](int count) {
    const ThreadCount set(count);
    Random rng(10);
    return annealed_importance_sampling(RBM<float>(130, 0), m, {100, 10}, rng).log_weights;
  };
  const Row<double> one = weights_at(1), two = weights_at(2);
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

  const LabelledRBM<double> labelled = labelled_rbm<double>(4, 2, 3);
  const LabelledData<double> data{v, {1, 1, 0}};
  Matrix<double> joined(6, 3);
  joined << v, one_hot(data.labels, 2).matrix<double>();
  const LabelledRBM<double> of_joined = base_rate_model(labelled, joined);
  CHECK(distance(mean(of_joined.visible, Matrix<double>::Zero(6, 1)),
                 Vector<double>{{2. / 3, 1. / 3, 0.875, 0.125, 1. / 3, 2. / 3}}) < 1e-12);
  const LabelledRBM<double> of_labels = base_rate_model(labelled, data);
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
  const LabelledRBM<double> labelled = labelled_rbm<double>(5, 2, 3);
  CHECK(message_of([&] {
          base_rate_model(labelled, LabelledData<double>{v, {0, 2}});
        }) == "base_rate_model: data has label 2 at column 1, but the model has classes 0 to 1");
}
