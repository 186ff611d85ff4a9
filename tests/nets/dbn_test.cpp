// SPDX-License-Identifier: MIT
#include "strata/nets/dbn.hpp"

#include "nets/enumeration.hpp"
#include "nets/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// An RBM whose means copy bits, up and down, to the last digit.
RBM<double> copying_rbm(Index n) {
  RBM<double> m(n, n);
  m.weights.diagonal().setConstant(2000);
  m.visible.bias.setConstant(-1000);
  m.hidden.bias.setConstant(-1000);
  return m;
}

/// p(h) of the hidden units of an RBM for visible units as likely as given.
template <class M>
Row<double> hidden_given(const M& m, const Matrix<double>& v, const Row<double>& p) {
  Matrix<double> joint = log_joint(m, v, every_state(m.hidden));
  joint.colwise() -= Vector<double>(log_sum_over_hidden(m, v).transpose());
  return p * joint.array().exp().matrix();
}

/// p(v) of an RBM, its labels included.
template <class M>
Row<double> of_all_visible(const M& m) {
  return (log_sum_over_hidden(m, all_visible(m)).array() - enumerated_log_z(m)).exp();
}

/// The mean pixels of a net for features under its top as likely as given (each of all_states).
template <class Net>
Vector<double> mean_pixels(const Net& net, const Row<double>& features) {
  const auto below = untied(net);
  const JointStates s = joint_states(below);
  Row<double> p = log_descent(below, s).array().exp();
  for (Index c = 0; const Index k : state_numbers(s.back())) p(c++) *= features(k);
  return all_states(input_size(net)) * marginal(p, s[0]).transpose();
}

/// The probabilities of features, the labels below them summed out.
Row<double> of_features(const Row<double>& p, Index features) {
  const Index states = Index{1} << features;
  return p.reshaped(states, p.size() / states).rowwise().sum().transpose();
}

}  // namespace

TEST_CASE("the visible units of the top see the means of all layers below") {
  Random rng(1);
  const auto a = random_rbm<G, B>(3, 4, rng);
  const auto b = random_rbm<B, B>(4, 5, rng), c = random_rbm<B, B>(5, 2, rng);
  const Matrix<double> x = random_batch(3, 6, rng);
  CHECK(up_to_top(stack(a, b, c), x) == up(b, up(a, x)));
  CHECK(up_to_top(stack(b, c), up(a, x)) == up(b, up(a, x)));
  CHECK(up_to_top(stack(a), x) == x);
  CHECK(reconstruct_below_top(stack(a, b, c), x) == down(a, down(b, up(b, up(a, x)))));
  CHECK(reconstruct_below_top(stack(a), x) == x);
}

