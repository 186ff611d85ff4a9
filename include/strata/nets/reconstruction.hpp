// SPDX-License-Identifier: MIT
// How an autoencoder learns: by lowering the loss of its reconstructions, of inputs that may be
// corrupted, with a code that may be penalised.
#pragma once

#include "strata/nets/autoencoder.hpp"
#include "strata/nets/corruption.hpp"
#include "strata/nets/loss.hpp"

namespace strata {

/// The loss per sample gains strength · ‖∂h/∂v‖²_F, the square of the code's Jacobian at the inputs
/// that the encoder sees: "Contractive auto-encoders: explicit invariance during feature extraction"
/// (Rifai, Vincent, Muller, Glorot and Bengio 2011). The Jacobian's entries are f′(x_j) W_ji.
struct Contraction {
  double strength = 0.1;

  void check_options() const {
    check(strength >= 0, "Contraction: strength has ", strength, ", but at least 0 is needed");
  }
  /// Returns the penalty summed over the batch, and adds its derivative by x to delta; by W it is
  /// by_weights(j) · W_ji. `first` and `second` are f′ and f″, n_h × B.
  template <class S>
  double contract(const Matrix<S>& weights, const Matrix<S>& first, const Matrix<S>& second,
                  Matrix<S>& delta, Vector<S>& by_weights) const {
    const auto c = static_cast<S>(strength);
    const Vector<S> norms = weights.rowwise().squaredNorm();
    const Vector<S> slopes = first.rowwise().squaredNorm();  // Σ_b f′²
    delta.array() += (first.array() * second.array()).colwise() * (2 * c * norms.array());
    by_weights += 2 * c * slopes;
    return strength * slopes.template cast<double>().dot(norms.template cast<double>());
  }
};

/// The gradient of −loss(v | code of v) as an estimator for train and pretrain, like
/// ContrastiveDivergence for an RBM. `Reconstruction` has the loss of the visible units' kind,
/// −log p(v | h). Corruptions, Contraction, Sparsity and WeightDecay follow the other arguments of
/// train and combine; targets are always the inputs before they were corrupted.
template <class Loss>
struct ReconstructionOf {
  Loss loss = {};

  template <AnyAutoencoder L>
  struct State {
    using S = ScalarOf<L>;
    States<S> shown;              // the inputs, corrupted
    Matrix<S> x, code;            // the hidden units' input and mean, n_h × B
    Matrix<S> z, reconstruction;  // those of the visible units, n_v × B
    Matrix<S> target;             // the inputs, where they are bits
    Matrix<S> delta_code, delta;  // ∂loss/∂x, ∂loss/∂z
    Matrix<S> first, second;      // derivatives of the code by x

    template <class F>
    void visit(F&&) {}  // nothing is kept from one batch to the next
  };

  template <AnyAutoencoder L>
  State<L> start(const L&) const {
    return {};
  }

  /// Writes −∂loss/∂θ, averaged over the columns of v, to g: a layer or its Gradient, which refers to
  /// v and the state. Returns the loss per sample, penalties on the code included.
  template <AnyAutoencoder L, class G, class... Penalties>
  double gradient(const L& layer, const States<ScalarOf<L>>& v, State<L>& s, G& g, Random& rng,
                  const Penalties&... penalties) const {
    using S = ScalarOf<L>;
    const bool noisy = corrupted(v, s.shown, rng, penalties...);
    const States<S>& in = noisy ? s.shown : v;
    product(layer.weights, in, s.x);
    layer.hidden.mean(s.x, s.code);
    decoder_input(layer, s.code, s.z);
    layer.visible.mean(s.z, s.reconstruction);

    if (v.is_binary()) s.target = v.matrix();
    const Matrix<S>& target = v.is_binary() ? s.target : v.numbers();
    double sum = loss.value(layer.visible, s.z, s.reconstruction, target);
    loss.gradient(layer.visible, s.z, s.reconstruction, target, s.delta);
    if (layer.tied())
      product(layer.weights, s.delta, s.delta_code);
    else
      product(layer.decoder_weights.transpose(), s.delta, s.delta_code);
    Vector<S> by_weights;
    sum += through_code(layer, s, by_weights, penalties...);

    const S scale = S(-1) / static_cast<S>(v.cols());
    collect(layer, in, s, scale, by_weights, g);
    return sum / static_cast<double>(v.cols());
  }

 private:
  /// From ∂/∂code to ∂/∂x, with what the penalties add. Returns their sum over the batch.
  template <class L, class S = ScalarOf<L>, class... Penalties>
  static double through_code(const L& layer, State<L>& s, Vector<S>& by_weights,
                             const Penalties&... penalties) {
    const double of_activity = (0.0 + ... + on_activity(layer, s, penalties));
    layer.hidden.mean_gradient(s.x, s.code, s.delta_code);
    return (of_activity + ... + on_jacobian(layer, s, by_weights, penalties));
  }
  template <class L, class P, class S = ScalarOf<L>>
  static double on_activity(const L&, State<L>& s, const P& penalty) {
    if constexpr (requires(Vector<S> & q) { penalty.cost(q, q); }) {
      constexpr Interval values =
          support<std::remove_cvref_t<decltype(std::declval<L>().hidden)>>();
      static_assert(values.lowest == 0 && values.highest == 1,
                    "Sparsity needs a code between 0 and 1: Bernoulli hidden units");
      Vector<S> slope;
      const double cost = penalty.cost(mean_column<S>(s.code), slope);
      s.delta_code.colwise() += slope;
      return cost * static_cast<double>(s.code.cols());
    }
    return 0;
  }
  template <class L, class P, class S = ScalarOf<L>>
  static double on_jacobian(const L& layer, State<L>& s, Vector<S>& by_weights, const P& penalty) {
    if constexpr (requires { penalty.contract(s.x, s.x, s.x, s.x, by_weights); }) {
      static_assert(ElementwiseUnits<std::remove_cvref_t<decltype(layer.hidden)>>,
                    "Contraction needs hidden units that each depend on their own input alone");
      if (by_weights.size() == 0) by_weights.setZero(s.code.rows());
      layer.hidden.derivatives(s.code, s.first, s.second);
      return penalty.contract(layer.weights, s.first, s.second, s.delta_code, by_weights);
    }
    return 0;
  }

  /// g = scale · Σ_b ∂loss/∂θ.
  template <class L, class G, class S = ScalarOf<L>>
  static void collect(const L& layer, const States<S>& in, const State<L>& s, S scale,
                      const Vector<S>& by_weights, G& g) {
    set_zero(g);
    if (by_weights.size() > 0)
      g.weights = Matrix<S>((scale * by_weights).asDiagonal() * layer.weights);
    in.visit([&](const auto& states) { add_outer(scale, s.delta_code, states, g.weights); });
    if (layer.tied())
      add_outer(scale, s.code, s.delta, g.weights);
    else
      add_outer(scale, s.delta, s.code, g.decoder_weights);
    const Row<S> w = Row<S>::Constant(s.code.cols(), scale);
    add_weighted_columns<S>(s.delta, w, g.visible.bias);
    add_weighted_columns<S>(s.delta_code, w, g.hidden.bias);
  }
};
using Reconstruction = ReconstructionOf<CrossEntropy>;

}  // namespace strata
