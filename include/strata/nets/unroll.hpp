// SPDX-License-Identifier: MIT
// Deep autoencoders: "Reducing the dimensionality of data with neural networks" (Hinton and
// Salakhutdinov 2006).
#pragma once

#include "strata/nets/autoencoder.hpp"
#include "strata/nets/classifier.hpp"

namespace strata {

/// The way back of a stack as dense layers, its top first.
template <class L>
auto decoder(const Stack<L>& net) {
  using D = decltype(decoder(net.layers[0]));
  std::vector<D> layers;
  for (auto layer = net.layers.rbegin(); layer != net.layers.rend(); ++layer)
    layers.push_back(decoder(*layer));
  return Stack<D>(std::move(layers));
}
template <class... Layers>
requires(sizeof...(Layers) > 1) auto decoder(const Stack<Layers...>& net) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return stack(decoder(std::get<sizeof...(I) - 1 - I>(net.layers))...);
  }
  (std::index_sequence_for<Layers...>{});
}

/// A trained stack (of RBMs, autoencoders or directed layers, or one layer) as one deep net for
/// fine_tune: an encoder, and a decoder with copies of the weights that learn on by themselves. It
/// computes what reconstruct(net, x) did.
template <class Net>
auto unroll(const Net& net) {
  return stack(dense(net), decoder(net));
}

namespace detail {

/// Part 0, the encoder, or 1, the decoder.
template <std::size_t part, class Net>
const auto& part_of(std::string_view where, const Net& net) {
  if constexpr (requires { net.layers.front(); }) {
    check(net.layers.size() == 2, where, ": the net has ", net.layers.size(),
          " parts, but an encoder and a decoder are needed");
    return net.layers[part];
  } else {
    static_assert(std::tuple_size_v<decltype(net.layers)> == 2,
                  "an unrolled net has an encoder and a decoder");
    return std::get<part>(net.layers);
  }
}

}  // namespace detail

/// A net that has been unrolled: two parts, up all the way.
template <class Net>
concept Unrolled = is_stack<std::remove_cv_t<Net>> && !goes_down<std::remove_cv_t<Net>>;

/// The code of x, n_code × B, and what a code stands for, n × B, of a net that goes up and down: the same
/// words before it is unrolled.
template <class Net>
requires goes_down<Net> Matrix<ScalarOf<Net>> encode(const Net& net,
                                                     const Batch<ScalarOf<Net>>& x) {
  return up(net, x);
}
template <class Net>
requires goes_down<Net> Matrix<ScalarOf<Net>> decode(const Net& net,
                                                     const Batch<ScalarOf<Net>>& h) {
  return down(net, h);
}

/// The code of x, n_code × B. Throws if the net has other than two parts.
template <Unrolled Net>
Matrix<ScalarOf<Net>> encode(const Net& net, const Batch<ScalarOf<Net>>& x) {
  return up(detail::part_of<0>("encode", net), x);
}
/// What the code h stands for, n × B. Throws likewise.
template <Unrolled Net>
Matrix<ScalarOf<Net>> decode(const Net& net, const Batch<ScalarOf<Net>>& h) {
  return up(detail::part_of<1>("decode", net), h);
}
/// decode(encode(x)).
template <Unrolled Net>
Matrix<ScalarOf<Net>> reconstruct(const Net& net, const Batch<ScalarOf<Net>>& x) {
  return up(net, x);
}

}  // namespace strata
