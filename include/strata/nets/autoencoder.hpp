// SPDX-License-Identifier: MIT
// Autoencoders of one layer, the other module that deep nets are stacked of: "Greedy layer-wise
// training of deep networks" (Bengio, Lamblin, Popovici and Larochelle 2007).
#pragma once

#include "strata/nets/directed.hpp"

namespace strata {

/// A code h = f(W v + c) of hidden units, and the way back E[v | h] of visible units that receive
/// Wᵀ h (tied weights) or D h. The kind of the visible units says how a reconstruction is judged:
/// Bernoulli by cross-entropy, Gaussian, whose σ stays 1, by squared error.
template <DifferentiableUnits Visible, DifferentiableUnits Hidden>
struct AutoencoderLayer {
  using Scalar = ScalarOf<Visible>;
  Visible visible;
  Hidden hidden;
  Matrix<Scalar> weights;          // W, n_h × n_v
  Matrix<Scalar> decoder_weights;  // D, n_v × n_h, or nothing: D = Wᵀ

  AutoencoderLayer() = default;
  AutoencoderLayer(Visible v, Hidden h)
      : visible(std::move(v)),
        hidden(std::move(h)),
        weights(Matrix<Scalar>::Zero(hidden.size(), visible.size())) {}
  AutoencoderLayer(Index n_v, Index n_h) requires std::constructible_from<Visible, Index> &&
      std::constructible_from<Hidden, Index> : AutoencoderLayer(Visible(n_v), Hidden(n_h)) {}

  bool tied() const { return decoder_weights.size() == 0; }

  /// σ stays 1.
  void constrain() {
    visit_units(visible, "", [](const std::string&, auto& value, Role role) {
      if (role == Role::log_scale) value.setZero();
    });
  }

  template <class F>
  void visit(F&& f) {
    visit_parts(*this, f);
  }

  struct Gradient {
    using Scalar = ScalarOf<Visible>;
    Visible visible;
    Hidden hidden;
    OuterProducts<Scalar> weights, decoder_weights;

    template <class F>
    void visit(F&& f) {
      visit_parts(*this, f);
    }
  };
  Gradient zero_gradient() const {
    Gradient g{visible,
               hidden,
               {weights.rows(), weights.cols()},
               {decoder_weights.rows(), decoder_weights.cols()}};
    set_zero(g);
    return g;
  }

