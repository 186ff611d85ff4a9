// SPDX-License-Identifier: MIT
// Greedy layer-wise pre-training: "A fast learning algorithm for deep belief nets" (Hinton,
// Osindero and Teh 2006).
#pragma once

#include <optional>

#include "strata/nets/stack.hpp"
#include "strata/train/train.hpp"

namespace strata {

namespace detail {

/// out = what a layer makes of data, n_h × N, a thousand at a time.
template <class S, class Layer>
void up_all(const Layer& layer, const Samples<S>& x, Matrix<S>& out) {
  out.resize(output_size(layer), x.cols());
  x.for_each_block([&](const Matrix<S>& some, Index first) {
    out.middleCols(first, some.cols()) = strata::up(layer, some);
  });
}

/// What a layer makes of the data of a source, computed when it is read.
template <class S, class Layer>
Source<S> above(const Source<S>& below, const Layer& layer) {
  const auto up_pass = [below, &layer](Index first, Matrix<S>& x) {
    Matrix<S> inputs(below.rows(), x.cols());
    below.read(first, inputs);
    up_all(layer, Samples<S>(inputs), x);
  };
  return {output_size(layer), below.cols(), up_pass, below.block()};
}

}  // namespace detail

/// Trains each layer on the means of the layers below, and the labels that the data may have:
/// train_layer(layer, x, index), with whatever trainer suits that layer. A Diverged names the layer; those
/// below it have learned.
template <class Net, class TrainLayer>
void pretrain(Net& net, const Samples<ScalarOf<Net>>& data, TrainLayer&& train_layer) {
  using S = ScalarOf<Net>;
  const std::size_t top = depth(net) - 1;
  std::size_t index = 0;
  Matrix<S> features;
  std::optional<Source<S>> source;  // of a layer's data, where they are read from one
  if (data.source()) source = *data.source();
  for_each_layer(
      [&](auto& layer) {
        const Samples<S> x = index == 0 ? data
                             : source   ? Samples<S>(*source).with(data.labels())
                                        : Samples<S>(features).with(data.labels());
        try {
          train_layer(layer, x, index);
        } catch (const Diverged& e) {
          throw Diverged(text("pretrain: layer ", index, ": ", e.what()));
        }
        if (index++ == top) return;
        if (source) {
          source = detail::above(*source, layer);
          return;
        }
        Matrix<S> next;
        detail::up_all(layer, x, next);
        features.swap(next);
      },
      net);
}

namespace detail {

/// Throws if a layer may give values that the visible units of the next cannot take.
template <class Net>
void check_supports(const Net& net) {
  std::size_t index = 0;
  Interval below;
  std::string giver;
  for_each_layer(
      [&](const auto& layer) {
        constexpr Interval takes = support<std::remove_cvref_t<decltype(input_units(layer))>>();
        check(index == 0 || (takes.lowest <= below.lowest && below.highest <= takes.highest),
              "pretrain: layer ", index, " (", describe(layer), ") takes ", describe(takes),
              ", but layer ", index - 1, " (", giver, ") gives ", describe(below));
        if constexpr (requires { layer.hidden; })
          below = support<std::remove_cvref_t<decltype(layer.hidden)>>();
        else
          below = takes;
        giver = describe(layer);
        ++index;
      },
      net);
}

template <class Net, class Estimator, class Optimiser, class... Plugins>
void run_pretraining(Net& net, const Samples<ScalarOf<Net>>& data, const Estimator& estimator,
                     const Optimiser& optimiser, const Training& training, Random& rng,
                     Plugins&... plugins);

}  // namespace detail

/// The same trainer for each layer; arguments as for train. Layers that do not fit, and labels that its
/// top could not learn, are refused before the first layer learns.
template <class Net, class Estimator, class Optimiser, class... Plugins>
void pretrain(Net& net, const Samples<ScalarOf<Net>>& data, const Estimator& estimator,
              const Optimiser& optimiser, const Training& training, Random& rng,
              Plugins&&... plugins) {
  using Bottom = std::remove_cvref_t<decltype(bottom_layer(net))>;
  constexpr bool learns = detail::learns_by<Estimator, Net>;
  static_assert(learns,
                "this estimator is not for one of the layers; pretrain(net, data, train_layer) "
                "trains each by its own");
  if constexpr (learns && detail::fit_run<Bottom, Optimiser, std::remove_cvref_t<Plugins>...>())
    detail::run_pretraining(net, data, estimator, optimiser, training, rng, plugins...);
}

namespace detail {

template <class Net, class Estimator, class Optimiser, class... Plugins>
void run_pretraining(Net& net, const Samples<ScalarOf<Net>>& data, const Estimator& estimator,
                     const Optimiser& optimiser, const Training& training, Random& rng,
                     Plugins&... plugins) {
  check_finite("pretrain", net);
  check_supports(net);
  if (const Index classes = label_count(net); classes > 0 && depth(net) > 1) {
    check(data.labels() != nullptr, "pretrain: data has 0 labels, but the model has ", classes,
          " units for them");
    check_labels("pretrain", *data.labels(), data.cols(), classes);
  }
  strata::pretrain(net, data, [&](auto& layer, const auto& x, std::size_t) {
    strata::train(layer, x, estimator, optimiser, training, rng, plugins...);
  });
}

}  // namespace detail

}  // namespace strata
