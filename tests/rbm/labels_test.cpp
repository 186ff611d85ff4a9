// SPDX-License-Identifier: MIT
#include "strata/rbm/labels.hpp"

#include <doctest/doctest.h>

#include "rbm/labelled.hpp"
#include "strata/rbm/exact.hpp"
#include "strata/rbm/gibbs.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// p(label | x), from the same sums.
template <class M>
Matrix<double> posterior_by_enumeration(const M& m, const Matrix<double>& x) {
  Matrix<double> p = log_sums_over_hidden(m, x);
  for (auto column : p.colwise()) column = (column.array() - log_sum_exp(column)).exp().eval();
  return p;
}

/// What the hidden units and the label are told by each other, E[h | x, label state] and
/// E[label | h], written out.
Matrix<double> hidden_given(const OfPixels& m, const Matrix<double>& x,
                            const Matrix<double>& label) {
  const Matrix<double> input = m.weights.leftCols(4) * x + m.weights.rightCols(3) * label;
  return sigmoid(input.colwise() + m.hidden.bias);
}
Matrix<double> label_given(const OfPixels& m, const Matrix<double>& h) {
  const Matrix<double> input = m.weights.rightCols(3).transpose() * h;
  return softmax(input.colwise() + m.visible.second.bias);
}

Matrix<double> no_preference(Index n) { return constant(3, n, 1.0 / 3); }

/// E[p(label | h)] where h is drawn given one x and the label state.
Vector<double> after_one_sweep(const OfPixels& m, const Vector<double>& x,
                               const Vector<double>& label) {
  const Vector<double> on = hidden_given(m, x, label);
  const Matrix<double> h = all_states(3);
  Vector<double> p = Vector<double>::Zero(3);
  for (Index k = 0; k < h.cols(); ++k) {
    const auto s = h.col(k).array();
    p += (s * on.array() + (1 - s) * (1 - on.array())).prod() * label_given(m, h.col(k));
  }
  return p;
}

}  // namespace

TEST_CASE("a labelled RBM sees its features and, after them, its label") {
  const auto m = labelled_rbm<double>(4, 3, 5);
  CHECK(describe(m) == "RBM 7-5 (4 Bernoulli + 3 softmax, Bernoulli)");
  CHECK(feature_count(m) == 4);
  CHECK(label_count(m) == 3);
  CHECK(m.weights.isZero(0));
  CHECK(label_count(RBM<double>(7, 5)) == 0);
  CHECK(feature_count(RBM<double>(7, 5)) == 7);
  static_assert(AnyLabelledRBM<OfReals> && AnyLabelledRBM<const ByReals>);
  static_assert(!AnyLabelledRBM<BB> && !AnyLabelledRBM<SB> && !AnyLabelledRBM<RBM<Joint<S, B>, B>>);
}

TEST_CASE_TEMPLATE("the energy of a label has all hidden units summed out", M, OfPixels, OfReals,
                   ByReals) {
  Random rng(1);
  const M m = random_labelled<M>(rng);
  for (const Index n : {1, 130}) {  // more columns than one piece has
    const Matrix<double> x = random_features(m, n, rng);
    CHECK(distance(label_energies(m, x), -log_sums_over_hidden(m, x)) < 1e-12);
  }
  CHECK(label_energies(m, Matrix<double>(m.visible.first.size(), 0)) == Matrix<double>(3, 0));
}

TEST_CASE_TEMPLATE("probabilities by free energy are those of the joint distribution", M, OfPixels,
                   OfReals, ByReals) {
  Random rng(2);
  const M m = random_labelled<M>(rng);
  const Matrix<double> x = random_features(m, 20, rng);
  Random none;
  CHECK(distance(ByFreeEnergy{}.probabilities(m, x, none), posterior_by_enumeration(m, x)) < 1e-13);
  CHECK(none.counter() == 0);
}

