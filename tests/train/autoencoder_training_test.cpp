// SPDX-License-Identifier: MIT
// Autoencoders in train and pretrain, and unrolled ones in fine_tune.
#include <Eigen/Eigenvalues>
#include <Eigen/LU>

#include "nets/testing.hpp"
#include "strata/evaluate/error_rate.hpp"
#include "strata/optim/adam.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/observers.hpp"
#include "strata/train/pretrain.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using Sigmoid = Autoencoder<double>;
using Linear = Autoencoder<G, G>;

const LabelledData<double> patterns = two_classes<double>(6, 23);

Sigmoid random_sigmoid(bool tied, std::uint64_t seed) {
  Random rng(seed);
  Sigmoid layer(6, 4);
  if (!tied) layer.decoder_weights.setZero(6, 4);
  for (auto& p : parameters(layer))
    p.value = 0.7 * rng.normal<double>(p.value.rows(), p.value.cols());
  return layer;
}

/// Any corruption as one type, which is compiled once.
struct ChangedBy {
  std::function<void(Matrix<double>&, Random&)> f = [](auto&&...) {};
  void corrupt(Matrix<double>& x, Random& noise) const { f(x, noise); }
};

/// train() with a corruption and a history, compiled once.
void learn(Sigmoid& layer, const Samples<double>& data, const SGD& sgd, const Training& training,
           Random& rng, const ChangedBy& corruption, History* history = nullptr) {
  History own;
  train(layer, data, Reconstruction{}, sgd, training, rng, corruption, history ? *history : own);
}

/// One step down the mean cross-entropy between σ(D σ(W shown + c) + b) and the target.
Sigmoid stepped(Sigmoid layer, const Matrix<double>& shown, const Matrix<double>& target,
                double rate) {
  const Matrix<double> d =
      layer.tied() ? Matrix<double>(layer.weights.transpose()) : layer.decoder_weights;
  const Matrix<double> h = sigmoid((layer.weights * shown).colwise() + layer.hidden.bias);
  const Matrix<double> dz = sigmoid((d * h).colwise() + layer.visible.bias) - target;
  const Matrix<double> dx = (d.transpose() * dz).array() * h.array() * (1 - h.array());
  const double r = rate / static_cast<double>(target.cols());
  layer.weights -= r * dx * shown.transpose();
  if (layer.tied())
    layer.weights -= r * h * dz.transpose();
  else
    layer.decoder_weights -= r * dz * h.transpose();
  layer.visible.bias -= r * dz.rowwise().sum();
  layer.hidden.bias -= r * dx.rowwise().sum();
  return layer;
}

/// The sine of the largest angle between the spans of the columns, or a little more.
double largest_sine(const Matrix<double>& a, const Matrix<double>& b) {
  const auto projection = [](const Matrix<double>& m) -> Matrix<double> {
    return m * (m.transpose() * m).inverse() * m.transpose();
  };
  return (projection(a) - projection(a) * projection(b)).norm();
}

/// Nothing to lower: penalties on the code act alone.
struct NoLoss {
  double value(const auto&...) const { return 0; }
  template <class U, class T>
  void gradient(const U&, const Matrix<T>& x, const Matrix<T>&, const Matrix<T>&,
                Matrix<T>& delta) const {
    delta.setZero(x.rows(), x.cols());
  }
};

/// ‖∂h/∂v‖², averaged over the columns of v, by central differences.
double jacobian(const Sigmoid& layer, const Matrix<double>& v) {
  double squares = 0;
  for (Index i = 0; i < v.rows(); ++i) {
    const Matrix<double> step =
        1e-5 * Vector<double>::Unit(v.rows(), i) * Row<double>::Ones(v.cols());
    squares += ((up(layer, v + step) - up(layer, v - step)) / 2e-5).squaredNorm();
  }
  return squares / static_cast<double>(v.cols());
}

using Unrolled642 = Stack<Stack<Dense<B>>>;  // 6-4-2-4-6
Unrolled642 unrolled() {
  Random rng(1);
  auto net = unroll(Stack<Sigmoid>({6, 4, 2}));
  initialise(net, rng);
  return net;
}

