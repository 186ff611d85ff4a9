// SPDX-License-Identifier: MIT
#include "strata/nets/directed.hpp"

#include <set>

#include "nets/testing.hpp"
#include "rbm/enumeration.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/units/log_probability.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Small random weights and spreads of all kinds.
template <class L>
L random_directed(Index n_v, Index n_h, Random& rng) {
  L layer(n_v, n_h);
  for (auto& p : parameters(layer))
    p.value = 0.5 * rng.normal<double>(p.value.rows(), p.value.cols());
  return layer;
}

/// log p(v | h) by the energies of all visible states, for each pair of columns.
template <class M>
Row<double> log_conditional(const M& m, const Matrix<double>& v, const Matrix<double>& h) {
  const EveryState all = every_state(m.visible);
  Row<double> log_p = -energy(m, v, h);
  for (Index j = 0; j < h.cols(); ++j) {
    const Matrix<double> same = h.col(j).replicate(1, all.states.cols());
    log_p(j) -= log_sum_exp(-energy(m, all.states, same)) + all.log_weight;
  }
  return log_p;
}

template <class Model>
std::vector<std::string> names_of(Model model) {
  std::vector<std::string> names;
  for (const auto& p : parameters(model)) names.push_back(p.name);
  return names;
}

DBN<double> random_stack(Random& rng) {
  return stack(random_rbm<B, B>(5, 4, rng), random_rbm<B, B>(4, 6, rng),
               random_rbm<B, B>(6, 3, rng));
}

LabelledDBN<double> random_labelled_dbn(Random& rng) {
  auto net = labelled_dbn<double>({5, 4, 3}, 2);
  for (auto& p : parameters(net)) p.value = 2 * rng.normal<double>(p.value.rows(), p.value.cols());
  top_layer(net).visible.second.bias.setZero();  // no class is likelier than the other
  return net;
}

}  // namespace

static_assert(GenerativeLayer<Directed<float>> && GenerativeLayer<Directed<G, S>>);

TEST_CASE_TEMPLATE("a directed layer from an RBM has both conditionals of its energy", M, BB, GB,
                   GS, SG) {
  Random rng(1);
  const M m = small_rbm<M>(rng);
  const auto layer = directed(m);
  const Matrix<double> v = sample(m.visible, rng.normal<double>(m.visible.size(), 6), rng);
  const Matrix<double> h = sample(m.hidden, rng.normal<double>(m.hidden.size(), 6), rng);
  CHECK(distance(up(layer, v), hidden_mean(m, v)) < 1e-14);
  CHECK(distance(down(layer, h), visible_mean(m, h)) < 1e-14);

  const Matrix<double> q = layer.recognition.weights * v, p = layer.generation.weights * h;
  CHECK(distance(log_probability(layer.recognition.units, q, States<double>(h)),
                 log_conditional(transposed(m), h, v)) < 1e-12);
  CHECK(distance(log_probability(layer.generation.units, p, States<double>(v)),
                 log_conditional(m, v, h)) < 1e-12);
}

TEST_CASE("log probabilities of bits are those of the numbers") {
  Random rng(2);
  const auto m = random_rbm<B, B>(70, 65, rng);
  const Matrix<double> x = rng.normal<double>(70, 9), v = sample(m.visible, x, rng);
  CHECK(distance(log_probability(m.visible, x, States<double>(BinaryStates(v))),
                 log_probability(m.visible, x, States<double>(v))) < 1e-12);
}

