// SPDX-License-Identifier: MIT
// Second derivatives of a loss by the parameters of a stack, without the second derivatives of the
// units: "Fast curvature matrix-vector products for second-order gradient descent" (Schraudolph
// 2002).
#pragma once

#include "strata/nets/backpropagation.hpp"

namespace strata {

/// What a direction in parameter space does to the activations; reused from product to product.
template <class S>
struct Tangents {
  std::vector<Matrix<S>> x, y;  // the change of the input and of the mean of each layer

  explicit Tangents(std::size_t depth) : x(depth), y(depth) {}
};

/// g = G v, averaged over the batch, where G = Σ JᵀHJ with J = ∂x/∂θ of the top layer's input and H
/// the second derivative of the loss by that input. v is a net that holds the direction. After
/// forward(net, input, a) without noise. `g` is a net, or its Gradient, which refers to the input and the
/// activations. Costs two products more than backward.
template <class Net, class Loss, class G>
void gauss_newton(const Net& net, const Net& v, const States<ScalarOf<Net>>& input,
                  const Loss& loss, Activations<ScalarOf<Net>>& a, Tangents<ScalarOf<Net>>& t,
                  G& g) {
  using S = ScalarOf<Net>;
  std::size_t i = 0;
  for_each_layer(
      [&](const auto& layer, const auto& direction) {
        a.with_input(i, input, [&](const auto& in) { product(direction.weights, in, t.x[i]); });
        if (i > 0) add_product(S(1), layer.weights, t.y[i - 1], t.x[i]);
        t.x[i].colwise() += direction.units.bias;
        t.y[i] = t.x[i];
        layer.units.mean_gradient(a.x[i], a.y[i], t.y[i]);
        ++i;
      },
      net, v);
  loss.curvature(top_layer(net).units, a.x.back(), a.y.back(), t.x.back(), a.delta.back());
  collect(net, input, a, S(1) / static_cast<S>(input.cols()), g);
}

/// g = the mean over the batch of (∂loss_b/∂θ)², entry by entry. After forward(net, input, a).
template <class Net, class Loss>
void squared_gradients(const Net& net, const States<ScalarOf<Net>>& input,
                       const Matrix<ScalarOf<Net>>& target, const Loss& loss,
                       Activations<ScalarOf<Net>>& a, Net& g) {
  using S = ScalarOf<Net>;
  const S scale = S(1) / static_cast<S>(input.cols());
  loss.gradient(top_layer(net).units, a.x.back(), a.y.back(), target, a.delta.back());
  carry_down(net, a, g, [&](const auto&, std::size_t i, auto& squares) {
    const Matrix<S> delta = a.delta[i].cwiseAbs2();
    set_zero(squares);
    a.with_input(i, input, [&](const auto& in) {
      add_outer(scale, delta, Matrix<S>(States<S>(in).matrix().cwiseAbs2()), squares.weights);
    });
    add_weighted_columns<S>(delta, Row<S>::Constant(delta.cols(), scale), squares.units.bias);
  });
}

}  // namespace strata