 private:
  template <class L, class F>
  static void visit_parts(L& layer, F&& f) {
    f("weights", layer.weights, Role::weights);
    if (layer.decoder_weights.cols() > 0)
      f("decoder_weights", layer.decoder_weights, Role::weights);
    visit_units(layer.visible, "visible.", f);
    visit_units(layer.hidden, "hidden.", f);
  }
};

/// Autoencoder<float> has Bernoulli (sigmoid) units on both sides, tied; kinds are named as for an
/// RBM: Autoencoder<Gaussian<float>, ReLU<float>>.
template <class Visible, class Hidden = ScalarOf<UnitsOf<Visible>>>
using Autoencoder = AutoencoderLayer<UnitsOf<Visible>, UnitsOf<Hidden>>;

namespace detail {
template <class L>
inline constexpr bool is_autoencoder = false;
template <class V, class H>
inline constexpr bool is_autoencoder<AutoencoderLayer<V, H>> = true;
}  // namespace detail

template <class L>
concept AnyAutoencoder = detail::is_autoencoder<std::remove_cv_t<L>>;

template <AnyAutoencoder L>
Index input_size(const L& layer) {
  return layer.visible.size();
}
template <AnyAutoencoder L>
Index output_size(const L& layer) {
  return layer.hidden.size();
}
template <AnyAutoencoder L>
auto& input_units(L& layer) {
  return layer.visible;
}
/// It has no units for labels.
template <AnyAutoencoder L>
Index label_count(const L&) {
  return 0;
}
/// `autoencoder 784-500 (Bernoulli, ReLU), untied`
template <AnyAutoencoder L>
std::string describe(const L& layer) {
  return text("autoencoder ", input_size(layer), "-", output_size(layer), " (",
              kind_name(layer.visible), ", ", kind_name(layer.hidden), ")",
              layer.tied() ? "" : ", untied");
}

/// Encodes: E[h | v], n_h × B.
template <AnyAutoencoder L>
Matrix<ScalarOf<L>> up(const L& layer, const Batch<ScalarOf<L>>& v) {
  check_rows("up", "v", v.rows(), input_size(layer), "visible units");
  Matrix<ScalarOf<L>> x;
  product(layer.weights, v, x);
  return mean(layer.hidden, x);
}
/// out = D h.
template <AnyAutoencoder L>
void decoder_input(const L& layer, const Batch<ScalarOf<L>>& h, Matrix<ScalarOf<L>>& out) {
  if (layer.tied())
    product(layer.weights.transpose(), h, out);
  else
    product(layer.decoder_weights, h, out);
}

/// Decodes: E[v | h], n_v × B.
template <AnyAutoencoder L>
Matrix<ScalarOf<L>> down(const L& layer, const Batch<ScalarOf<L>>& h) {
  check_rows("down", "h", h.rows(), output_size(layer), "hidden units");
  Matrix<ScalarOf<L>> x;
  decoder_input(layer, h, x);
  return mean(layer.visible, x);
}
/// Normal weights of variance 2 / (n_v + n_h), tied ones on both sides; the bias of the visible units
/// by which the data, n_v × N, are likeliest without a code; hidden biases 0.
template <AnyAutoencoder L>
void initialise(L& layer, const Batch<ScalarOf<L>>& data, Random& rng) {
  using S = ScalarOf<L>;
  check_rows("initialise", "data", data.rows(), input_size(layer), "visible units");
  const Index n_v = input_size(layer), n_h = output_size(layer);
  const auto deviation = static_cast<S>(std::sqrt(2 / static_cast<double>(n_v + n_h)));
  layer.weights = deviation * rng.normal<S>(n_h, n_v);
  if (!layer.tied()) layer.decoder_weights = layer.weights.transpose();
  fit(layer.visible, data);
  zero_units(layer.hidden);
  layer.constrain();
}

/// The same layer with decoder weights of its own, to begin with Wᵀ.
template <AnyAutoencoder L>
L untied(L layer) {
  if (layer.tied()) layer.decoder_weights = layer.weights.transpose();
  return layer;
}
template <AnyAutoencoder L>
Stack<L> untied(const Stack<L>& net) {
  Stack<L> all;
  for (const L& layer : net.layers) all.layers.push_back(untied(layer));
  return all;
}

/// Its encoder, for backpropagation.
template <AnyAutoencoder L>
auto dense(const L& layer) {
  Dense<std::remove_cvref_t<decltype(layer.hidden)>> encoder(input_size(layer), layer.hidden);
  encoder.weights = layer.weights;
  return encoder;
}

/// The way back of a layer as a dense one: up(decoder(layer), h) = down(layer, h).
template <AnyAutoencoder L>
auto decoder(const L& layer) {
  Dense<std::remove_cvref_t<decltype(layer.visible)>> back(output_size(layer), layer.visible);
  back.weights = layer.weights.transpose();
  if (!layer.tied()) back.weights = layer.decoder_weights;
  return back;
}
template <class V, class H>
Dense<V> decoder(const DirectedLayer<V, H>& layer) {
  return with_unit_scale(layer.generation);
}
template <AnyRBM M>
auto decoder(const M& m) {
  return decoder(directed(m));
}

/// An RBM as an autoencoder that computes the same means; untied if there is a σ other than 1, which
/// goes into the weights.
template <AnyRBM M>
auto autoencoder(const M& m) {
  auto encoder = dense(m);
  auto back = decoder(m);
  AutoencoderLayer layer(std::move(back.units), std::move(encoder.units));
  const bool tied = back.weights == encoder.weights.transpose();
  layer.weights = std::move(encoder.weights);
  if (!tied) layer.decoder_weights = std::move(back.weights);
  return layer;
}
/// An autoencoder as an RBM that begins with its biases and its encoder's weights.
template <UnitLayer V, UnitLayer H>
RestrictedBoltzmannMachine<V, H> rbm(const AutoencoderLayer<V, H>& layer) {
  RestrictedBoltzmannMachine<V, H> m(layer.visible, layer.hidden);
  m.weights = layer.weights;
  return m;
}

}  // namespace strata
