// SPDX-License-Identifier: MIT
#include "strata/nets/unroll.hpp"

#include "nets/testing.hpp"
#include "strata/units/activation.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// All parameters normal, σ too where the layer has one that may differ from 1.
template <class L>
L with_random_parameters(L layer, Random& rng) {
  for (auto& p : parameters(layer)) {
    if (AnyAutoencoder<L> && p.role == Role::log_scale) continue;
    const double deviation = p.role == Role::log_scale ? 0.3 : 0.6;
    p.value = deviation * rng.normal<double>(p.value.rows(), p.value.cols());
  }
  return layer;
}

/// The unrolled net computes what the net does, by way of the same code.
template <class Net>
void check_unrolled(const Net& net, Random& rng) {
  const Matrix<double> x = random_batch(input_size(net), 5, rng);
  const auto deep = unroll(net);
  static_assert(Unrolled<decltype(deep)>);
  CAPTURE(describe(net));
  CAPTURE(describe(deep));
  CHECK(distance(reconstruct(deep, x), reconstruct(net, x)) < 1e-14);
  CHECK(distance(encode(deep, x), up(net, x)) < 1e-14);
  CHECK(distance(decode(deep, up(net, x)), down(net, up(net, x))) < 1e-14);
  CHECK(decode(deep, encode(deep, x)) == reconstruct(deep, x));
  CHECK(depth(deep) == 2 * depth(net));
  for_each_layer(
      [&](const auto& layer) {
        if constexpr (requires { layer.units.log_sigma; }) CHECK(layer.units.sigma().isOnes(0));
      },
      deep);
}

}  // namespace

TEST_CASE("an unrolled net computes the reconstructions of its stack, whatever the layers") {
  Random rng(1);
  const auto gauss = random_rbm<G, B>(4, 5, rng);
  const auto top = random_rbm<B, G>(3, 2, rng);  // a code of real numbers
  const auto sigmoid = random_rbm<B, B>(5, 3, rng);
  const auto directed = with_random_parameters(Directed<G, G>(4, 5), rng);
  const auto tied = with_random_parameters(Autoencoder<G, Tanh<double>>(4, 5), rng);
  const auto upper = with_random_parameters(untied(Autoencoder<Tanh<double>, B>(5, 3)), rng);
  check_unrolled(stack(gauss, sigmoid, top), rng);
  check_unrolled(stack(sigmoid, random_rbm<B, B>(3, 2, rng)), rng);
  check_unrolled(stack(tied, upper), rng);
  check_unrolled(stack(with_random_parameters(untied(tied), rng), upper, top), rng);
  check_unrolled(stack(directed, sigmoid), rng);
  check_unrolled(stack(stack(sigmoid, random_rbm<B, B>(3, 2, rng)), random_rbm<B, G>(2, 2, rng)),
                 rng);
}

TEST_CASE("a single layer is unrolled as well") {
  Random rng(2);
  check_unrolled(random_rbm<B, B>(4, 3, rng), rng);
  check_unrolled(random_rbm<G, G>(4, 3, rng), rng);
  check_unrolled(with_random_parameters(Autoencoder<double>(4, 3), rng), rng);
  check_unrolled(with_random_parameters(Directed<B, G>(4, 3), rng), rng);
}

TEST_CASE("the layers of an unrolled net go up to the code and back, the top first") {
  const auto deep = unroll(stack(RBM<G, B>(6, 5), RBM<B>(5, 4), RBM<B, G>(4, 2)));
  CHECK(describe(deep) ==
        "dense 6-5 (Bernoulli) | dense 5-4 (Bernoulli) | dense 4-2 (Gaussian) | "
        "dense 2-4 (Bernoulli) | dense 4-5 (Bernoulli) | dense 5-6 (Gaussian)");
  const auto same_types = unroll(DBN<double>({6, 5, 2}));
  static_assert(std::is_same_v<decltype(same_types), const Stack<Stack<Dense<B>>>>);
  CHECK(describe(same_types) ==
        "dense 6-5 (Bernoulli) | dense 5-2 (Bernoulli) | dense 2-5 (Bernoulli) | "
        "dense 5-6 (Bernoulli)");
}

TEST_CASE("the way back has weights of its own") {
  Random rng(3);
  const auto net = stack(random_rbm<B, B>(4, 3, rng), random_rbm<B, B>(3, 2, rng));
  auto deep = unroll(net);
  const Matrix<double> code = rng.uniform<double>(2, 5), x = rng.uniform<double>(4, 5);
  const Matrix<double> before = decode(deep, code), encoded = encode(deep, x);
  for (auto& layer : deep.layers[0].layers) layer.weights.array() += 1;
  CHECK(decode(deep, code) == before);
  CHECK(encode(deep, x) != encoded);
  CHECK(distance(before, decode(net, code)) < 1e-14);
  CHECK(distance(encoded, encode(net, x)) < 1e-14);
  CHECK(decode(net, code) == down(net, code));
  CHECK(encode(net, x) == up(net, x));
}

TEST_CASE("only a net of two parts has a code") {
  const Stack<Dense<B>> three({4, 3, 2, 4});
  CHECK(message_of([&] { encode(three, constant(4, 1, 0)); }) ==
        "encode: the net has 3 parts, but an encoder and a decoder are needed");
  CHECK(message_of([&] { decode(three, constant(3, 1, 0)); }) ==
        "decode: the net has 3 parts, but an encoder and a decoder are needed");
  const auto two = unroll(BB(4, 3));
  CHECK(message_of([&] { encode(two, constant(3, 1, 0)); }) ==
        "up: x has 3 rows, but the model has 4 inputs");
  CHECK(message_of([&] { decode(two, constant(4, 1, 0)); }) ==
        "up: x has 4 rows, but the model has 3 inputs");
  static_assert(!Unrolled<DBN<double>> && !Unrolled<Dense<B>>);
}
