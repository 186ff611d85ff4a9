// SPDX-License-Identifier: MIT
#include "strata/nets/autoencoder.hpp"

#include "io/testing.hpp"
#include "nets/testing.hpp"
#include "strata/io/safetensors.hpp"
#include "strata/units/activation.hpp"
#include "strata/units/k_sparse.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Normal weights and biases; σ stays 1. An untied one has a D that has nothing to do with W.
template <class L>
L random_autoencoder(L layer, bool tied, Random& rng) {
  if (!tied) layer.decoder_weights.setZero(layer.weights.cols(), layer.weights.rows());
  for (auto& p : parameters(layer))
    if (p.role != Role::log_scale)
      p.value = 0.7 * rng.normal<double>(p.value.rows(), p.value.cols());
  return layer;
}

Matrix<double> logistic(const Matrix<double>& z) { return 1 / (1 + (-z.array()).exp()); }

/// The names of the parameters, and of their roles the first letter.
template <class L>
std::string listed(L layer) {
  std::string all;
  for (const auto& p : parameters(layer))
    all += text(p.name, p.role == Role::weights ? " w " : p.role == Role::bias ? " b " : " l ");
  return all;
}

/// The autoencoder of an RBM computes the RBM's means up and down, and is tied as said.
template <class M>
void check_means_of_rbm(const M& m, bool tied, Random& rng) {
  const auto layer = autoencoder(m);
  const Matrix<double> v = random_batch(m.visible.size(), 5, rng),
                       h = random_batch(m.hidden.size(), 5, rng);
  CAPTURE(describe(m));
  CHECK(layer.tied() == tied);
  CHECK(distance(up(layer, v), hidden_mean(m, v)) < 1e-14);
  CHECK(distance(down(layer, h), visible_mean(m, h)) < 1e-14);
  if (!tied) return;
  CHECK(layer.weights == m.weights);
  CHECK(up(layer, v) == hidden_mean(m, v));
}

/// What loading said, after the path; the layer must stay as it was.
template <class L>
std::string loading_error(const std::filesystem::path& path, L layer) {
  const auto before = flatten(layer);
  const auto message = error_of<std::runtime_error>([&] { load(path, layer); });
  CHECK(flatten(layer) == before);
  return message.substr(std::min(message.size(), path.string().size() + 2));
}

}  // namespace

TEST_CASE("an autoencoder encodes by f(Wv + c) and decodes by Wᵀh, or by Dh") {
  Random rng(1);
  const Matrix<double> v = random_batch(4, 5, rng), h = random_batch(3, 5, rng);
  for (const bool tied : {true, false}) {
    const auto sigmoid = random_autoencoder(Autoencoder<double>(4, 3), tied, rng);
    CHECK(sigmoid.tied() == tied);
    const Matrix<double> d = tied ? sigmoid.weights.transpose() : sigmoid.decoder_weights;
    const Matrix<double> x = (sigmoid.weights * v).colwise() + sigmoid.hidden.bias,
                         z = (d * h).colwise() + sigmoid.visible.bias;
    CHECK(distance(up(sigmoid, v), logistic(x)) < 1e-14);
    CHECK(distance(down(sigmoid, h), logistic(z)) < 1e-14);
    CHECK(reconstruct(sigmoid, v) == down(sigmoid, up(sigmoid, v)));

    auto other = random_autoencoder(Autoencoder<G, Tanh<double>>(4, 3), tied, rng);
    other.weights = sigmoid.weights;
    other.decoder_weights = sigmoid.decoder_weights;
    other.visible.bias = sigmoid.visible.bias;
    other.hidden.bias = sigmoid.hidden.bias;
    CHECK(distance(up(other, v), x.array().tanh().matrix()) < 1e-14);
    CHECK(distance(down(other, h), z) < 1e-14);
  }
}