TEST_CASE("a directed layer lists its sizes, its kinds and the parameters of both ways") {
  const Directed<G, B> layer(4, 3);
  CHECK(input_size(layer) == 4);
  CHECK(output_size(layer) == 3);
  CHECK(describe(layer) == "directed 4-3 (Gaussian, Bernoulli)");
  CHECK(&input_units(layer) == &layer.generation.units);
  CHECK(layer.recognition.weights == Matrix<double>::Zero(3, 4));
  CHECK(layer.generation.weights == Matrix<double>::Zero(4, 3));
  const std::vector<std::string> names{"recognition.weights", "recognition.bias",
                                       "generation.weights", "generation.bias",
                                       "generation.log_sigma"};
  CHECK(names_of(layer) == names);
  auto g = layer.zero_gradient();
  const auto slopes = parameters(g);
  REQUIRE(slopes.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) CHECK(slopes[i].name == names[i]);
  CHECK(slopes[0].tiled != nullptr);
  CHECK(slopes[2].tiled != nullptr);
  CHECK(names_of(stack(layer, Directed<B, B>(3, 2)))[5] == "1.recognition.weights");
  CHECK(describe(Directed<float>(7, 5)) == "directed 7-5 (Bernoulli, Bernoulli)");
}

TEST_CASE("the spreads of both ways stay within their bounds") {
  Directed<G, G> layer(2, 2);
  layer.recognition.units.log_sigma << -50, 50;
  layer.generation.units.log_sigma << 50, -50;
  layer.constrain();
  CHECK(layer.recognition.units.log_sigma == Vector<double>{{-23, 23}});
  CHECK(layer.generation.units.log_sigma == Vector<double>{{23, -23}});
}

TEST_CASE("an untied net computes what its stack of RBMs computed") {
  Random rng(3);
  const auto dbn = random_stack(rng);
  const auto net = untied(dbn);
  CHECK(describe(net) ==
        "directed 5-4 (Bernoulli, Bernoulli) | directed 4-6 (Bernoulli, Bernoulli) | "
        "RBM 6-3 (Bernoulli, Bernoulli)");
  const Matrix<double> x = rng.uniform<double>(5, 8), h = rng.uniform<double>(3, 8);
  CHECK(up(net, x) == up(dbn, x));
  CHECK(down(net, h) == down(dbn, h));
  CHECK(up_to_top(net, x) == up_to_top(dbn, x));
  CHECK(reconstruct_below_top(net, x) == reconstruct_below_top(dbn, x));
  CHECK(flatten(top_layer(net)) == flatten(dbn.layers[2]));
  CHECK(depth(dbn) == 3);  // which is as it was
}

TEST_CASE("stacks of RBMs of several kinds come untied as well") {
  Random rng(4);
  const auto a = small_rbm<GB>(rng);  // 2-3
  const auto b = random_rbm<B, S>(3, 4, rng);
  const auto c = random_rbm<S, B>(4, 5, rng);
  const auto net = untied(stack(a, b, c));
  CHECK(describe(net) ==
        "directed 2-3 (Gaussian, Bernoulli) | directed 3-4 (Bernoulli, softmax) | "
        "RBM 4-5 (softmax, Bernoulli)");
  const Matrix<double> x = random_batch(2, 7, rng), h = rng.uniform<double>(5, 7);
  CHECK(distance(up(net, x), up(stack(a, b, c), x)) < 1e-14);
  CHECK(distance(down(net, h), down(stack(a, b, c), h)) < 1e-14);
}

TEST_CASE("a labelled deep belief net keeps its labels when it comes untied") {
  CHECK(describe(labelled_dbn<float>({7, 5, 4, 6}, 10)) ==
        "RBM 7-5 (Bernoulli, Bernoulli) | RBM 5-4 (Bernoulli, Bernoulli) | "
        "RBM 14-6 (4 Bernoulli + 10 softmax, Bernoulli)");
  CHECK(message_of([] {
          labelled_dbn<float>({7, 5}, 10);
        }) == "labelled_dbn: sizes has 2 entries, but at least 3 are needed");
  Random rng(7);
  const auto dbn = random_labelled_dbn(rng);
  const auto net = untied(dbn);
  CHECK(describe(net) ==
        "directed 5-4 (Bernoulli, Bernoulli) | RBM 6-3 (4 Bernoulli + 2 softmax, Bernoulli)");
  CHECK(label_count(net) == 2);
  CHECK(label_count(untied(random_stack(rng))) == 0);
  const Matrix<double> x = random_states<double>(5, 30, rng, 0.5);
  CHECK(up(net, x) == up(dbn, x));
  const Matrix<double> p = label_probabilities(net, x, ByFreeEnergy{}, rng);
  CHECK(p == ByFreeEnergy{}.probabilities(top_layer(dbn), up_to_top(dbn, x), rng));
  CHECK(p == label_probabilities(dbn, x, ByFreeEnergy{}, rng));
  const Labels guesses = classify(net, x);
  for (Index j = 0; j < 30; ++j)
    CHECK(p(guesses[static_cast<std::size_t>(j)], j) == p.col(j).maxCoeff());
  CHECK(classify(dbn, x) == guesses);
  CHECK(std::set<int>(guesses.begin(), guesses.end()).size() == 2);
  CHECK(message_of([&] { label_probabilities(net, p, ByFreeEnergy{}, rng); }) ==
        "label_probabilities: x has 2 rows, but the model has 5 visible units");
}

