// SPDX-License-Identifier: MIT
// The derivatives of a loss by the parameters of a stack: "Learning representations by
// back-propagating errors" (Rumelhart, Hinton and Williams 1986).
#pragma once

#include "strata/nets/corruption.hpp"
#include "strata/nets/dense.hpp"
#include "strata/nets/loss.hpp"
#include "strata/nets/stack.hpp"

namespace strata {

/// What hidden units do to what they hand on, besides being means: noise that regularises.
struct HiddenNoise {
  bool sample = false;  // a sample of the units; those that are their mean alone hand that on
  double dropout = 0;  // each unit is left out with this probability, the others count 1 / (1 − p)
};

/// What a pass through a net of dense layers leaves behind; reused from batch to batch.
template <class S>
struct Activations {
  std::vector<Matrix<S>> x, y;    // the input and the mean of the units of each layer
  std::vector<Matrix<S>> delta;   // ∂loss/∂x of each layer
  std::vector<States<S>> states;  // what the next layer was given, where that is not y
  std::vector<Matrix<S>> kept;    // 0 or 1 / (1 − p) for each unit, with dropout
  bool noisy = false;             // it is not y
  bool dropped = false;           // there was dropout

  explicit Activations(std::size_t depth)
      : x(depth), y(depth), delta(depth), states(depth), kept(depth) {}

  /// f(input of the layer).
  template <class F>
  void with_input(std::size_t layer, const States<S>& input, F&& f) const {
    if (layer > 0 && !noisy)
      f(y[layer - 1]);
    else
      (layer == 0 ? input : states[layer - 1]).visit(f);
  }
};

namespace detail {

template <class Net>
inline constexpr bool fully_dense = false;
template <class U>
inline constexpr bool fully_dense<Dense<U>> = true;
template <class... Layers>
inline constexpr bool fully_dense<Stack<Layers...>> = (fully_dense<Layers> && ...);

/// What hidden layer i hands on: samples, with some left out.
template <class Units, class S>
void hand_on(const Units& units, const HiddenNoise& noise, Random& rng, Activations<S>& a,
             std::size_t i) {
  States<S>& given = a.states[i];
  bool sampled = false;
  if constexpr (UnitLayer<Units>)
    if ((sampled = noise.sample)) sample(units, a.x[i], rng, given, &a.y[i]);
  if (!sampled) {
    units.mean(a.x[i], a.y[i]);
    given.as_numbers() = a.y[i];
  }
  if (noise.dropout == 0) return;
  a.kept[i].setOnes(a.y[i].rows(), a.y[i].cols());
  leave_out(a.kept[i], noise.dropout, rng);
  if (given.is_binary()) {
    const Matrix<S> numbers = given.matrix();
    given.as_numbers() = numbers;
  }
  given.as_numbers().array() *= a.kept[i].array();
}

}  // namespace detail

/// Fills the activations from the bottom up; returns the output. With `rng`, all layers but the top
/// have the noise.
template <class Net>
const Matrix<ScalarOf<Net>>& forward(const Net& net, const States<ScalarOf<Net>>& input,
                                     Activations<ScalarOf<Net>>& a, const HiddenNoise& noise = {},
                                     Random* rng = nullptr) {
  a.noisy = rng && (noise.sample || noise.dropout > 0);
  a.dropped = rng && noise.dropout > 0;
  std::size_t i = 0;
  for_each_layer(
      [&](const auto& layer) {
        a.with_input(i, input, [&](const auto& in) { product(layer.weights, in, a.x[i]); });
        if (a.noisy && i + 1 < a.y.size())
          detail::hand_on(layer.units, noise, *rng, a, i);
        else
          layer.units.mean(a.x[i], a.y[i]);
        ++i;
      },
      net);
  return a.y.back();
}

/// From ∂loss/∂x of the top layer in a.delta to that of all others, bottom last: f(layer, number,
/// layer of g) on each once its delta is known. The same carries any other derivative down, as it is
/// linear. Samples count as their means ("straight-through": Bengio, Léonard and Courville 2013).
template <class Net, class G, class F>
void carry_down(const Net& net, Activations<ScalarOf<Net>>& a, G& g, F&& f, bool top_only = false) {
  std::size_t i = a.y.size();
  const Matrix<ScalarOf<Net>>* weights_above = nullptr;
  for_each_layer_down(
      [&](const auto& layer, auto& layer_of_g) {
        --i;
        if (weights_above && top_only) return;
        if (weights_above) {
          product(weights_above->transpose(), a.delta[i + 1], a.delta[i]);
          if (a.dropped) a.delta[i].array() *= a.kept[i].array();
          layer.units.mean_gradient(a.x[i], a.y[i], a.delta[i]);
        }
        f(layer, i, layer_of_g);
        weights_above = &layer.weights;
      },
      net, g);
}

/// g = scale · Σ_b ∂/∂θ, for a.delta as it is carried down.
template <class Net, class G>
void collect(const Net& net, const States<ScalarOf<Net>>& input, Activations<ScalarOf<Net>>& a,
             ScalarOf<Net> scale, G& g, bool top_only = false) {
  using S = ScalarOf<Net>;
  carry_down(
      net, a, g,
      [&](const auto&, std::size_t i, auto& layer_gradient) {
        set_zero(layer_gradient);
        a.with_input(i, input, [&](const auto& in) {
          add_outer(scale, a.delta[i], in, layer_gradient.weights);
        });
        add_weighted_columns<S>(a.delta[i], Row<S>::Constant(a.delta[i].cols(), scale),
                                layer_gradient.units.bias);
      },
      top_only);
}

/// g = −∂loss/∂θ averaged over the batch: we ascend. After forward(net, input, a). `top_only` leaves
/// g of all other layers as it is. `g` is a net, or its Gradient, which refers to the input and the
/// activations. Returns the loss summed over the batch.
template <class Net, class Loss, class G>
double backward(const Net& net, const States<ScalarOf<Net>>& input,
                const Matrix<ScalarOf<Net>>& target, const Loss& loss,
                Activations<ScalarOf<Net>>& a, G& g, bool top_only = false) {
  using S = ScalarOf<Net>;
  const auto& top = top_layer(net);
  const double value = loss.value(top.units, a.x.back(), a.y.back(), target);
  loss.gradient(top.units, a.x.back(), a.y.back(), target, a.delta.back());
  collect(net, input, a, S(-1) / static_cast<S>(input.cols()), g, top_only);
  return value;
}

}  // namespace strata