template <class... Plugins>
std::string autoencoder_error(const Matrix<double>& data, const Training& training = {},
                              const SGD& sgd = {}, const Plugins&... plugins) {
  auto layer = random_sigmoid(true, 1);
  Random rng(1);
  const auto message =
      message_of([&] { train(layer, data, Reconstruction{}, sgd, training, rng, plugins...); });
  CHECK(same_bits(layer, random_sigmoid(true, 1)));
  CHECK(rng.counter() == 0);
  return message;
}
std::string unrolled_error(const Matrix<double>& data, const Training& training = {},
                           const Backpropagation& trainer = {}, Unrolled642 net = unrolled()) {
  const auto before = net;
  Random rng(1);
  const auto message =
      message_of([&] { fine_tune(net, data, trainer, SGD{}, training, rng, ChangedBy{}); });
  CHECK(same_bits(net, before));
  CHECK(rng.counter() == 0);
  return message;
}

}  // namespace

TEST_CASE("a linear autoencoder, tied or untied, spans the principal directions of its data") {
  Random rng(1);
  Matrix<double> x = 0.7 * rng.normal<double>(6, 200);
  x.topRows(3) += Vector<double>{{1, 1, 1}} * rng.normal<double>(1, 200);
  x.bottomRows(3) += Vector<double>{{1, -1, 0}} * rng.normal<double>(1, 200);
  x.colwise() -= Vector<double>(x.rowwise().mean());
  const Eigen::SelfAdjointEigenSolver<Matrix<double>> pca(x * x.transpose() / 200);
  const Matrix<double> principal = pca.eigenvectors().rightCols(2);
  const auto check = [&](Linear layer, const auto& optimiser) {
    CAPTURE(describe(layer));
    train(layer, x, Reconstruction{}, optimiser, {.epochs = 800, .batch_size = 200}, rng);
    CHECK(largest_sine(layer.weights.transpose(), principal) < 1e-3);
    if (!layer.tied()) CHECK(largest_sine(layer.decoder_weights, principal) < 1e-3);
    CHECK(pca.eigenvalues()(4) > 2 * pca.eigenvalues()(3));
    CHECK(reconstruction_error(layer, x) == near(pca.eigenvalues().head(4).sum(), 1e-6));
    CHECK(layer.visible.sigma().isOnes(0));
  };
  const SGD sgd{.learning_rate = 0.05, .momentum = 0.9};
  check(Linear(6, 2), sgd);
  check(untied(Linear(6, 2)), sgd);
  check(untied(Linear(6, 2)), Adam{.learning_rate = geometric(0.1, 1e-3, 700)});
}

TEST_CASE("an autoencoder learns to give back the inputs as they were before corruption") {
  for (const bool tied : {true, false}) {
    const auto before = random_sigmoid(tied, 2);
    const Matrix<double>& v = patterns.images;
    const Matrix<double> shown = (v.array() > 0.4).select(0, v.array() + 0.125).matrix();
    const ChangedBy corruption{[](Matrix<double>& x, Random&) {
      x = (x.array() > 0.4).select(0, x.array() + 0.125).matrix().eval();
    }};
    auto clean = before, denoising = before;
    Random rng(3);
    const SGD sgd{.learning_rate = 0.5};
    train(clean, v, Reconstruction{}, sgd, {.epochs = 1, .batch_size = 23}, rng);
    learn(denoising, v, sgd, {.epochs = 1, .batch_size = 23}, rng, corruption);
    CAPTURE(tied);
    CHECK(distance(flatten(clean), flatten(stepped(before, v, v, 0.5))) < 1e-14);
    CHECK(distance(flatten(denoising), flatten(stepped(before, shown, v, 0.5))) < 1e-14);
  }
}

