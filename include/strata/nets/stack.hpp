// SPDX-License-Identifier: MIT
// The one compositor: layers on top of one another, bottom first. A DBN is a stack of RBMs, a
// classifier a stack of dense layers with a softmax on top.
#pragma once

#include <tuple>

#include "strata/nets/layer.hpp"

namespace strata {

/// Layers of any types, bottom first; a layer may be a stack itself. Throws if two neighbours do
/// not fit.
template <class... Layers>
struct Stack {
  using Scalar = ScalarOf<std::tuple_element_t<0, std::tuple<Layers...>>>;
  std::tuple<Layers...> layers;

  Stack() = default;
  explicit Stack(Layers... bottom_first) : layers(std::move(bottom_first)...) { check_fit(*this); }

  template <class F>
  void visit(F&& f) {
    visit_layers(*this, f);
  }
  void constrain() { constrain_layers(*this); }
  auto zero_gradient() const {
    Stack<GradientOf<Layers>...> g;
    g.layers = std::apply(
        [](const auto&... layer) { return std::tuple(strata::zero_gradient(layer)...); }, layers);
    return g;
  }
};

/// Layers of one type: their number may be chosen at run time.
template <class L>
struct Stack<L> {
  using Scalar = ScalarOf<L>;
  std::vector<L> layers;

  Stack() = default;
  explicit Stack(std::vector<L> bottom_first) : layers(std::move(bottom_first)) {
    check_fit(*this);
  }

  /// Stack<RBM<float>>({784, 500, 2000}) has an RBM between each two successive sizes.
  explicit Stack(
      const std::vector<Index>& sizes) requires std::constructible_from<L, Index, Index> {
    check(sizes.size() >= 2, "Stack: sizes has ", sizes.size(),
          " entries, but at least 2 are needed");
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) layers.emplace_back(sizes[i], sizes[i + 1]);
  }

  template <class F>
  void visit(F&& f) {
    visit_layers(*this, f);
  }
  void constrain() { constrain_layers(*this); }
  auto zero_gradient() const {
    Stack<GradientOf<L>> g;
    for (const L& layer : layers) g.layers.push_back(strata::zero_gradient(layer));
    return g;
  }
};

template <class S>
using DBN = Stack<RBM<S>>;

namespace detail {

// An assertion for each layer, and nothing built on one that fails: the compiler's first error is then
// the last, and says what the layer lacks.
template <class First, class L>
constexpr bool fits_stack() {
  static_assert(Layer<L>, "stack takes layers, and this is none; see nets/layer.hpp");
  if constexpr (Layer<First> && Layer<L>) {
    constexpr bool one_scalar = std::is_same_v<ScalarOf<First>, ScalarOf<L>>;
    static_assert(one_scalar, "the layers of a stack need one scalar");
    return one_scalar;
  }
  return false;
}

}  // namespace detail

/// stack(a, b, c), bottom first; layers of one type make a stack of that type.
template <class First, class... Rest>
auto stack(First first, Rest... rest) {
  if constexpr (!(detail::fits_stack<First, First>() && ... && detail::fits_stack<First, Rest>())) {
    return;
  } else if constexpr ((std::same_as<First, Rest> && ...)) {
    std::vector<First> layers;
    layers.push_back(std::move(first));
    (layers.push_back(std::move(rest)), ...);
    return Stack<First>(std::move(layers));
  } else {
    return Stack<First, Rest...>(std::move(first), std::move(rest)...);
  }
}

template <class T>
inline constexpr bool is_stack = false;
template <class... Layers>
inline constexpr bool is_stack<Stack<Layers...>> = true;

namespace detail {

template <bool reversed, class F, class First, class... Rest>
void walk(F& f, First& first, Rest&... rest);

template <bool reversed, std::size_t... I, class F, class First, class... Rest>
void walk_tuple(std::index_sequence<I...>, F& f, First& first, Rest&... rest) {
  constexpr std::size_t last = sizeof...(I) - 1;
  const auto one = [&]<std::size_t J>(std::integral_constant<std::size_t, J>) {
    walk<reversed>(f, std::get<J>(first.layers), std::get<J>(rest.layers)...);
  };
  (one(std::integral_constant < std::size_t, reversed ? last - I : I > {}), ...);
}

template <bool reversed, class F, class First, class... Rest>
void walk_vector(F& f, First& first, Rest&... rest) {
  const std::size_t n = first.layers.size();
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t i = reversed ? n - 1 - k : k;
    walk<reversed>(f, first.layers[i], rest.layers[i]...);
  }
}

template <class... Layers>
std::index_sequence_for<Layers...> indices(const Stack<Layers...>&);

template <bool reversed, class F, class First, class... Rest>
void walk(F& f, First& first, Rest&... rest) {
  if constexpr (!is_stack<std::remove_const_t<First>>)
    f(first, rest...);
  else if constexpr (requires { first.layers.size(); })
    walk_vector<reversed>(f, first, rest...);
  else
    walk_tuple<reversed>(decltype(indices(first)){}, f, first, rest...);
}

}  // namespace detail

