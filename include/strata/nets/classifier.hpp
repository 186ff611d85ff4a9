// SPDX-License-Identifier: MIT
// A stack with a softmax layer on top.
#pragma once

#include "strata/core/samples.hpp"
#include "strata/nets/dbn.hpp"

namespace strata {

/// Each layer as a dense one, with its weights.
template <class L>
auto dense(const Stack<L>& net) {
  using D = decltype(dense(net.layers[0]));
  std::vector<D> layers;
  for (const auto& layer : net.layers) layers.push_back(dense(layer));
  return Stack<D>(std::move(layers));
}
template <class... Layers>
requires(sizeof...(Layers) > 1) auto dense(const Stack<Layers...>& net) {
  return std::apply([](const auto&... layer) { return stack(dense(layer)...); }, net.layers);
}

/// The layers of a trained net (or one RBM) as dense layers with the same weights, and a softmax
/// over `classes` on top with small normal weights. Throws if classes < 2.
template <class Net>
auto classifier(const Net& net, Index classes, Random& rng, double deviation = 0.01) {
  using S = ScalarOf<Net>;
  check(classes >= 2, "classifier: classes has ", classes, ", but at least 2 are needed");
  check_rate("classifier", "deviation", deviation);
  Dense<Softmax<S>> top(output_size(net), classes);
  top.weights = static_cast<S>(deviation) * rng.normal<S>(classes, output_size(net));
  return stack(dense(net), std::move(top));
}

/// What a DBN<S> of any depth becomes.
template <class S>
using Classifier = Stack<Stack<Dense<Bernoulli<S>>>, Dense<Softmax<S>>>;

/// All weights zero: to be initialised or loaded. {784, 500, 500, 10} has two hidden layers.
template <class S>
Classifier<S> untrained_classifier(const std::vector<Index>& sizes) {
  check(sizes.size() >= 3, "untrained_classifier: sizes has ", sizes.size(),
        " entries, but at least 3 are needed");
  return stack(Stack<Dense<Bernoulli<S>>>(std::vector<Index>(sizes.begin(), sizes.end() - 1)),
               Dense<Softmax<S>>(sizes.end()[-2], Softmax<S>(sizes.back())));
}

/// Normal weights of variance 2 / (inputs + outputs) in each dense layer, biases 0: where a net
/// that is not pre-trained starts ("Understanding the difficulty of training deep feedforward
/// neural networks", Glorot and Bengio 2010).
template <class Net>
void initialise(Net& net, Random& rng) {
  using S = ScalarOf<Net>;
  for_each_layer(
      [&](auto& layer) {
        const Index in = input_size(layer), out = output_size(layer);
        const double deviation = std::sqrt(2 / static_cast<double>(in + out));
        layer.weights = static_cast<S>(deviation) * rng.normal<S>(out, in);
        layer.units.bias.setZero();
      },
      net);
}

/// The row of the largest value in column j.
template <class S>
int likeliest(const Matrix<S>& y, Index j) {
  const S* column = y.data() + j * y.rows();
  return static_cast<int>(std::max_element(column, column + y.rows()) - column);
}

namespace detail {

/// The likeliest class of each column by probabilities(a thousand at a time).
template <class S, class F>
Labels classify(Index inputs, const Samples<S>& x, F&& probabilities) {
  check_rows("classify", "x", x.rows(), inputs, "inputs");
  Labels labels;
  x.for_each_block([&](const Matrix<S>& some, Index) {
    const Matrix<S> y = probabilities(some);
    for (Index j = 0; j < y.cols(); ++j) labels.push_back(likeliest(y, j));
  });
  return labels;
}

}  // namespace detail

/// The likeliest class of each column; of a net with labels in its top RBM by their free energies.
template <class Net>
Labels classify(const Net& net, const Samples<ScalarOf<Net>>& x) {
  using S = ScalarOf<Net>;
  return detail::classify(input_size(net), x, [&](const Matrix<S>& some) {
    if constexpr (LabelledNet<Net>) {
      Random none;
      return label_probabilities(net, some, ByFreeEnergy{}, none);
    } else {
      return up(net, some);
    }
  });
}
/// By another way to read the labels of the top RBM: ByGibbs, ByMeanField.
template <LabelledNet Net, class Way>
Labels classify(const Net& net, const Samples<ScalarOf<Net>>& x, const Way& way, Random& rng) {
  using S = ScalarOf<Net>;
  return detail::classify(input_size(net), x, [&](const Matrix<S>& some) {
    return label_probabilities(net, some, way, rng);
  });
}

}  // namespace strata