TEST_CASE("the free energy of the features sums the label out") {
  Random rng(3);
  const auto m = random_labelled<OfPixels>(rng);
  const Matrix<double> x = all_states(4), sums = log_sums_over_hidden(m, x);
  const Row<double> f = feature_free_energy(m, x);
  for (Index j = 0; j < x.cols(); ++j) CHECK(-f(j) == near(log_sum_exp(sums.col(j)), 1e-13));
  CHECK(log_sum_exp(-f) == near(log_partition(m), 1e-13));
}

TEST_CASE("features may be bits, numbers or an expression") {
  Random rng(4);
  const auto m = random_labelled<OfPixels>(rng);
  const Matrix<double> x = random_features(m, 130, rng), expected = label_energies(m, x);
  const Row<double> f = feature_free_energy(m, x);
  const BinaryStates bits(x);
  CHECK(distance(label_energies(m, bits), expected) < 1e-13);
  CHECK(distance(label_energies(m, States<double>(bits)), expected) < 1e-13);
  CHECK(label_energies(m, States<double>(x)) == expected);
  CHECK(label_energies(m, 1 * x) == expected);
  CHECK(distance(feature_free_energy(m, States<double>(bits)), f) < 1e-13);
}

TEST_CASE_TEMPLATE("a label that no hidden unit sees is as likely as its bias says, in every way",
                   M, OfPixels, OfReals, ByReals) {
  Random rng(5);
  M m = random_labelled<M>(rng);
  m.weights.rightCols(3).setZero();
  const Matrix<double> x = random_features(m, 7, rng);
  const Matrix<double> expected = softmax(m.visible.second.bias).replicate(1, 7);
  CHECK(distance(ByFreeEnergy{}.probabilities(m, x, rng), expected) < 1e-13);
  CHECK(distance(ByMeanField{.sweeps = 3}.probabilities(m, x, rng), expected) < 1e-13);
  CHECK(distance(ByGibbs{.sweeps = 3}.probabilities(m, x, rng), expected) < 1e-13);
}