/// f(layer), or f(layer, same layer of another net, …), on each layer from the bottom up; stacks in
/// a stack are walked through. A net may also be a single layer.
template <class F, class Net, class... Others>
void for_each_layer(F&& f, Net& net, Others&... others) {
  detail::walk<false>(f, net, others...);
}
/// The same from the top down.
template <class F, class Net, class... Others>
void for_each_layer_down(F&& f, Net& net, Others&... others) {
  detail::walk<true>(f, net, others...);
}

namespace detail {

template <class Net>
auto& some_layers(Net& net) {
  check(!net.layers.empty(), "stack: the net has 0 layers, but at least 1 is needed");
  return net.layers;
}

}  // namespace detail

/// The last layer, that of a stack in the stack if it comes last.
template <class Net>
auto& top_layer(Net& net) {
  if constexpr (!is_stack<std::remove_const_t<Net>>)
    return net;
  else if constexpr (requires { net.layers.back(); })
    return top_layer(detail::some_layers(net).back());
  else
    return top_layer(std::get<std::tuple_size_v<decltype(net.layers)> - 1>(net.layers));
}

/// The first layer, likewise.
template <class Net>
auto& bottom_layer(Net& net) {
  if constexpr (!is_stack<std::remove_const_t<Net>>)
    return net;
  else if constexpr (requires { net.layers.front(); })
    return bottom_layer(detail::some_layers(net).front());
  else
    return bottom_layer(std::get<0>(net.layers));
}

template <class Net>
using TopOf = std::remove_cvref_t<decltype(top_layer(std::declval<Net&>()))>;

/// How many layers there are, those of stacks in the stack counted one by one.
template <class Net>
std::size_t depth(const Net& net) {
  std::size_t n = 0;
  for_each_layer([&](const auto&) { ++n; }, net);
  return n;
}

/// `stack: layer 1 (RBM 400-500 …) has 400 inputs, but layer 0 (RBM 784-300 …) has 300 outputs`
template <class Net>
void check_fit(const Net& net) {
  std::size_t index = 0;
  Index size = 0;
  std::string below;
  for_each_layer(
      [&](const auto& layer) {
        check(index == 0 || input_size(layer) == size, "stack: layer ", index, " (",
              describe(layer), ") has ", input_size(layer), " inputs, but layer ", index - 1, " (",
              below, ") has ", size, " outputs");
        size = output_size(layer);
        below = describe(layer);
        ++index;
      },
      net);
}

/// `RBM 784-500 (…) | RBM 500-500 (…)`
template <class... Layers>
std::string describe(const Stack<Layers...>& net) {
  std::string all;
  for_each_layer([&](const auto& layer) { all += (all.empty() ? "" : " | ") + describe(layer); },
                 net);
  return all;
}

template <class... Layers>
Index input_size(const Stack<Layers...>& net) {
  Index n = 0;
  for_each_layer_down([&](const auto& layer) { n = input_size(layer); }, net);
  return n;
}
template <class... Layers>
Index output_size(const Stack<Layers...>& net) {
  Index n = 0;
  for_each_layer([&](const auto& layer) { n = output_size(layer); }, net);
  return n;
}

template <class Net>
requires is_stack<std::remove_const_t<Net>>
auto& input_units(Net& net) { return input_units(bottom_layer(net)); }

/// The means at the top given x at the bottom, layer by layer.
template <class... Layers>
Matrix<ScalarOf<Stack<Layers...>>> up(const Stack<Layers...>& net,
                                      const Batch<ScalarOf<Stack<Layers...>>>& x) {
  Matrix<ScalarOf<Stack<Layers...>>> y;
  bool bottom = true;
  for_each_layer(
      [&](const auto& layer) {
        y = bottom ? up(layer, x) : up(layer, y);
        bottom = false;
      },
      net);
  return y;
}

/// The means at the bottom given h at the top.
template <class... Layers>
Matrix<ScalarOf<Stack<Layers...>>> down(const Stack<Layers...>& net,
                                        Matrix<ScalarOf<Stack<Layers...>>> h) {
  for_each_layer_down([&](const auto& layer) { h = down(layer, h); }, net);
  return h;
}

/// Whether all layers have a way back.
template <class Net>
inline constexpr bool goes_down = GenerativeLayer<Net>;
template <class... Layers>
inline constexpr bool goes_down<Stack<Layers...>> = (goes_down<Layers> && ...);

/// down(up(x)).
template <class Net>
requires goes_down<Net> Matrix<ScalarOf<Net>> reconstruct(const Net& net,
                                                          const Batch<ScalarOf<Net>>& x) {
  return down(net, up(net, x));
}

/// f(name, parameter, role) with the layer's number before the name: "0.weights".
template <class... Layers, class F>
void visit_layers(Stack<Layers...>& net, F&& f) {
  std::size_t index = 0;
  for_each_layer(
      [&](auto& layer) {
        layer.visit([&](const std::string& name, auto& value, Role role) {
          f(text(index, ".", name), value, role);
        });
        ++index;
      },
      net);
}

template <class Net>
void constrain_layers(Net& net) {
  for_each_layer(
      [](auto& layer) {
        if constexpr (requires { layer.constrain(); }) layer.constrain();
      },
      net);
}

}  // namespace strata
