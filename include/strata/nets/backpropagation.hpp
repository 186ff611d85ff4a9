// SPDX-License-Identifier: MIT
// The derivatives of a loss by the parameters of a stack: "Learning representations by
// back-propagating errors" (Rumelhart, Hinton and Williams 1986).
#pragma once

#include "strata/nets/dense.hpp"
#include "strata/nets/loss.hpp"
#include "strata/nets/stack.hpp"

namespace strata {

/// What a pass through a net of dense layers leaves behind; reused from batch to batch.
template <class S>
struct Activations {
  std::vector<Matrix<S>> x, y;    // the input and the mean of the units of each layer
  std::vector<Matrix<S>> states;  // what the next layer was given, where that is not y
  Matrix<S> delta, below;         // ∂loss/∂x of a layer, and of the one below

  explicit Activations(std::size_t depth) : x(depth), y(depth), states(depth) {}

  const Matrix<S>& input_of(std::size_t layer, const Matrix<S>& input) const {
    if (layer == 0) return input;
    return states[layer - 1].size() > 0 ? states[layer - 1] : y[layer - 1];
  }
};

/// Fills the activations from the bottom up; returns the output. With `noise`, each layer but the
/// top hands on a sample of its units in place of their mean.
template <class Net>
const Matrix<ScalarOf<Net>>& forward(const Net& net, const Matrix<ScalarOf<Net>>& input,
                                     Activations<ScalarOf<Net>>& a, Random* noise = nullptr) {
  std::size_t i = 0;
  for_each_layer(
      [&](const auto& layer) {
        product(layer.weights, a.input_of(i, input), a.x[i]);
        layer.units.mean(a.x[i], a.y[i]);
        if (noise && i + 1 < a.y.size())
          layer.units.sample(a.x[i], *noise, a.states[i]);
        else
          a.states[i].resize(0, 0);  // none of an earlier, noisy pass
        ++i;
      },
      net);
  return a.y.back();
}

/// g = −∂loss/∂θ averaged over the batch: we ascend. After forward(net, input, a). Samples count as
/// their means in the derivatives ("straight-through": Bengio, Léonard and Courville 2013).
/// `top_only` leaves g of all other layers as it is. Returns the loss summed over the batch.
template <class Net, class Loss>
double backward(const Net& net, const Matrix<ScalarOf<Net>>& input,
                const Matrix<ScalarOf<Net>>& target, const Loss& loss,
                Activations<ScalarOf<Net>>& a, Net& g, bool top_only = false) {
  using S = ScalarOf<Net>;
  const S scale = S(-1) / static_cast<S>(input.cols());
  const auto& top = top_layer(net);
  const double value = loss.value(top.units, a.x.back(), a.y.back(), target);
  loss.gradient(top.units, a.x.back(), a.y.back(), target, a.delta);

  std::size_t i = a.y.size();
  const Matrix<S>* weights_above = nullptr;
  for_each_layer_down(
      [&](const auto& layer, auto& layer_gradient) {
        --i;
        if (weights_above && top_only) return;
        if (weights_above) {
          product(weights_above->transpose(), a.delta, a.below);
          layer.units.mean_gradient(a.x[i], a.y[i], a.below);
          a.delta.swap(a.below);
        }
        layer_gradient.weights.setZero();
        add_product(scale, a.delta, a.input_of(i, input).transpose(), layer_gradient.weights);
        layer_gradient.units.bias.setZero();
        add_weighted_columns<S>(a.delta, Row<S>::Constant(a.delta.cols(), scale),
                                layer_gradient.units.bias);
        weights_above = &layer.weights;
      },
      net, g);
  return value;
}

}  // namespace strata