TEST_CASE("after few sweeps the probabilities by Gibbs are those of the exact chain") {
  Random rng(6);
  const auto m = random_labelled<OfPixels>(rng, 1.5);
  const Vector<double> x{{1, 0, 1, 1}};
  Matrix<double> kernel(3, 3);  // from a label to the next, one per column
  for (Index label = 0; label < 3; ++label)
    kernel.col(label) = after_one_sweep(m, x, Vector<double>::Unit(3, label));
  for (const int sweeps : {1, 2, 3, 6}) {
    Vector<double> p = after_one_sweep(m, x, no_preference(1)), sum = Vector<double>::Zero(3);
    for (int k = 0; k < sweeps; ++k, p = kernel * p)
      if (k >= sweeps / 2) sum += p;
    const Vector<double> expected = sum / (sweeps - sweeps / 2);
    const Matrix<double> draws =
        ByGibbs{.sweeps = sweeps}.probabilities(m, x.replicate(1, 40'000), rng);
    CHECK(draws.colwise().sum().isOnes(1e-13));
    CHECK(largest_z(draws, expected) < 5);
  }
}

TEST_CASE_TEMPLATE("many sweeps of Gibbs sampling reach the exact posterior", M, OfPixels, OfReals,
                   ByReals) {
  // Each column is a chain of its own; the first half of its sweeps does not count.
  Random rng(7);
  const M m = random_labelled<M>(rng, 0.5);
  for (int i = 0; i < 2; ++i) {
    const Matrix<double> x = random_features(m, 1, rng);
    const Matrix<double> draws = ByGibbs{.sweeps = 40}.probabilities(m, x.replicate(1, 3000), rng);
    CHECK(largest_z(draws, posterior_by_enumeration(m, x)) < 5);
  }
}

TEST_CASE("the mean field goes from no preference to what hidden units and label agree on") {
  Random rng(8);
  const auto m = random_labelled<OfPixels>(rng);
  const Matrix<double> x = all_states(4);
  const auto p = [&](int sweeps) {
    Random none;
    const Matrix<double> after = ByMeanField{.sweeps = sweeps}.probabilities(m, x, none);
    CHECK(none.counter() == 0);
    return after;
  };
  const auto next = [&](const Matrix<double>& y) { return label_given(m, hidden_given(m, x, y)); };
  CHECK(distance(p(1), next(no_preference(16))) < 1e-14);
  CHECK(distance(p(2), next(p(1))) < 1e-14);
  CHECK(distance(p(2), p(1)) > 1e-3);
  CHECK(distance(p(200), next(p(200))) < 1e-14);
}

TEST_CASE_TEMPLATE("the mean field's fixed point is one for real units too", M, OfReals, ByReals) {
  Random rng(9);
  const M m = random_labelled<M>(rng, 0.3);
  const Matrix<double> x = random_features(m, 5, rng);
  const Matrix<double> p = ByMeanField{.sweeps = 300}.probabilities(m, x, rng);
  Matrix<double> v(m.visible.size(), 5);
  v << x, p;
  const Matrix<double> h = hidden_mean(m, v);
  CHECK(distance(visible_mean(m, h).bottomRows(3), p) < 1e-13);
}

TEST_CASE("Gibbs sampling of pixels and label keeps their exact distribution") {
  Random rng(10);
  const auto m = random_labelled<OfPixels>(rng, 1.0);
  const auto exact = exact_distribution(m);
  const Matrix<double> start = exact.columns(40'000);
  const Matrix<double> v = gibbs(m, BinaryStates(start), 3, rng);
  const auto [distance, error] = exact.total_variation(v);
  CHECK(distance < error);
  CHECK((v.array() != start.array()).any());
}

TEST_CASE("a label that is clamped stays, and the pixels follow it") {
  // Given its label the features have p(x | label) ∝ p(label | x) p(x): chains of each label that
  // start there stay there.
  Random rng(11);
  const auto m = random_labelled<OfPixels>(rng, 1.0);
  const Matrix<double> x = all_states(4), sums = log_sums_over_hidden(m, x);
  for (Index label = 0; label < 3; ++label) {
    const Distribution exact{x, (sums.row(label).array() - log_sum_exp(sums.row(label))).exp()};
    const Index n = 20'000;
    Particles<double> p;
    const BinaryStates labels = one_hot(Labels(n, static_cast<int>(label)), 3);
    join_rows<double>(BinaryStates(exact.columns(n)), labels, p.v);
    p.clamped = p.v;
    p.held = BinaryStates(7, n);
    p.held.set_rows(4, BinaryStates(constant(3, n, 1)));
    hidden_input(m, p.v, p.x);
    for (int k = 0; k < 3; ++k) {
      sample(m.hidden, p.x, rng, p.h);
      reconstruct(m, p, rng);
    }
    const Matrix<double> v = p.v.matrix();
    CHECK(BinaryStates(v.bottomRows(3)) == labels);
    CHECK(distance(p.x, m.weights * v) < 1e-13);
    const auto [distance, error] = exact.total_variation(v.topRows(4));
    CHECK(distance < error);
  }
}

TEST_CASE("features of a wrong size and fewer than one sweep are errors") {
  const auto m = labelled_rbm<double>(4, 3, 5);
  const Matrix<double> x = Matrix<double>::Zero(4, 2), all = Matrix<double>::Zero(7, 2);
  Random rng;
  const std::string words = "hidden_input_of_features: x has 7 rows, but the model has 4 features";
  CHECK(message_of([&] { label_energies(m, all); }) == words);
  CHECK(message_of([&] { feature_free_energy(m, BinaryStates(all)); }) == words);
  CHECK(message_of([&] { ByFreeEnergy{}.probabilities(m, all, rng); }) == words);
  CHECK(message_of([&] { ByGibbs{}.probabilities(m, all, rng); }) == words);
  CHECK(message_of([&] { ByMeanField{}.probabilities(m, all, rng); }) == words);
  CHECK(message_of([&] { ByGibbs{.sweeps = 0}.probabilities(m, x, rng); }) ==
        "ByGibbs: sweeps has 0, but at least 1 is needed");
  CHECK(message_of([&] { ByMeanField{.sweeps = -1}.probabilities(m, x, rng); }) ==
        "ByMeanField: sweeps has -1, but at least 1 is needed");
}
