// SPDX-License-Identifier: MIT
#include "strata/nets/layer.hpp"

#include "rbm/labelled.hpp"
#include "strata/nets/stack.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// E[h | x] = Σ h p(h, label | x) over all labels and hidden states, by the energy alone.
template <class M>
Vector<double> mean_of_hidden_states(const M& m, const Vector<double>& x) {
  const EveryState h = every_state(m.hidden);
  Matrix<double> v = Matrix<double>::Zero(m.visible.size(), label_count(m));
  v.topRows(x.size()) = x.replicate(1, v.cols());
  v.bottomRows(v.cols()).setIdentity();
  const Matrix<double> table = log_joint(m, v, h);
  const Matrix<double> p = (table.array() - log_sum_exp(table)).exp();
  return h.states * p.colwise().sum().transpose();
}

}  // namespace

static_assert(GenerativeLayer<BB> && GenerativeLayer<GB> && GenerativeLayer<OfPixels>);

TEST_CASE_TEMPLATE("up sums the label of an RBM out", M, OfPixels, OfReals, ByReals) {
  Random rng(1);
  const M m = random_labelled<M>(rng, 1.0);
  const Matrix<double> x = random_features(m, 6, rng), h = up(m, x);
  REQUIRE(h.cols() == 6);
  for (Index j = 0; j < 6; ++j)
    CHECK(distance(h.col(j), mean_of_hidden_states(m, x.col(j))) < 1e-12);
}

TEST_CASE_TEMPLATE("down gives the means of the features, and the label is no input", M, OfPixels,
                   OfReals, ByReals) {
  Random rng(2);
  M m = random_labelled<M>(rng);
  const Index features = m.visible.first.size();
  CHECK(input_size(m) == features);
  CHECK(output_size(m) == m.hidden.size());
  CHECK(&input_units(m) == &m.visible.first);
  const Matrix<double> h = sample(m.hidden, Matrix<double>::Zero(m.hidden.size(), 5), rng);
  const Matrix<double> input = m.weights.leftCols(features).transpose() * statistic(m.hidden, h);
  CHECK(distance(down(m, h), mean(m.visible.first, input)) < 1e-14);
}

TEST_CASE("an RBM without labels has its visible units for inputs") {
  Random rng(3);
  auto m = small_rbm<GB>(rng);
  CHECK(input_size(m) == 2);
  CHECK(output_size(m) == 3);
  CHECK(&input_units(m) == &m.visible);
  const Matrix<double> v = rng.normal<double>(2, 5), h = up(m, v);
  CHECK(h == hidden_mean(m, v));
  CHECK(down(m, h) == visible_mean(m, h));
}

TEST_CASE("a labelled RBM fits on what is as large as its features") {
  Random rng(4);
  const auto bottom = random_rbm<B, B>(5, 4, rng);
  auto top = random_labelled<OfPixels>(rng);
  auto net = stack(bottom, top);
  CHECK(input_size(net) == 5);
  CHECK(output_size(net) == 3);
  CHECK(&input_units(net) == &std::get<0>(net.layers).visible);
  const Matrix<double> x = rng.uniform<double>(5, 7);
  CHECK(up(net, x) == up(top, up(bottom, x)));
  CHECK(reconstruct(net, x) == down(bottom, down(top, up(net, x))));
  CHECK(message_of([&] { stack(top, top); }) ==
        "stack: layer 1 (RBM 7-3 (4 Bernoulli + 3 softmax, Bernoulli)) has 4 inputs, but layer 0 "
        "(RBM 7-3 (4 Bernoulli + 3 softmax, Bernoulli)) has 3 outputs");
  CHECK(message_of([&] { up(top, Matrix<double>::Zero(7, 2)); }) ==
        "hidden_input_of_features: x has 7 rows, but the model has 4 features");
}