TEST_CASE("a new autoencoder is initialised first, and labels are not looked at") {
  Sigmoid layer(6, 4), labelled(6, 4), expected(6, 4);
  Random one(4), other(4), third(4);
  train(layer, patterns.images, Reconstruction{}, SGD{}, {.epochs = 0}, one);
  initialise(expected, patterns.images, other);
  CHECK(same_bits(layer, expected));
  train(layer, patterns.images, Reconstruction{}, SGD{}, {.epochs = 2, .batch_size = 5}, one);
  const LabelledData<double> nonsense{patterns.images, {7, -1}};
  train(labelled, nonsense, Reconstruction{}, SGD{}, {.epochs = 0}, third);
  train(labelled, nonsense, Reconstruction{}, SGD{}, {.epochs = 2, .batch_size = 5}, third);
  CHECK(same_bits(labelled, layer));
  CHECK(!same_bits(layer, expected));
}

TEST_CASE("a stack of autoencoders is pre-trained on codes, and then fine-tuned") {
  const Training training{.epochs = 3, .batch_size = 5};
  Stack<Sigmoid> net({6, 5, 4});
  Sigmoid below(6, 5), top(5, 4);
  Random one(5), other(5);
  pretrain(net, patterns, Reconstruction{}, SGD{}, training, one);
  train(below, patterns.images, Reconstruction{}, SGD{}, training, other);
  train(top, up(below, patterns.images), Reconstruction{}, SGD{}, training, other);
  CHECK(same_bits(net, stack(below, top)));

  auto tuned = classifier(net, 2, one);
  CHECK(distance(up(std::get<0>(tuned.layers), patterns.images), up(net, patterns.images)) < 1e-15);
  History history;
  fine_tune(tuned, patterns, Backpropagation{}, SGD{.learning_rate = 1, .momentum = 0.9},
            {.epochs = 300, .batch_size = 23}, one, history);
  CHECK(history.epochs.front().metrics[1].value > 30);
  CHECK(error_rate(tuned, patterns) == 0);
}

TEST_CASE("an epoch measures the squared error of the reconstruction of clean inputs") {
  auto layer = random_sigmoid(true, 6);
  const double expected =
      (patterns.images - reconstruct(layer, patterns.images)).squaredNorm() / 23;
  CHECK(reconstruction_error(layer, patterns.images) == near(expected));
  History history;
  Random rng(6);
  learn(layer, patterns.images, SGD{.learning_rate = 0}, {.epochs = 1}, rng,
        {[](Matrix<double>& x, Random&) { x.setZero(); }}, &history);
  CHECK(history.epochs.at(0).task == "autoencoder 6-4 (Bernoulli, Bernoulli)");
  REQUIRE(history.epochs[0].metrics.size() == 1);
  CHECK(history.epochs[0].metrics[0].name == "reconstruction error");
  CHECK(history.epochs[0].metrics[0].value == near(expected));
}

TEST_CASE("binarise draws bits with the data as probabilities, which are input and target") {
  Matrix<double> data(6, 400);
  for (Index i = 0; i < 6; ++i) data.row(i).setConstant(0.2 * static_cast<double>(i));
  std::vector<Matrix<double>> shown;
  const ChangedBy look{[&](Matrix<double>& x, Random&) { shown.push_back(x); }};
  Sigmoid layer(6, 4);
  layer.visible.bias << -1, 0, 1, 0, 2, -2;
  const Vector<double> before = layer.visible.bias;
  Random rng(7);
  learn(layer, data, SGD{.learning_rate = 1}, {.epochs = 1, .batch_size = 400, .binarise = true},
        rng, look);
  REQUIRE(shown.size() == 1);
  CHECK(((shown[0].array() == 0) || (shown[0].array() == 1)).all());
  CHECK(largest_z(shown[0], data.col(0)) < 5);
  const Vector<double> step = shown[0].rowwise().mean() - sigmoid(before);  // as W was 0
  CHECK(distance(layer.visible.bias - before, step) < 1e-14);

  learn(layer, data, SGD{}, {.epochs = 2, .batch_size = 400, .binarise = true}, rng, look);
  CHECK(shown[1] != shown[2]);
}

