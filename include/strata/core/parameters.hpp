// SPDX-License-Identifier: MIT
// A model seen as a list of named matrices: all that optimisers, penalties and model files know of
// it.
#pragma once

#include <string>
#include <vector>

#include "strata/core/parallel.hpp"

namespace strata {

/// What a parameter is to the optimiser: penalties act on weights alone, and scales (log σ) learn
/// at a rate of their own.
enum class Role { weights, bias, log_scale };

/// A view of one parameter of a model; valid until the model is moved or resized.
template <class S>
struct Parameter {
  std::string name;  // "weights", in a stack "0.weights"
  Eigen::Map<Matrix<S>> value;
  Role role;
};

template <class S>
using Parameters = std::vector<Parameter<S>>;

/// The same few elements of a parameter and of its gradient, while both are in the first cache:
/// what penalties and optimisers work on.
template <class S>
struct Piece {
  using Values = Eigen::Map<Eigen::Array<S, Eigen::Dynamic, 1>>;
  std::size_t parameter;  // its place among the parameters
  Role role;
  Index begin;  // of the elements, in the order of memory
  Values value, gradient;

  /// The same elements of what an optimiser keeps, a matrix for each parameter.
  Values of(std::vector<Matrix<S>>& kept) const {
    return {kept[parameter].data() + begin, value.size()};
  }
};

/// f(piece) on pieces that cover all elements of parameter number i, in parallel.
template <class S, class F>
void for_each_piece(Parameters<S>& theta, Parameters<S>& gradient, std::size_t i, F&& f) {
  for_each_piece(
      [&](auto value, auto slope) {
        Piece<S> piece{i, theta[i].role, value.data() - theta[i].value.data(), value, slope};
        f(piece);
      },
      theta[i].value, gradient[i].value);
}

/// The parameters of anything with a member `visit(f)` that calls f(name, matrix, role) on each, in
/// the order in which they are saved.
template <class Model>
Parameters<ScalarOf<Model>> parameters(Model& model) {
  Parameters<ScalarOf<Model>> list;
  model.visit([&](const std::string& name, auto& value, Role role) {
    list.push_back({name, {value.data(), value.rows(), value.cols()}, role});
  });
  return list;
}

/// Copies of the values, for going back to them.
template <class S>
std::vector<Matrix<S>> values(const Parameters<S>& parameters) {
  std::vector<Matrix<S>> copies;
  for (const auto& p : parameters) copies.emplace_back(p.value);
  return copies;
}

/// Matrices of zeros of the same shapes.
template <class S>
std::vector<Matrix<S>> zeros(const Parameters<S>& parameters) {
  std::vector<Matrix<S>> list;
  for (const auto& p : parameters)
    list.emplace_back(Matrix<S>::Zero(p.value.rows(), p.value.cols()));
  return list;
}

template <class S>
void assign(Parameters<S>& parameters, const std::vector<Matrix<S>>& copies) {
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].value = copies[i];
}

/// θ ← 0.
template <class Model>
void set_zero(Model& model) {
  for (auto& p : parameters(model)) p.value.setZero();
}

/// A model of the same shape with every parameter zero: what gradients are held in.
template <class Model>
Model zeros_like(const Model& model) {
  Model zero = model;
  set_zero(zero);
  return zero;
}

}  // namespace strata
