// SPDX-License-Identifier: MIT
// Wake-sleep under an RBM.
#include "io/testing.hpp"
#include "nets/enumeration.hpp"
#include "strata/io/safetensors.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/nets/wake_sleep.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/train/train.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// The exact expectation of up-down's gradient for a batch of pixels and, below them, labels: awake
/// that of E_q[log p(v, … | s)]; of the top's CD-k; asleep that of E[log q] over what generation
/// makes of the features that k sweeps of the top have led to.
template <GenerativeNet Net>
Vector<double> expected_up_down(const Net& net, const Matrix<double>& batch, int k) {
  const Index inputs = input_size(net), labels = label_count(net);
  const auto& top = top_layer(net);
  const JointStates s = joint_states(net);
  const Row<double> q_given_v = log_recognition(net, s).array().exp();
  const auto recognised = [&](const Matrix<double>& pixels) -> Row<double> {
    return q_given_v.array() * for_each_joint(frequencies(pixels), s).array();
  };
  const Row<double> q = recognised(batch.topRows(inputs));

  // What the top's visible units have, awake and after the sweeps.
  const Matrix<double> v = all_visible(top);
  const Index features = Index{1} << input_size(top);
  Row<double> awake = Row<double>::Zero(v.cols());
  for (Index j = 0; j < batch.cols(); ++j) {
    Index label = 0;
    if (labels > 0) batch.col(j).tail(labels).maxCoeff(&label);
    awake.segment(label * features, features) +=
        marginal(recognised(batch.col(j).head(inputs)), s.back()) /
        static_cast<double>(batch.cols());
  }
  Row<double> asleep = awake;
  const Matrix<double> sweep = enumerated_sweep(top);
  for (int i = 0; i < k; ++i) asleep = asleep * sweep;

  Row<double> dreamt = Row<double>::Zero(features);
  for (Index i = 0; i < v.cols(); ++i) dreamt(i % features) += asleep(i);
  Row<double> dream = log_descent(net, s).array().exp();
  for (Index i = 0; const Index number : state_numbers(s.back())) dream(i++) *= dreamt(number);
  return finite_differences(net, [&](const Net& m) {
    return q.dot(log_descent(m, s)) + dream.dot(log_recognition(m, s)) +
           (awake - asleep).dot(log_sum_over_hidden(top_layer(m), v));
  });
}

/// 3 pixels, and labels of which each goes with other pixels.
Matrix<double> labelled_batch(Random& rng) {
  Matrix<double> batch = Matrix<double>::Zero(6, 60);
  for (Index j = 0; j < 60; ++j) batch(3 + j % 3, j) = 1;
  batch.topRows(3) =
      rng.bernoulli(Matrix<double>((0.2 + 0.6 * batch.bottomRows(3).array()).matrix()));
  return batch;
}

LabelledDirectedDBN small_labelled_net(const std::vector<Index>& sizes, Random& rng) {
  return randomised(stack(DirectedLayers(sizes), labelled_rbm<double>(sizes.back(), 3, 2)), rng);
}

/// σ(W x + b).
Matrix<double> recognised_by(const Dense<B>& layer, const Matrix<double>& x) {
  return sigmoid((layer.weights * x).colwise() + layer.units.bias);
}

}  // namespace

TEST_CASE("up-down averages to the exact gradients awake, of CD-k at the top, and asleep") {
  Random rng(2);
  const Matrix<double> batch = random_states<double>(3, 40, rng, 0.6);
  const auto net = randomised(stack(DirectedLayers({3, 2}), RBM<double>(2, 2)), rng);
  for (const int k : {1, 3}) {
    const UpDown up_down{.top = {.steps = k}};
    const Vector<double> expected = expected_up_down(net, batch, k);
    CHECK(gradient_z(up_down, net, batch, 1000, rng, expected) < 5);
    const States<double> bits = BinaryStates(batch);
    CHECK(gradient_z(up_down, net, bits, 1000, rng, expected) < 5);
  }
}

