// SPDX-License-Identifier: MIT
#include "strata/nets/stack.hpp"

#include <set>

#include "nets/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Two RBMs under a dense and a softmax layer, in stacks in a stack: 5-4-3-6-2.
auto nested(Random& rng) {
  return stack(stack(random_rbm<B, B>(5, 4, rng), random_rbm<B, B>(4, 3, rng)),
               stack(random_dense(3, B(6), rng), random_dense(6, S(2), rng)));
}

}  // namespace

TEST_CASE("layers of one type make a stack of any depth") {
  Random rng(1);
  const auto net = stack(RBM<float>(7, 5), RBM<float>(5, 4), RBM<float>(4, 6));
  static_assert(std::is_same_v<decltype(net), const DBN<float>>);
  CHECK(depth(net) == 3);
  CHECK(input_size(net) == 7);
  CHECK(output_size(net) == 6);
  CHECK(describe(net) ==
        "RBM 7-5 (Bernoulli, Bernoulli) | RBM 5-4 (Bernoulli, Bernoulli) | "
        "RBM 4-6 (Bernoulli, Bernoulli)");
  CHECK(describe(DBN<float>({7, 5, 4, 6})) == describe(net));
  for (const auto& layer : DBN<float>({7, 5, 4, 6}).layers) CHECK(layer.weights.isZero(0));
  CHECK(depth(stack(RBM<float>(7, 5))) == 1);
  CHECK(depth(DBN<float>()) == 0);
}

TEST_CASE("layers of any types stack, and stacks in a stack count by their layers") {
  Random rng(1);
  const auto mixed = stack(GaussianRBM<double>(5, 4), RBM<double>(4, 3), Dense<S>(3, 2));
  CHECK(depth(mixed) == 3);
  CHECK(input_size(mixed) == 5);
  CHECK(output_size(mixed) == 2);
  CHECK(describe(mixed) ==
        "RBM 5-4 (Gaussian, Bernoulli) | RBM 4-3 (Bernoulli, Bernoulli) | dense 3-2 (softmax)");
  const auto net = nested(rng);
  CHECK(depth(net) == 4);
  CHECK(input_size(net) == 5);
  CHECK(output_size(net) == 2);
  static_assert(Layer<std::remove_const_t<decltype(net)>> && Layer<DBN<float>>);
  static_assert(GenerativeLayer<DBN<float>>);
}

TEST_CASE("layers are visited from the bottom up and from the top down") {
  Random rng(1);
  auto net = nested(rng);
  const auto same = net;
  std::vector<Index> up_order, down_order;
  for_each_layer([&](const auto& layer) { up_order.push_back(input_size(layer)); }, net);
  for_each_layer_down([&](const auto& layer) { down_order.push_back(input_size(layer)); }, net);
  CHECK(up_order == std::vector<Index>{5, 4, 3, 6});
  CHECK(down_order == std::vector<Index>{6, 3, 4, 5});
  // Two nets of one shape are walked side by side, and what f changes is the net.
  for_each_layer([](auto& layer, const auto& twin) { layer.weights += twin.weights; }, net, same);
  const auto list = parameters(net);
  auto copy = same;
  const auto before = parameters(copy);
  for (std::size_t i = 0; i < list.size(); ++i)
    CHECK(list[i].value == (list[i].role == Role::weights ? 2.0 : 1.0) * before[i].value);
}

TEST_CASE("the parameters of a stack bear the numbers of their layers") {
  Random rng(1);
  auto net = nested(rng);
  std::vector<std::string> names;
  for (const auto& p : parameters(net)) names.push_back(p.name);
  CHECK(names == std::vector<std::string>{"0.weights", "0.visible.bias", "0.hidden.bias",
                                          "1.weights", "1.visible.bias", "1.hidden.bias",
                                          "2.weights", "2.bias", "3.weights", "3.bias"});
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  CHECK(parameters(net)[6].value == std::get<0>(std::get<1>(net.layers).layers).weights);
}

TEST_CASE("layers that do not fit are refused, and both are named") {
  const std::string words =
      "stack: layer 1 (RBM 400-500 (Bernoulli, Bernoulli)) has 400 inputs, but layer 0 "
      "(RBM 784-300 (Bernoulli, Bernoulli)) has 300 outputs";
  CHECK(message_of([] { stack(RBM<float>(784, 300), RBM<float>(400, 500)); }) == words);
  CHECK(message_of([] { stack(stack(RBM<double>(4, 3), RBM<double>(3, 2)), Dense<S>(3, 2)); }) ==
        "stack: layer 2 (dense 3-2 (softmax)) has 3 inputs, but layer 1 "
        "(RBM 3-2 (Bernoulli, Bernoulli)) has 2 outputs");
  CHECK(message_of([] { DBN<float>(std::vector<Index>{784}); }) ==
        "Stack: sizes has 1 entries, but at least 2 are needed");
}

TEST_CASE("up, down and reconstruct are those of the layers, one after the other") {
  Random rng(2);
  const auto a = random_rbm<G, B>(3, 4, rng);
  const auto b = random_rbm<B, B>(4, 5, rng);
  const auto c = random_rbm<B, S>(5, 2, rng);
  const auto net = stack(a, b, c);
  const Matrix<double> x = random_batch(3, 6, rng), h = random_batch(2, 6, rng).cwiseAbs();
  CHECK(up(net, x) == up(c, up(b, up(a, x))));
  CHECK(down(net, h) == down(a, down(b, down(c, h))));
  CHECK(reconstruct(net, x) == down(net, up(net, x)));
  const auto twin = stack(b, transposed(b));
  const Matrix<double> y = random_batch(4, 6, rng);
  CHECK(up(twin, y) == up(transposed(b), up(b, y)));
  CHECK(down(twin, y) == down(b, down(transposed(b), y)));
  CHECK(up(stack(twin, b), y) == up(b, up(twin, y)));
}

TEST_CASE("data that do not fit the bottom layer are refused") {
  const auto net = stack(RBM<double>(3, 4), RBM<double>(4, 5));
  CHECK(message_of([&] { up(net, Matrix<double>::Zero(4, 2)); }) ==
        "hidden_input: v has 4 rows, but the model has 3 visible units");
  CHECK(message_of([&] { down(net, Matrix<double>::Zero(4, 2)); }) ==
        "visible_input: h has 4 rows, but the model has 5 hidden units");
}

TEST_CASE("constraining a stack constrains each layer") {
  auto net = stack(GaussianRBM<double>(2, 2), RBM<double>(2, 2));
  std::get<0>(net.layers).visible.log_sigma << -50, 50;
  net.constrain();
  CHECK(std::get<0>(net.layers).visible.log_sigma == Vector<double>{{-23, 23}});
}
