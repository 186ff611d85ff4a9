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
  std::vector<Matrix<S>> delta;   // ∂loss/∂x of each layer
  std::vector<States<S>> states;  // what the next layer was given, where that is not y
  bool sampled = false;           // it is not

  explicit Activations(std::size_t depth) : x(depth), y(depth), delta(depth), states(depth) {}

  /// f(input of the layer).
  template <class F>
  void with_input(std::size_t layer, const States<S>& input, F&& f) const {
    if (layer > 0 && !sampled)
      f(y[layer - 1]);
    else
      (layer == 0 ? input : states[layer - 1]).visit(f);
  }
};

/// Fills the activations from the bottom up; returns the output. With `noise`, each layer but the
/// top hands on a sample of its units in place of their mean.
template <class Net>
const Matrix<ScalarOf<Net>>& forward(const Net& net, const States<ScalarOf<Net>>& input,
                                     Activations<ScalarOf<Net>>& a, Random* noise = nullptr) {
  a.sampled = noise != nullptr;
  std::size_t i = 0;
  for_each_layer(
      [&](const auto& layer) {
        a.with_input(i, input, [&](const auto& in) { product(layer.weights, in, a.x[i]); });
        if (noise && i + 1 < a.y.size())
          sample(layer.units, a.x[i], *noise, a.states[i], &a.y[i]);
        else
          layer.units.mean(a.x[i], a.y[i]);
        ++i;
      },
      net);
  return a.y.back();
}

/// g = −∂loss/∂θ averaged over the batch: we ascend. After forward(net, input, a). Samples count as
/// their means in the derivatives ("straight-through": Bengio, Léonard and Courville 2013).
/// `top_only` leaves g of all other layers as it is. `g` is a net, or its Gradient, which refers to
/// the input and the activations. Returns the loss summed over the batch.
template <class Net, class Loss, class G>
double backward(const Net& net, const States<ScalarOf<Net>>& input,
                const Matrix<ScalarOf<Net>>& target, const Loss& loss,
                Activations<ScalarOf<Net>>& a, G& g, bool top_only = false) {
  using S = ScalarOf<Net>;
  const S scale = S(-1) / static_cast<S>(input.cols());
  const auto& top = top_layer(net);
  const double value = loss.value(top.units, a.x.back(), a.y.back(), target);
  loss.gradient(top.units, a.x.back(), a.y.back(), target, a.delta.back());

  std::size_t i = a.y.size();
  const Matrix<S>* weights_above = nullptr;
  for_each_layer_down(
      [&](const auto& layer, auto& layer_gradient) {
        --i;
        if (weights_above && top_only) return;
        if (weights_above) {
          product(weights_above->transpose(), a.delta[i + 1], a.delta[i]);
          layer.units.mean_gradient(a.x[i], a.y[i], a.delta[i]);
        }
        set_zero(layer_gradient);
        a.with_input(i, input, [&](const auto& in) {
          add_outer(scale, a.delta[i], in, layer_gradient.weights);
        });
        add_weighted_columns<S>(a.delta[i], Row<S>::Constant(a.delta[i].cols(), scale),
                                layer_gradient.units.bias);
        weights_above = &layer.weights;
      },
      net, g);
  return value;
}

}  // namespace strata