TEST_CASE("up-down averages to the exact gradients with labels in the top RBM") {
  Random rng(3);
  const Matrix<double> batch = labelled_batch(rng);
  const auto net = small_labelled_net({3, 2, 2}, rng);
  const UpDown up_down{.top = {.steps = 2}};
  const Vector<double> expected = expected_up_down(net, batch, 2);
  CHECK(gradient_z(up_down, net, batch, 1000, rng, expected) < 5);
}

TEST_CASE(
    "the top of up-down learns by contrastive divergence from what is recognised and labels") {
  Random rng(4);
  const Matrix<double> batch = labelled_batch(rng);
  const auto net = small_labelled_net({3, 2}, rng);
  const UpDown up_down{.top = {.steps = 3}};
  auto state = up_down.start(net);
  auto g = net;
  Random one(5), same(5);
  up_down.gradient(net, BinaryStates(batch), state, g, one);

  const auto& bottom = std::get<0>(net.layers).layers[0].recognition;
  Matrix<double> top_data(5, 60);
  top_data << sample(bottom.units, Matrix<double>(bottom.weights * batch.topRows(3)), same),
      batch.bottomRows(3);
  auto expected = top_layer(net);
  auto cd = up_down.top.start(expected);
  up_down.top.gradient(top_layer(net), BinaryStates(top_data), cd, expected, same);
  CHECK(distance(flatten(top_layer(g)), flatten(expected)) < 1e-14);
  CHECK(state.sleep.s[1].matrix() == cd.negative.v.matrix().topRows(2));
  sample(Bernoulli<double>(3), Matrix<double>::Zero(3, 60), same);  // the dream's pixels
  CHECK(one.counter() == same.counter());
}

TEST_CASE("a schedule of the top's steps is followed, by hand and in training") {
  const ThreadCount one_thread(1);
  Random rng(6);
  const auto net = randomised(stack(DirectedLayers({3, 2}), RBM<double>(2, 2)), rng);
  const States<double> batch = BinaryStates(random_states<double>(3, 20, rng, 0.5));
  const auto at = [&](const UpDown& up_down, double epoch) {
    return one_gradient(up_down, net, batch, 7, epoch);
  };
  const UpDown scheduled{.top = {.steps = step(1, 2, 4)}};
  CHECK(at(scheduled, 1.5) == at({.top = {.steps = 1}}, 0));
  CHECK(at(scheduled, 2) == at({.top = {.steps = 4}}, 0));
  CHECK(at(scheduled, 2) != at(scheduled, 1.5));

  std::vector<double> times;
  const Schedule noted = [&](double time) {
    if (times.empty() || times.back() != time) times.push_back(time);
    return 1.0;
  };
  auto trained = net;
  train(trained, batch.bits(), UpDown{.top = {.steps = noted}}, SGD{},
        {.epochs = 2, .batch_size = 5}, rng);
  CHECK(times == std::vector<double>{0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75});
}

TEST_CASE("without samples of the visible units dreams have their means") {
  Random rng(8);
  const auto net = randomised(stack(DirectedLayers({3, 2, 2}), RBM<double>(2, 2)), rng);
  const States<double> batch = BinaryStates(random_states<double>(3, 20, rng, 0.5));
  const UpDown up_down{.sample_visible = false};
  auto state = up_down.start(net);
  auto g = net;
  up_down.gradient(net, batch, state, g, rng);
  const auto& [low, high] =
      std::tie(std::get<0>(net.layers).layers[0], std::get<0>(net.layers).layers[1]);
  const Matrix<double> s1 = state.sleep.s[1].matrix(), s0 = recognised_by(low.generation, s1);
  CHECK(state.sleep.s[1].is_binary());
  CHECK(state.sleep.s[2].is_binary());
  CHECK(distance(state.sleep.s[0].matrix(), s0) < 1e-15);
  // ∂ log q(s₁ | s₀) by the weights, (s₁ − mean) s₀ᵀ.
  const Matrix<double> slope = (s1 - recognised_by(low.recognition, s0)) * s0.transpose() / 20;
  CHECK(distance(std::get<0>(g.layers).layers[0].recognition.weights, slope) < 1e-14);

  auto sampled = UpDown{}.start(net);
  UpDown{}.gradient(net, batch, sampled, g, rng);
  CHECK(sampled.sleep.s[0].is_binary());
  CHECK(sampled.sleep.s[0].rows() == 3);
}