TEST_CASE("bits as such are learned from as numbers are") {
  const Matrix<double> bits = (patterns.images.array() > 0.5).cast<double>();
  auto by_bits = random_sigmoid(false, 8);
  const auto expected = stepped(by_bits, bits, bits, 0.5);
  Random rng(8);
  train(by_bits, BinaryStates(bits), Reconstruction{}, SGD{.learning_rate = 0.5},
        {.epochs = 1, .batch_size = 23}, rng);
  CHECK(distance(flatten(by_bits), flatten(expected)) < 1e-14);
}

TEST_CASE("penalties on the code alone bring activities to their target, and the Jacobian down") {
  const Matrix<double>& v = patterns.images;
  const auto run = [&](double rate, double sparsity, double contraction, int epochs) {
    auto layer = random_sigmoid(true, 9);
    std::vector<double> jacobians{jacobian(layer, v)};
    const auto look = [&](const Progress&, const Sigmoid& now) {
      jacobians.push_back(jacobian(now, v));
    };
    Random rng(9);
    train(layer, v, ReconstructionOf<NoLoss>{}, SGD{.learning_rate = rate},
          {.epochs = epochs, .batch_size = 23}, rng, Sparsity{.target = 0.1, .strength = sparsity},
          Contraction{.strength = contraction}, look);
    return std::pair(layer, jacobians);
  };
  const auto sparse = run(1, 1, 0, 400).first;
  CHECK((up(random_sigmoid(true, 9), v).rowwise().mean().array() - 0.1).abs().minCoeff() > 0.1);
  CHECK(distance(up(sparse, v).rowwise().mean(), Vector<double>::Constant(4, 0.1)) < 1e-8);
  CHECK(sparse.visible.bias == random_sigmoid(true, 9).visible.bias);

  const auto jacobians = run(0.5, 0, 1, 20).second;
  for (std::size_t i = 1; i < jacobians.size(); ++i) CHECK(jacobians[i] < jacobians[i - 1]);
  CHECK(jacobians.back() < 0.5 * jacobians.front());
}

TEST_CASE("an unrolled net learns its inputs as the targets that they are, whatever the noise") {
  const Matrix<double>& v = patterns.images;
  const auto tuned = [&](bool binarise, const auto&... targets) {
    auto net = unrolled();
    Random rng(10);
    fine_tune(
        net, v, targets...,
        Backpropagation{.sample_hidden = binarise, .dropout = {.input = 0.25, .hidden = 0.25}},
        SGD{}, {.epochs = 3, .batch_size = 5, .binarise = binarise}, rng,
        ChangedBy{[](auto& x, Random& noise) { Masking{0.5}.corrupt(x, noise); }});
    CHECK(!same_bits(net, unrolled()));
    return net;
  };
  for (const bool binarise : {false, true}) CHECK(same_bits(tuned(binarise), tuned(binarise, v)));

  auto net = unrolled();
  Random rng(10);
  fine_tune(net, v, Backpropagation{}, SGD{.learning_rate = 1, .momentum = 0.9},
            {.epochs = 300, .batch_size = 23}, rng, ChangedBy{});
  const auto error = [&](const Unrolled642& m) { return (reconstruct(m, v) - v).squaredNorm(); };
  CHECK(error(net) < 0.5 * error(unrolled()));
}

TEST_CASE("fine-tuning with dropout is the loop written out, bit for bit") {
  auto net = unrolled(), expected = net, g = net;
  const BackpropagationOf<CrossEntropy> trainer{.dropout = {.input = 0.5, .hidden = 0.5}};
  Random one(11), other(11);
  fine_tune(net, patterns.images, trainer, SGD{.learning_rate = 0.25},
            {.epochs = 2, .batch_size = 5}, one, ChangedBy{});
  Activations<double> a(4);
  for (int epoch = 0; epoch < 2; ++epoch)
    for_each_minibatch(23, 5, other, [&](std::span<const Index> columns) {
      Matrix<double> x;
      gather<double>(patterns.images, columns, x);
      const Matrix<double> u = other.uniform<double>(6, x.cols());
      const Matrix<double> shown = (u.array() < 0.5).select(0, 2 * x.array());
      forward(expected, shown, a, {.dropout = 0.5}, &other);
      backward(expected, shown, x, CrossEntropy{}, a, g);
      auto theta = parameters(expected);
      const auto slope = parameters(g);
      for (std::size_t i = 0; i < theta.size(); ++i) theta[i].value += 0.25 * slope[i].value;
    });
  CHECK(same_bits(net, expected));
  CHECK(one.counter() == other.counter());
}

