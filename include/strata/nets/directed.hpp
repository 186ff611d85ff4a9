// SPDX-License-Identifier: MIT
// Directed layers: "The 'wake-sleep' algorithm for unsupervised neural networks" (Hinton, Dayan, Frey
// and Neal 1995). What generates and what recognises have weights of their own.
#pragma once

#include "strata/nets/dense.hpp"
#include "strata/nets/stack.hpp"

namespace strata {

/// p(v | h), which generates, and q(h | v), which recognises. As a layer of a stack its means go up
/// by recognition and down by generation.
template <DifferentiableUnits Visible, DifferentiableUnits Hidden>
struct DirectedLayer {
  using Scalar = ScalarOf<Visible>;
  Dense<Hidden> recognition;  // n_h × n_v
  Dense<Visible> generation;  // n_v × n_h

  DirectedLayer() = default;
  DirectedLayer(Dense<Hidden> q, Dense<Visible> p)
      : recognition(std::move(q)), generation(std::move(p)) {}
  DirectedLayer(Visible v, Hidden h)
      : recognition(v.size(), std::move(h)), generation(recognition.units.size(), std::move(v)) {}
  DirectedLayer(Index n_v, Index n_h) requires std::constructible_from<Visible, Index> &&
      std::constructible_from<Hidden, Index> : DirectedLayer(Visible(n_v), Hidden(n_h)) {}

  template <class F>
  void visit(F&& f) {
    visit_both(*this, f);
  }
  void constrain() {
    strata::constrain(recognition.units);
    strata::constrain(generation.units);
  }

  struct Gradient {
    using Scalar = ScalarOf<Visible>;
    typename Dense<Hidden>::Gradient recognition;
    typename Dense<Visible>::Gradient generation;

    template <class F>
    void visit(F&& f) {
      visit_both(*this, f);
    }
  };
  Gradient zero_gradient() const {
    return {recognition.zero_gradient(), generation.zero_gradient()};
  }

 private:
  template <class L, class F>
  static void visit_both(L& layer, F&& f) {
    const auto with = [&](const std::string& prefix) {
      return [&f, prefix](const std::string& name, auto& value, Role role) {
        f(prefix + name, value, role);
      };
    };
    layer.recognition.visit(with("recognition."));
    layer.generation.visit(with("generation."));
  }
};

/// f(recognition), f(generation) of a layer or of a gradient.
template <class L, class F>
void for_both(L& layer, F&& f) {
  f(layer.recognition);
  f(layer.generation);
}

/// Directed<float> has Bernoulli units on both sides; kinds are named as for an RBM.
template <class Visible, class Hidden = ScalarOf<UnitsOf<Visible>>>
using Directed = DirectedLayer<UnitsOf<Visible>, UnitsOf<Hidden>>;

template <class L>
inline constexpr bool is_directed = false;
template <class V, class H>
inline constexpr bool is_directed<DirectedLayer<V, H>> = true;
template <class V, class H>
inline constexpr bool is_directed<const DirectedLayer<V, H>> = true;

template <class V, class H>
Index input_size(const DirectedLayer<V, H>& layer) {
  return layer.generation.units.size();
}
template <class V, class H>
Index output_size(const DirectedLayer<V, H>& layer) {
  return layer.recognition.units.size();
}
template <class V, class H>
std::string describe(const DirectedLayer<V, H>& layer) {
  return text("directed ", input_size(layer), "-", output_size(layer), " (",
              kind_name(layer.generation.units), ", ", kind_name(layer.recognition.units), ")");
}
/// The units at its bottom.
template <class L>
requires is_directed<L>
auto& input_units(L& layer) { return layer.generation.units; }
template <class V, class H>
Matrix<ScalarOf<V>> up(const DirectedLayer<V, H>& layer, const Batch<ScalarOf<V>>& v) {
  return up(layer.recognition, v);
}
template <class V, class H>
Matrix<ScalarOf<V>> down(const DirectedLayer<V, H>& layer, const Batch<ScalarOf<V>>& h) {
  return up(layer.generation, h);
}

/// For backpropagation: what was learned to recognise.
template <class V, class H>
Dense<H> dense(const DirectedLayer<V, H>& layer) {
  return with_unit_scale(layer.recognition);
}

/// An RBM as a directed layer with the conditionals that it has: p(v | h) and q(h | v) = p(h | v).
template <AnyRBM M>
auto directed(const M& m) {
  using V = std::remove_cvref_t<decltype(m.visible)>;
  using H = std::remove_cvref_t<decltype(m.hidden)>;
  DirectedLayer<V, H> layer(m.visible, m.hidden);
  layer.recognition.weights = m.weights * statistic_scale(m.visible).asDiagonal();
  layer.generation.weights = m.weights.transpose() * statistic_scale(m.hidden).asDiagonal();
  return layer;
}
template <class L>
auto directed(const Stack<L>& net) {
  using D = decltype(directed(net.layers[0]));
  Stack<D> all;
  for (const L& layer : net.layers) all.layers.push_back(directed(layer));
  return all;
}

/// A trained stack of RBMs with directed layers under its top RBM, which stays as it is. All that it
/// computes is the same until it learns on. Throws if there is no layer below the top.
template <class L>
auto untied(const Stack<L>& net) {
  check(depth(net) >= 2, "untied: the net has ", depth(net), " layers, but at least 2 are needed");
  Stack<L> below = net;
  below.layers.pop_back();
  return stack(directed(below), net.layers.back());
}
template <class... Layers>
requires(sizeof...(Layers) > 1) auto untied(const Stack<Layers...>& net) {
  using Top = std::tuple_element_t<sizeof...(Layers) - 1, std::tuple<Layers...>>;
  static_assert(AnyRBM<Top>, "untied needs an RBM on top, not a stack of RBMs in the stack");
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return stack(directed(std::get<I>(net.layers))..., std::get<sizeof...(I)>(net.layers));
  }
  (std::make_index_sequence<sizeof...(Layers) - 1>{});
}

}  // namespace strata
