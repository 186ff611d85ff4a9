// SPDX-License-Identifier: MIT
// What a stack asks of its layers, and the answers of an RBM.
#pragma once

#include "strata/rbm/gibbs.hpp"
#include "strata/rbm/labels.hpp"

namespace strata {

/// A layer turns n × B inputs into m × B outputs and lists its parameters.
///   input_size(layer), output_size(layer)
///   up(layer, x)       the means of its outputs
///   describe(layer)    what messages and model files call it
template <class L>
concept Layer = requires(const L& layer, L& changed, const Matrix<ScalarOf<L>>& x) {
  { input_size(layer) } -> std::convertible_to<Index>;
  { output_size(layer) } -> std::convertible_to<Index>;
  { up(layer, x) } -> std::convertible_to<Matrix<ScalarOf<L>>>;
  { describe(layer) } -> std::convertible_to<std::string>;
  parameters(changed);
};

/// A layer with a way back: down(layer, h) gives the means of its inputs.
template <class L>
concept GenerativeLayer = Layer<L> && requires(const L& layer, const Matrix<ScalarOf<L>>& h) {
  { down(layer, h) } -> std::convertible_to<Matrix<ScalarOf<L>>>;
};

/// The labels of an RBM do not come from the layer below.
template <AnyRBM M>
Index input_size(const M& m) {
  return feature_count(m);
}
/// The units that see what comes from below.
template <AnyRBM M>
auto& input_units(M& m) {
  if constexpr (AnyLabelledRBM<M>)
    return m.visible.first;
  else
    return m.visible;
}
template <AnyRBM M>
Index output_size(const M& m) {
  return m.hidden.size();
}
template <AnyRBM M>
Matrix<ScalarOf<M>> up(const M& m, const Batch<ScalarOf<M>>& v) {
  return hidden_mean(m, v);
}
/// E[h | features] = Σ_label p(label | features) E[h | features, label].
template <AnyLabelledRBM M>
Matrix<ScalarOf<M>> up(const M& m, const Batch<ScalarOf<M>>& features) {
  using S = ScalarOf<M>;
  const Matrix<S> input = hidden_input_of_features(m, features);
  const Matrix<S> p = softmax(-label_energies(m, features));
  Matrix<S> h = Matrix<S>::Zero(input.rows(), input.cols());
  for (Index label = 0; label < p.rows(); ++label) {
    const Vector<S> bias = m.weights.col(feature_count(m) + label);
    h += mean(m.hidden, input.colwise() + bias) * p.row(label).asDiagonal();
  }
  return h;
}
template <AnyRBM M>
Matrix<ScalarOf<M>> down(const M& m, const Batch<ScalarOf<M>>& h) {
  return visible_mean(m, h).topRows(feature_count(m));
}

}  // namespace strata
