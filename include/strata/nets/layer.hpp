// SPDX-License-Identifier: MIT
// What a stack asks of its layers, and the answers of an RBM.
#pragma once

#include "strata/rbm/gibbs.hpp"

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

template <AnyRBM M>
Index input_size(const M& m) {
  return m.visible.size();
}
template <AnyRBM M>
Index output_size(const M& m) {
  return m.hidden.size();
}
template <AnyRBM M>
Matrix<ScalarOf<M>> up(const M& m, const Batch<ScalarOf<M>>& v) {
  return hidden_mean(m, v);
}
template <AnyRBM M>
Matrix<ScalarOf<M>> down(const M& m, const Batch<ScalarOf<M>>& h) {
  return visible_mean(m, h);
}

}  // namespace strata
