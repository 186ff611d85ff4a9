// SPDX-License-Identifier: MIT
// A model seen as a list of named matrices: all that optimisers, penalties and model files know of
// it.
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <vector>

#include "strata/core/parallel.hpp"

namespace strata {

/// What a parameter is to the optimiser: penalties act on weights alone, and scales (log σ) learn
/// at a rate of their own.
enum class Role { weights, bias, log_scale };

/// A matrix of which only tiles ever exist: the gradient of weights in training.
template <class S>
struct TiledGradient {
  using Tile = std::function<void(Index first, Eigen::Map<Matrix<S>> tile)>;

  virtual void setZero() = 0;
  /// Calls f on tiles of whole columns, from column `first` on, that together are the matrix, maybe
  /// on several at once. f may write to them.
  virtual void for_each_tile(const Tile& f) = 0;

  TiledGradient() = default;
  TiledGradient(const TiledGradient&) = default;
  TiledGradient& operator=(const TiledGradient&) = default;
  virtual ~TiledGradient() = default;
};

/// A view of one parameter of a model, or of a gradient; valid until that is moved or resized.
template <class S>
struct Parameter {
  std::string name;  // "weights", in a stack "0.weights"
  Eigen::Map<Matrix<S>> value;
  Role role;
  TiledGradient<S>* tiled = nullptr;  // in place of the value
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
  S* const first = theta[i].value.data();
  const auto on_piece = [&](auto value, auto slope) {
    Piece<S> piece{i, theta[i].role, value.data() - first, value, slope};
    f(piece);
  };
  if (!gradient[i].tiled) return for_each_piece(on_piece, theta[i].value, gradient[i].value);
  gradient[i].tiled->for_each_tile([&](Index column, Eigen::Map<Matrix<S>> tile) {
    constexpr Index most = 1 << 11;  // 8 KiB of floats
    using Values = typename Piece<S>::Values;
    for (Index k = 0; k < tile.size(); k += most) {
      const Index n = std::min(most, tile.size() - k);
      on_piece(Values(first + column * tile.rows() + k, n), Values(tile.data() + k, n));
    }
  });
}

/// The parameters of anything with a member `visit(f)` that calls f(name, matrix, role) on each, in
/// the order in which they are saved.
template <class Model>
Parameters<ScalarOf<Model>> parameters(Model& model) {
  Parameters<ScalarOf<Model>> list;
  model.visit([&](const std::string& name, auto& value, Role role) {
    using S = ScalarOf<Model>;
    if constexpr (std::derived_from<std::remove_cvref_t<decltype(value)>, TiledGradient<S>>)
      list.push_back({name, {nullptr, value.rows(), value.cols()}, role, &value});
    else
      list.push_back({name, {value.data(), value.rows(), value.cols()}, role});
  });
  return list;
}

/// Whether nothing was set or learned yet: all parameters are 0.
template <class M>
bool is_new(M& m) {
  bool zero = true;
  for (const auto& p : parameters(m)) zero = zero && p.value.isZero(0);
  return zero;
}

/// Throws unless every σ is 1: where gradients are those of units that have no other.
template <class Model>
void check_unit_scale(std::string_view where, Model& m) {
  for (const auto& p : parameters(m))
    check(p.role != Role::log_scale || p.value.isZero(0), where, ": ", p.name,
          " has a number other than 0, but 0 (σ = 1) is needed");
}

/// Throws unless all parameters are finite: `train: weights has nan at row 3, column 17, but finite
/// numbers are needed`
template <class Model>
void check_finite(std::string_view where, Model& m) {
  for (const auto& p : parameters(m))
    for (Index j = 0; j < p.value.cols(); ++j)
      for (Index i = 0; i < p.value.rows() && !p.value.col(j).allFinite(); ++i)
        check(std::isfinite(p.value(i, j)), where, ": ", p.name, " has ", p.value(i, j), " at row ",
              i, ", column ", j, ", but finite numbers are needed");
}

/// Copies of the values, for going back to them.
template <class S>
std::vector<Matrix<S>> values(const Parameters<S>& parameters) {
  std::vector<Matrix<S>> copies;
  for (const auto& p : parameters) copies.emplace_back(p.value);
  return copies;
}

template <class Model>
std::vector<Matrix<ScalarOf<Model>>> values_of(const Model& model) {
  return values(parameters(const_cast<Model&>(model)));  // which are only read
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

/// All elements one after the other, in the order of memory.
template <class S>
void copy(const Parameters<S>& parameters, Vector<S>& all) {
  Index size = 0;
  for (const auto& p : parameters) size += p.value.size();
  all.resize(size);
  S* to = all.data();
  for (const auto& p : parameters) to = std::copy_n(p.value.data(), p.value.size(), to);
}
/// Back again.
template <class S>
void assign(Parameters<S>& parameters, const Vector<S>& all) {
  const S* from = all.data();
  for (auto& p : parameters) {
    std::copy_n(from, p.value.size(), p.value.data());
    from += p.value.size();
  }
}

/// θ ← 0.
template <class Model>
void set_zero(Model& model) {
  for (auto& p : parameters(model))
    if (p.tiled)
      p.tiled->setZero();
    else
      p.value.setZero();
}

/// A model of the same shape with every parameter zero: what gradients are held in.
template <class Model>
Model zeros_like(const Model& model) {
  Model zero = model;
  set_zero(zero);
  return zero;
}

/// What the gradient of a model is held in during training: the type that the model names, or else
/// a model of its own type.
template <class Model>
auto zero_gradient(const Model& model) {
  if constexpr (requires { model.zero_gradient(); })
    return model.zero_gradient();
  else
    return zeros_like(model);
}
template <class Model>
using GradientOf = decltype(zero_gradient(std::declval<const Model&>()));

}  // namespace strata