TEST_CASE("an autoencoder says what it is and lists its parameters") {
  const Autoencoder<float> tied(7, 5);
  CHECK(tied.weights.isZero(0));
  CHECK(input_size(tied) == 7);
  CHECK(output_size(tied) == 5);
  CHECK(label_count(tied) == 0);
  CHECK(&input_units(tied) == &tied.visible);
  CHECK(describe(tied) == "autoencoder 7-5 (Bernoulli, Bernoulli)");
  CHECK(describe(untied(tied)) == "autoencoder 7-5 (Bernoulli, Bernoulli), untied");
  CHECK(describe(Autoencoder<G, ReLU<double>>(7, 5)) == "autoencoder 7-5 (Gaussian, ReLU)");
  CHECK(describe(Autoencoder<B, KSparse<double>>(B(7), {5, 2})) ==
        "autoencoder 7-5 (Bernoulli, linear, 2 largest)");
  CHECK(listed(Autoencoder<double>(7, 5)) == "weights w visible.bias b hidden.bias b ");
  CHECK(listed(untied(Autoencoder<G, Tanh<double>>(7, 5))) ==
        "weights w decoder_weights w visible.bias b visible.log_sigma l hidden.bias b ");
  static_assert(GenerativeLayer<Autoencoder<float>> && !AnyRBM<Autoencoder<float>>);
}

TEST_CASE("an untied autoencoder begins with what the tied one computes") {
  Random rng(2);
  const auto tied = random_autoencoder(Autoencoder<double>(4, 3), true, rng);
  const Matrix<double> v = random_batch(4, 5, rng);
  auto free = untied(tied);
  CHECK(!free.tied());
  CHECK(free.decoder_weights == tied.weights.transpose());
  CHECK(distance(reconstruct(free, v), reconstruct(tied, v)) < 1e-14);
  free.decoder_weights.setOnes();
  CHECK(untied(free).decoder_weights.isOnes(0));  // those that are there stay
  const auto net = untied(stack(tied, random_autoencoder(Autoencoder<double>(3, 2), true, rng)));
  for (const auto& layer : net.layers) CHECK(layer.decoder_weights == layer.weights.transpose());
}

TEST_CASE("the autoencoder of an RBM computes its means, tied where every σ is 1") {
  Random rng(3);
  check_means_of_rbm(small_rbm<BB>(rng), true, rng);
  auto bg = small_rbm<BG>(rng);
  auto gb = small_rbm<GB>(rng);
  auto gg = small_rbm<GG>(rng);
  check_means_of_rbm(bg, false, rng);
  check_means_of_rbm(gb, false, rng);
  check_means_of_rbm(gg, false, rng);
  CHECK(autoencoder(gg).visible.sigma().isOnes(0));
  CHECK(autoencoder(gg).hidden.sigma().isOnes(0));
  bg.hidden.log_sigma.setZero();
  gb.visible.log_sigma.setZero();
  gg.visible.log_sigma.setZero();
  check_means_of_rbm(gg, false, rng);  // the other side has one still
  gg.hidden.log_sigma.setZero();
  check_means_of_rbm(bg, true, rng);
  check_means_of_rbm(gb, true, rng);
  check_means_of_rbm(gg, true, rng);
}

TEST_CASE("an RBM becomes an autoencoder and is one again") {
  Random rng(4);
  auto m = small_rbm<GB>(rng);
  m.visible.log_sigma.setZero();
  const GB back = rbm(autoencoder(m));
  CHECK(flatten(back) == flatten(m));
  const auto free = random_autoencoder(Autoencoder<double>(4, 3), false, rng);
  const BB begun = rbm(free);  // of the encoder's weights
  CHECK(begun.weights == free.weights);
  CHECK(begun.visible.bias == free.visible.bias);
  CHECK(begun.hidden.bias == free.hidden.bias);
}