TEST_CASE("other ways to read the label are asked a thousand columns at a time") {
  Random rng(6);
  const auto net = random_labelled_dbn(rng);
  const Matrix<double> x = random_states<double>(5, 2003, rng, 0.5);
  Random one(7), other(7);
  const Labels guesses = classify(net, x, ByGibbs{.sweeps = 3}, one);
  Labels expected;
  for (const auto& [begin, n] : {std::pair<Index, Index>{0, 1000}, {1000, 1000}, {2000, 3}}) {
    const Matrix<double> p =
        label_probabilities(net, x.middleCols(begin, n), ByGibbs{.sweeps = 3}, other);
    for (Index j = 0; j < n; ++j) expected.push_back(p(1, j) > p(0, j));
  }
  CHECK(guesses == expected);
  CHECK(std::set<int>(guesses.begin(), guesses.end()).size() == 2);
  CHECK(one.counter() == other.counter());
  const Matrix<double> p = label_probabilities(net, x, ByMeanField{}, rng);
  const Labels by_mean_field = classify(net, x, ByMeanField{}, rng);
  for (Index j = 0; j < 2003; ++j)
    CHECK(by_mean_field[static_cast<std::size_t>(j)] == (p(1, j) > p(0, j)));
}

TEST_CASE("a dense layer from a directed one recognises as it does") {
  Random rng(8);
  const auto layer = random_directed<Directed<double>>(4, 3, rng);
  CHECK(dense(layer).weights == layer.recognition.weights);
  CHECK(dense(layer).units.bias == layer.recognition.units.bias);

  const auto real = random_directed<Directed<G, G>>(4, 3, rng);
  const Matrix<double> v = random_batch(4, 6, rng);
  CHECK(distance(up(dense(real), v), up(real, v)) < 1e-14);
  CHECK(dense(real).units.sigma().isOnes(0));  // as backpropagation wants it
}

TEST_CASE("a classifier from an untied net has what was learned to recognise, and no more") {
  Random rng(9);
  const auto dbn = random_stack(rng);
  const auto net = untied(dbn);
  const Matrix<double> x = rng.uniform<double>(5, 8);
  const auto output = [&](const auto& of) {
    Random same(10);
    return up(classifier(of, 2, same, 1.0), x);
  };
  const Matrix<double> before = output(net);
  CHECK(before == output(dbn));
  for (std::size_t i = 0; i < 2; ++i) {
    auto generates = net, recognises = net, biased = net;
    std::get<0>(generates.layers).layers[i].generation.weights.array() += 0.5;
    std::get<0>(generates.layers).layers[i].generation.units.bias.array() += 0.5;
    std::get<0>(recognises.layers).layers[i].recognition.weights.array() += 0.5;
    std::get<0>(biased.layers).layers[i].recognition.units.bias.array() += 0.5;
    CHECK(output(generates) == before);
    CHECK(distance(output(recognises), before) > 1e-3);
    CHECK(distance(output(biased), before) > 1e-3);
  }
}

TEST_CASE("one RBM alone has no layer to come untied") {
  CHECK_THROWS_WITH(untied(Stack<BB>({4, 3})),
                    "untied: the net has 1 layers, but at least 2 are needed");
}
