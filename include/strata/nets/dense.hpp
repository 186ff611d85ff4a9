// SPDX-License-Identifier: MIT
// One kind of units under W x. Its means make the deterministic layer that an RBM becomes for
// backpropagation; its samples make directed nets.
#pragma once

#include "strata/nets/layer.hpp"
#include "strata/units/softmax.hpp"

namespace strata {

/// p(y | x) of units that receive W x. E[y | x] is a sigmoid layer for Bernoulli units, softmax for
/// Softmax, linear for Gaussian ones, whose σ backpropagation wants to be 1 and leaves so.
template <DifferentiableUnits Units>
struct Dense {
  using Scalar = ScalarOf<Units>;
  Units units;
  Matrix<Scalar> weights;  // W, n_out × n_in

  Dense() = default;
  Dense(Index inputs, Units outputs)
      : units(std::move(outputs)),
        weights(Matrix<Scalar>::Zero(units.size(), checked_size("Dense", "inputs", inputs))) {}
  Dense(Index inputs, Index outputs) requires std::constructible_from<Units, Index>
      : Dense(inputs, Units(outputs)) {}

  template <class F>
  void visit(F&& f) {
    f("weights", weights, Role::weights);
    visit_units(units, "", f);
  }

  /// ∂/∂θ in training, with the weights' part not yet multiplied out.
  struct Gradient {
    using Scalar = ScalarOf<Units>;
    Units units;
    OuterProducts<Scalar> weights;

    template <class F>
    void visit(F&& f) {
      f("weights", weights, Role::weights);
      visit_units(units, "", f);
    }
  };
  Gradient zero_gradient() const {
    Gradient g{units, {weights.rows(), weights.cols()}};
    set_zero(g);
    return g;
  }
};

template <class U>
Index input_size(const Dense<U>& layer) {
  return layer.weights.cols();
}
template <class U>
Index output_size(const Dense<U>& layer) {
  return layer.units.size();
}
template <class U>
std::string describe(const Dense<U>& layer) {
  return text("dense ", input_size(layer), "-", output_size(layer), " (", kind_name(layer.units),
              ")");
}

template <class U>
Matrix<ScalarOf<U>> up(const Dense<U>& layer, const Batch<ScalarOf<U>>& input) {
  check_rows("up", "x", input.rows(), input_size(layer), "inputs");
  check_rows("up", "weights", layer.weights.rows(), output_size(layer), "units");
  Matrix<ScalarOf<U>> x;
  product(layer.weights, input, x);
  return mean(layer.units, x);
}

/// The same means with σ = 1, as backpropagation wants it: the σ of Gaussian units goes into the
/// weights.
template <class U>
Dense<U> with_unit_scale(Dense<U> layer) {
  layer.weights = statistic_scale(layer.units).cwiseInverse().asDiagonal() * layer.weights;
  visit_units(layer.units, "", [](const std::string&, auto& value, Role role) {
    if (role == Role::log_scale) value.setZero();
  });
  return layer;
}

/// The hidden layer of an RBM with its means: up(dense(m), v) = up(m, v). Bernoulli layers keep
/// their very matrix; the σ of Gaussian layers goes into it.
template <AnyRBM M>
auto dense(const M& m) {
  Dense<std::remove_cvref_t<decltype(m.hidden)>> layer(m.visible.size(), m.hidden);
  layer.weights = m.weights * statistic_scale(m.visible).asDiagonal();
  return with_unit_scale(std::move(layer));
}

}  // namespace strata