TEST_CASE("encoder and decoder as dense layers compute the same") {
  Random rng(5);
  const Matrix<double> v = random_batch(4, 5, rng), h = random_batch(3, 5, rng);
  for (const bool tied : {true, false}) {
    const auto layer = random_autoencoder(Autoencoder<G, Softplus<double>>(4, 3), tied, rng);
    CHECK(up(dense(layer), v) == up(layer, v));
    CHECK(distance(up(decoder(layer), h), down(layer, h)) < 1e-14);
  }
  const auto m = small_rbm<GG>(rng);
  const Matrix<double> code = random_batch(2, 5, rng);
  CHECK(distance(up(decoder(m), code), visible_mean(m, code)) < 1e-14);
  CHECK(decoder(m).units.sigma().isOnes(0));
  auto directed_layer = directed(m);
  directed_layer.generation.weights = rng.normal<double>(2, 2);
  CHECK(distance(up(decoder(directed_layer), code), down(directed_layer, code)) < 1e-14);
}

TEST_CASE(
    "initial weights are normal with variance 2 / (inputs + outputs), and biases fit the data") {
  Random rng(6);
  const Matrix<double> data = rng.uniform<double>(60, 50);
  auto layer = untied(Autoencoder<G, Tanh<double>>(60, 40));
  for (auto& p : parameters(layer)) p.value.setConstant(7);
  initialise(layer, data, rng);
  Matrix<double> moments(2, layer.weights.size());
  const auto w = layer.weights.reshaped().transpose() * std::sqrt(50.0);
  moments << w, w.cwiseAbs2();
  CHECK(largest_z(moments, Vector<double>{{0, 1}}) < 5);
  CHECK(layer.decoder_weights == layer.weights.transpose());
  CHECK(distance(layer.visible.bias, data.rowwise().mean()) < 1e-14);
  CHECK(layer.visible.sigma().isOnes(0));
  CHECK(layer.hidden.bias.isZero(0));

  auto sigmoid = Autoencoder<double>(60, 40);
  initialise(sigmoid, data, rng);
  CHECK(sigmoid.tied());
  CHECK(distance(logistic(sigmoid.visible.bias), data.rowwise().mean()) < 1e-14);
}

TEST_CASE("an autoencoder is saved and loaded, tied ones as such") {
  const TemporaryFolder folder;
  Random rng(7);
  const auto tied = random_autoencoder(Autoencoder<double>(4, 3), true, rng),
             free = random_autoencoder(Autoencoder<double>(4, 3), false, rng);
  save(folder / "tied", tied);
  save(folder / "free", free);
  auto loaded = Autoencoder<double>(4, 3);
  load(folder / "tied", loaded);
  CHECK(loaded.tied());
  CHECK(flatten(loaded) == flatten(tied));
  loaded = untied(loaded);
  load(folder / "free", loaded);
  CHECK(flatten(loaded) == flatten(free));
  CHECK(loading_error(folder / "free", tied) ==
        "at byte 8: found the architecture autoencoder 4-3 (Bernoulli, Bernoulli), untied, but "
        "expected that of the model, autoencoder 4-3 (Bernoulli, Bernoulli)");
  CHECK(loading_error(folder / "tied", free) ==
        "at byte 8: found the architecture autoencoder 4-3 (Bernoulli, Bernoulli), but expected "
        "that of the model, autoencoder 4-3 (Bernoulli, Bernoulli), untied");
}

TEST_CASE("an autoencoder refuses inputs of another size") {
  Autoencoder<double> layer(4, 3);
  Random rng(8);
  CHECK(message_of([&] { up(layer, constant(3, 2, 0)); }) ==
        "up: v has 3 rows, but the model has 4 visible units");
  CHECK(message_of([&] { down(layer, constant(4, 2, 0)); }) ==
        "down: h has 4 rows, but the model has 3 hidden units");
  CHECK(message_of([&] { initialise(layer, constant(5, 2, 0), rng); }) ==
        "initialise: data has 5 rows, but the model has 4 visible units");
  CHECK(message_of([&] { stack(layer, Autoencoder<double>(2, 2)); }) ==
        "stack: layer 1 (autoencoder 2-2 (Bernoulli, Bernoulli)) has 2 inputs, but layer 0 "
        "(autoencoder 4-3 (Bernoulli, Bernoulli)) has 3 outputs");
}