TEST_CASE("binarise changes what an unrolled net is shown, not what it is to give back") {
  std::vector<Matrix<double>> shown;
  const ChangedBy look{[&](Matrix<double>& x, Random&) { shown.push_back(x); }};
  auto net = unrolled();
  auto& top = net.layers[1].layers[1];
  top.weights.setZero();
  const Vector<double> before = top.units.bias;
  Random rng(12);
  fine_tune(net, patterns.images, Backpropagation{}, SGD{.learning_rate = 1},
            {.epochs = 1, .batch_size = 23, .binarise = true}, rng, look);
  REQUIRE(shown.size() == 1);
  CHECK(((shown[0].array() == 0) || (shown[0].array() == 1)).all());
  const Vector<double> step = patterns.images.rowwise().mean() - sigmoid(before);
  CHECK(distance(top.units.bias - before, step) < 1e-14);
}

TEST_CASE("each plugin is asked whether the optimiser starts anew") {
  struct Asked {
    int* times;
    bool restart() { return ++*times > 0; }
  };
  int first = 0, second = 0;
  auto layer = random_sigmoid(true, 13);
  Random rng(13);
  train(layer, patterns.images, Reconstruction{}, SGD{}, {.epochs = 3}, rng, Asked{&first},
        Asked{&second});
  CHECK(first == 3);
  CHECK(second == 3);
}

TEST_CASE("a spread other than 1 is refused, and none arises") {
  using RealValued = Autoencoder<Gaussian<double>, B>;
  const Matrix<double> data = 3 * Random(7).normal<double>(6, 20);
  Random rng(1);
  Stack<RealValued> net({6, 4});
  initialise(net, data, rng);
  CHECK(net.layers[0].weights.norm() > 0);
  CHECK(net.layers[0].visible.log_sigma.isZero(0));
  auto deep = unroll(net);
  net.layers[0].visible.log_sigma(2) = 0.5;
  CHECK(message_of([&] { train(net.layers[0], data, Reconstruction{}, SGD{}, {}, rng); }) ==
        "train: visible.log_sigma has a number other than 0, but 0 (σ = 1) is needed");
  bottom_layer(std::get<1>(deep.layers)).units.log_sigma(2) = 0.5;
  CHECK(message_of([&] { fine_tune(deep, data, Backpropagation{}, SGD{}, {}, rng); }) ==
        "fine_tune: 1.log_sigma has a number other than 0, but 0 (σ = 1) is needed");
}

TEST_CASE("an unrolled net of zeros is initialised before it is fine-tuned, as in training") {
  auto deep = unroll(DBN<double>({6, 5, 3}));
  Random rng(1);
  fine_tune(deep, two_classes<double>(6, 20).images, Backpropagation{}, SGD{}, {.epochs = 1}, rng);
  for_each_layer([](const auto& layer) { CHECK(layer.weights.row(0) != layer.weights.row(1)); },
                 deep);
}