TEST_CASE("below the top a net shows samples of the layers between, and means at the bottom") {
  Random rng(2);
  const auto a = random_rbm<B, B>(3, 4, rng), b = random_rbm<B, B>(4, 2, rng);
  const auto top = random_rbm<B, B>(2, 3, rng);
  const States<double> s = BinaryStates(random_states<double>(2, 20, rng, 0.5));
  Random one(3), same(3);
  const Matrix<double> h = sample(b.visible, visible_input(b, s), same);
  CHECK(distance(down_from_top(stack(a, b, top), s, one), visible_mean(a, h)) < 1e-15);
  CHECK(one.counter() == same.counter());
  CHECK(down_from_top(stack(top), s, one) == s.matrix());

  // Averaged, the enumerated means given the features.
  const Matrix<double> many = Vector<double>{{1, 0}}.replicate(1, 20'000);
  const Matrix<double> pixels = down_from_top(stack(a, b, top), States<double>(many), rng);
  CHECK(largest_z(pixels, mean_pixels(stack(a, b, top), Row<double>{{0, 1, 0, 0}})) < 5);
}

TEST_CASE("dreams from exact samples keep the distribution of the top RBM") {
  // Under a layer that copies, images are states of the top's visible units, as is what is seen.
  const ThreadCount one_thread(1);
  Random rng(4);
  const auto top = random_rbm<B, B>(3, 2, rng, 1.5);
  const auto net = stack(copying_rbm(3), top);
  const Distribution exact = exact_distribution(top);
  Dreams dreams(net, exact.columns(20'000), rng);
  for (const int sweeps : {0, 1, 5}) {
    dreams.run(sweeps, rng);
    const auto [distance, error] = exact.total_variation(dreams.pixels(rng));
    CHECK(distance < error);
  }
}

TEST_CASE("dreams of one RBM from exact samples show its mean pixels, and keep to them") {
  const ThreadCount one_thread(1);
  Random rng(5);
  const auto m = random_rbm<B, B>(3, 2, rng, 1.5);
  const Distribution exact = exact_distribution(m);
  Dreams dreams(m, exact.columns(20'000), rng);
  for (const int sweeps : {0, 3}) {
    dreams.run(sweeps, rng);
    const Matrix<double> pixels = dreams.pixels(rng);
    CHECK(largest_z(pixels, exact.states * exact.p) < 5);
    CHECK(pixels.minCoeff() > 0);  // means, no samples
    CHECK(pixels.maxCoeff() < 1);
  }
}

TEST_CASE("dreams from noise come to the pixels, and to the labels, that the net finds likely") {
  const ThreadCount one_thread(1);
  Random rng(6);
  const auto net = randomised(labelled_dbn<double>({4, 3, 2, 2}, 3), rng);
  const Row<double> p = of_all_visible(top_layer(net));
  const Vector<double> of_labels = p.reshaped(4, 3).colwise().sum().transpose();
  Dreams dreams(net, 10'000, rng);
  dreams.run(20, rng);
  CHECK(largest_z(dreams.pixels(rng), mean_pixels(net, of_features(p, 2))) < 5);
  const Matrix<double> labels = dreams.label_probabilities();
  CHECK(largest_z(labels, of_labels) < 5);
  CHECK(distance(labels.colwise().sum(), constant(1, 10'000, 1)) < 1e-14);
}

TEST_CASE("samples of a net are states that average to its likely pixels") {
  const ThreadCount one_thread(1);
  Random rng(18);
  const auto net = randomised(labelled_dbn<double>({4, 3, 2, 2}, 3), rng);
  const Matrix<double> x = sample(net, 10'000, 20, rng);
  CHECK((x.array() == 0 || x.array() == 1).all());
  CHECK(largest_z(x, mean_pixels(net, of_features(of_all_visible(top_layer(net)), 2))) < 5);
}

TEST_CASE("noise has each hidden unit of the top on with probability ½") {
  const ThreadCount one_thread(1);
  Random rng(7);
  const auto m = random_rbm<B, B>(3, 2, rng, 1.5);
  const Dreams dreams(m, 20'000, rng);
  const Matrix<double> of_states = visible_mean(m, all_states(2));
  CHECK(largest_z(dreams.pixels(rng), of_states.rowwise().mean()) < 5);
  // And through layers below.
  const auto net = randomised(DBN<double>({4, 3, 2}), rng);
  const auto& top = top_layer(net);
  const Row<double> features =
      hidden_given(transposed(top), all_states(2), Row<double>::Constant(4, 0.25));
  CHECK(largest_z(Dreams(net, 20'000, rng).pixels(rng), mean_pixels(net, features)) < 5);
}

TEST_CASE("dreams from images start at what the net recognises, no label more than another") {
  const ThreadCount one_thread(1);
  Random rng(8);
  const Vector<double> image{{1, 0, 1, 1}};
  const Matrix<double> images = image.replicate(1, 20'000);
  const auto check_start = [&](const auto& net, const auto& top, const Vector<double>& v) {
    const Row<double> h = hidden_given(top, v, Row<double>::Ones(1));
    const Row<double> seen = hidden_given(transposed(top), all_states(top.hidden.size()), h);
    CHECK(largest_z(Dreams(net, images, rng).pixels(rng), mean_pixels(net, seen)) < 5);
  };
  const auto plain = randomised(DBN<double>({4, 3, 2}), rng);
  check_start(plain, top_layer(plain), up_to_top(plain, image));

  const auto labelled = randomised(labelled_dbn<double>({4, 3, 2}, 3), rng);
  const auto& top = top_layer(labelled);
  Vector<double> v = constant(6, 1, 1.0 / 3);
  v.head(3) = up_to_top(labelled, image);
  const Dreams dreams(labelled, images, rng);
  const Row<double> h = hidden_given(top, v, Row<double>::Ones(1));
  const Matrix<double> means = visible_mean(top, all_states(2));
  CHECK(largest_z(dreams.label_probabilities(), means.bottomRows(3) * h.transpose()) < 5);
  Row<double> features = Row<double>::Zero(8);  // independent given h
  for (Index k = 0; k < 4; ++k) {
    const Eigen::ArrayXXd q = means.col(k).head(3).replicate(1, 8), s = all_states(3);
    features += h(k) * (s * q + (1 - s) * (1 - q)).colwise().prod().matrix();
  }
  CHECK(largest_z(dreams.pixels(rng), mean_pixels(labelled, features)) < 5);
}

TEST_CASE(
    "clamped labels stay, the features follow p(features | label), and released all is free") {
  const ThreadCount one_thread(1);
  Random rng(9);
  const auto net = randomised(labelled_dbn<double>({4, 3, 2}, 3), rng);
  const Row<double> p = of_all_visible(top_layer(net));
  const Index n = 5'000;
  Labels labels;
  for (Index j = 0; j < 3 * n; ++j) labels.push_back(static_cast<int>(j / n));
  Dreams dreams(net, 3 * n, rng);
  dreams.run(2, rng);
  dreams.clamp(labels);
  dreams.run(12, rng);
  const Matrix<double> pixels = dreams.pixels(rng), read = dreams.label_probabilities();
  for (Index label = 0; label < 3; ++label) {
    const Row<double> given = p.segment(8 * label, 8) / p.segment(8 * label, 8).sum();
    CHECK(largest_z(pixels.middleCols(n * label, n), mean_pixels(net, given)) < 5);
    // p(label | h) over h ~ p(h | label): another label's chains would give another mean.
    const Row<double> h =
        hidden_given(top_layer(net), all_visible(top_layer(net)).middleCols(8 * label, 8), given);
    const Vector<double> expected =
        visible_mean(top_layer(net), all_states(2)).bottomRows(3) * h.transpose();
    CHECK(largest_z(read.middleCols(n * label, n), expected) < 5);
  }
  dreams.release();
  dreams.run(12, rng);
  CHECK(largest_z(dreams.pixels(rng), mean_pixels(net, of_features(p, 3))) < 5);
}

TEST_CASE("dreams go on where they stopped, and looking at them changes nothing") {
  Random rng(10);
  const auto net = randomised(labelled_dbn<double>({4, 3, 2}, 3), rng);
  Random one(11), other(11);
  Dreams whole(net, 50, one), parts(net, 50, other);
  whole.run(5, one);
  parts.run(2, other);
  Random aside(12);
  parts.pixels(aside);
  parts.label_probabilities();
  parts.run(3, other);
  CHECK(one.counter() == other.counter());
  CHECK(whole.pixels(one) == parts.pixels(other));
  CHECK(whole.label_probabilities() == parts.label_probabilities());
}

TEST_CASE("dreams of a net that has learned on are those of the net as it is") {
  const ThreadCount one_thread(1);
  Random rng(13);
  auto net = randomised(DBN<double>({4, 3, 2}), rng);
  top_layer(net).visible.bias.array() += 3;  // few units change in a sweep
  Dreams dreams(net, 20'000, rng);
  dreams.run(1, rng);
  const auto before = net;
  net = randomised(net, rng);
  top_layer(net).visible.bias.array() += 3;
  top_layer(net).weights *= -3;
  dreams.run(2, rng);
  // Two sweeps of the new top RBM from hidden units that have seen one of the old.
  const auto visible_of = [](const RBM<double>& m, const Row<double>& h) {
    return hidden_given(transposed(m), all_states(2), h);
  };
  const auto hidden_of = [](const RBM<double>& m, const Row<double>& v) {
    return hidden_given(m, all_states(3), v);
  };
  const RBM<double>&old_top = top_layer(before), &top = top_layer(net);
  const Row<double> h = hidden_of(old_top, visible_of(old_top, Row<double>::Constant(4, 0.25)));
  const Row<double> features = visible_of(top, hidden_of(top, visible_of(top, h)));
  CHECK(largest_z(dreams.pixels(rng), mean_pixels(net, features)) < 5);
}

TEST_CASE("a single RBM with labels dreams of its pixels alone") {
  const ThreadCount one_thread(1);
  Random rng(14);
  const auto m = randomised(labelled_rbm<double>(3, 2, 2), rng);
  Dreams dreams(m, 20'000, rng);
  dreams.run(20, rng);
  const Row<double> p = of_all_visible(m);
  CHECK(largest_z(dreams.pixels(rng), all_states(3) * of_features(p, 3).transpose()) < 5);
}

TEST_CASE("the labels of a net are read in its top RBM from the means below") {
  Random rng(15);
  const auto net = randomised(labelled_dbn<double>({4, 3, 2}, 3), rng);
  const Matrix<double> x = random_states<double>(4, 7, rng, 0.5), means = up_to_top(net, x);
  const auto& top = top_layer(net);
  Matrix<double> energies(3, 7), v(6, 7);
  for (Index label = 0; label < 3; ++label) {
    v << means, Vector<double>::Unit(3, label).replicate(1, 7);
    energies.row(label) = log_sum_over_hidden(top, v);
  }
  CHECK(distance(label_probabilities(net, x, ByFreeEnergy{}, rng), softmax(energies)) < 1e-13);
}

TEST_CASE("a net of zeros starts with small weights and the base rates of the pixels") {
  Random rng(16);
  auto net = labelled_dbn<double>({30, 40, 50}, 2);
  Matrix<double> data = random_states<double>(32, 1000, rng, 0.7);
  initialise(net, data, rng);
  CHECK(distance(mean(bottom_layer(net).visible, Matrix<double>::Zero(30, 1)),
                 data.topRows(30).rowwise().mean()) < 1e-12);
  const auto theta = parameters(net);
  for (const auto& p : theta) {
    if (p.role != Role::weights) continue;
    const Matrix<double> w = p.value;
    const double variance = 2 / static_cast<double>(w.rows() + w.cols());
    // Normal: the mean square has the deviation √(2/n) of its expectation.
    CHECK(std::abs(w.squaredNorm() / static_cast<double>(w.size()) / variance - 1) <
          5 * std::sqrt(2.0 / static_cast<double>(w.size())));
  }
  CHECK(bottom_layer(net).hidden.bias.isZero(0));
  CHECK(top_layer(net).visible.second.bias.isZero(0));
}

TEST_CASE("nets with labels, images and labels of wrong sizes are errors") {
  Random rng(17);
  CHECK(message_of([] {
          labelled_dbn<double>({5, 4}, 3);
        }) == "labelled_dbn: sizes has 2 entries, but at least 3 are needed");
  const auto net = labelled_dbn<double>({5, 4, 3}, 2);
  const Matrix<double> x = Matrix<double>::Zero(4, 2);
  CHECK(message_of([&] { Dreams(net, x, rng); }) ==
        "Dreams: images has 4 rows, but the model has 5 visible units");
  CHECK(message_of([&] { label_probabilities(net, x, ByFreeEnergy{}, rng); }) ==
        "label_probabilities: x has 4 rows, but the model has 5 visible units");
  Dreams dreams(net, 3, rng);
  CHECK(message_of([&] { dreams.clamp({0, 1}); }) == "Dreams: data has 2 labels, but 3 columns");
  CHECK(message_of([&] {
          dreams.clamp({0, 1, 2});
        }) == "Dreams: data has label 2 at column 2, but the model has classes 0 to 1");
}