TEST_CASE("what up-down learned to recognise is what the net goes on with, after saving too") {
  const ThreadCount one_thread(1);
  Random rng(10);
  const auto data = two_patterns(6, 60);
  auto pretrained = labelled_dbn<double>({6, 5, 4, 3}, 2);
  pretrained = randomised(pretrained, rng);
  auto net = untied(pretrained);
  train(net, data, UpDown{}, SGD{.learning_rate = 0.2}, {.epochs = 30, .batch_size = 10}, rng);
  const auto& [low, high] =
      std::tie(std::get<0>(net.layers).layers[0], std::get<0>(net.layers).layers[1]);
  const auto& top = top_layer(net);
  // Recognition has left where it started, and it is not generation.
  CHECK(distance(low.recognition.weights, std::get<0>(pretrained.layers).layers[0].weights) > 0.1);
  CHECK(distance(low.recognition.weights, low.generation.weights.transpose()) > 0.1);
  CHECK(distance(high.recognition.weights, high.generation.weights.transpose()) > 0.1);

  const Matrix<double> h1 = recognised_by(low.recognition, data.images);
  const Matrix<double> h2 = recognised_by(high.recognition, h1);
  const Matrix<double> h3 = up(top, h2);
  Matrix<double> energies(2, 60), v(6, 60);  // −F(h₂, label)
  for (Index label = 0; label < 2; ++label) {
    v << h2, Vector<double>::Unit(2, label).replicate(1, 60);
    energies.row(label) = log_sum_over_hidden(top, v);
  }
  const Matrix<double> p = softmax(energies);
  Labels likeliest_labels;
  for (Index j = 0; j < 60; ++j) likeliest_labels.push_back(p(1, j) > p(0, j));

  const auto check_net = [&](const auto& some) {
    CHECK(distance(up_to_top(some, data.images), h2) < 1e-14);
    CHECK(distance(up(some, data.images), h3) < 1e-14);
    CHECK(distance(label_probabilities(some, data.images, ByFreeEnergy{}, rng), p) < 1e-12);
    CHECK(classify(some, data.images) == likeliest_labels);
  };
  check_net(net);
  const TemporaryFolder folder;
  save(folder / "net", net);
  auto loaded = untied(labelled_dbn<double>(layer_sizes(read_contents(folder / "net")), 2));
  load(folder / "net", loaded);
  CHECK(same_bits(loaded, net));
  check_net(loaded);
}

TEST_CASE("a classifier made of an up-down net has its recognition weights") {
  const ThreadCount one_thread(1);
  Random rng(11);
  const auto data = two_patterns(6, 60);
  auto net = randomised(stack(DirectedLayers({6, 5, 4}), RBM<double>(4, 3)), rng);
  train(net, data.images, UpDown{}, SGD{}, {.epochs = 3, .batch_size = 10}, rng);
  auto deep = classifier(net, 2, rng);
  const auto& layers = std::get<0>(net.layers).layers;
  auto theta = parameters(deep);
  CHECK(theta[0].value == layers[0].recognition.weights);
  CHECK(theta[1].value == layers[0].recognition.units.bias);
  CHECK(theta[2].value == layers[1].recognition.weights);
  CHECK(theta[3].value == layers[1].recognition.units.bias);
  CHECK(theta[4].value == top_layer(net).weights);
  CHECK(theta[5].value == top_layer(net).hidden.bias);
  CHECK(theta[0].value != layers[0].generation.weights.transpose());
  theta[6].value.setZero();
  CHECK(distance(up(deep, data.images), constant(2, 60, 0.5)) < 1e-15);
}

TEST_CASE("options that the top's estimator refuses are refused") {
  Random rng(14);
  const auto net = stack(DirectedLayers({3, 2}), RBM<double>(2, 2));
  CHECK(message_of([&] { UpDown{.top = {.steps = 0}}.start(net); }) ==
        "ContrastiveDivergence: steps has 0, but at least 1 is needed");
}