TEST_CASE("a plugin fits where it is used, and as it is used: not changed by what it does") {
  struct Changing {
    void corrupt(Matrix<double>&, Random&) {}
  };
  struct Pulling {
    Vector<double> pull(const Vector<double>& q) const { return q; }
  };
  static_assert(detail::TakesPart<Masking, Sigmoid> &&
                detail::TakesPart<const Contraction, Sigmoid>);
  static_assert(detail::TakesPart<Sparsity, Sigmoid> && !detail::TakesPart<Changing, Sigmoid>);
  static_assert(detail::ForRBMs<Pulling, double> && !detail::ForRBMs<Sparsity, double>);
  static_assert(detail::TakesPart<EarlyStopping<Sigmoid>, Sigmoid> &&
                !detail::TakesPart<EarlyStopping<Stack<Sigmoid>>, Sigmoid>);
  static_assert(
      detail::ForAutoencoders<Masking, double> && detail::ForAutoencoders<Contraction, double> &&
      !detail::ForAutoencoders<Sparsity, double> && !detail::ForAutoencoders<Pulling, double>);
}

TEST_CASE("train refuses what an autoencoder cannot learn from before it changes anything") {
  const Matrix<double> half = constant(6, 5, 0.5);
  Matrix<double> bad = half;
  bad(2, 3) = -0.5;
  CHECK(autoencoder_error(constant(7, 5, 0.5)) ==
        "train: data has 7 rows, but the model has 6 visible units");
  CHECK(autoencoder_error(constant(6, 0, 0)) ==
        "train: data has 0 columns, but at least 1 is needed");
  CHECK(autoencoder_error(bad) ==
        "train: data has -0.5 at row 2, column 3, but the units take values in [0, 1]");
  CHECK(autoencoder_error(half, {.epochs = -1}) ==
        "train: epochs has -1, but at least 0 is needed");
  CHECK(autoencoder_error(half, {}, {.learning_rate = -1}) ==
        "SGD: learning_rate has -1, but at least 0 is needed");
  bad(2, 3) = std::numeric_limits<double>::quiet_NaN();
  CHECK(autoencoder_error(bad) ==
        "train: data has nan at row 2, column 3, but the units take values in [0, 1]");
  const auto error = [&](const Masking& masking, const Contraction& contraction,
                         const Sparsity& sparsity = {}) {
    return autoencoder_error(half, {}, {}, masking, contraction, sparsity);
  };
  CHECK(error({}, {}, {.target = 1}) == "Sparsity: target has 1, but a value in (0, 1) is needed");
  CHECK(error({}, {}, {.strength = -1}) == "Sparsity: strength has -1, but at least 0 is needed");
  CHECK(error({.probability = 2}, {}) ==
        "Masking: probability has 2, but a value in [0, 1] is needed");
  CHECK(error({}, {.strength = -1}) == "Contraction: strength has -1, but at least 0 is needed");
}

TEST_CASE("fine_tune refuses data that an unrolled net cannot give back") {
  const Matrix<double> half = constant(6, 5, 0.5);
  Matrix<double> bad = half;
  bad(2, 3) = std::numeric_limits<double>::quiet_NaN();
  CHECK(unrolled_error(constant(7, 5, 0.5)) ==
        "fine_tune: data has 7 rows, but the model has 6 inputs");
  CHECK(unrolled_error(half, {}, {}, stack(Stack<Dense<B>>({6, 4}), Stack<Dense<B>>({4, 5}))) ==
        "fine_tune: data has 6 rows, but the model has 5 outputs");
  CHECK(unrolled_error(constant(6, 0, 0)) ==
        "fine_tune: data has 0 columns, but at least 1 is needed");
  CHECK(unrolled_error(bad) ==
        "fine_tune: data has nan at row 2, column 3, but the units take values in [0, 1]");
  CHECK(unrolled_error(constant(6, 5, -3)) ==
        "fine_tune: data has -3 at row 0, column 0, but the units take values in [0, 1]");
  CHECK(unrolled_error(constant(6, 5, 2), {.binarise = true}) ==
        "fine_tune: data has 2 at row 0, column 0, but the units take values in [0, 1]");
  CHECK(unrolled_error(half, {}, {.dropout = {.input = 1}}) ==
        "Backpropagation: dropout has 1, but a value in [0, 1) is needed");
  CHECK(unrolled_error(half, {}, {.dropout = {.hidden = -0.5}}) ==
        "Backpropagation: dropout has -0.5, but a value in [0, 1) is needed");
}
