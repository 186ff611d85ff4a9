// SPDX-License-Identifier: MIT
// Training an RBM, an autoencoder or a net that generates, by ascending what an estimator says is the
// gradient of its likelihood, or of minus its loss.
#pragma once

#include "strata/nets/generative.hpp"
#include "strata/nets/reconstruction.hpp"
#include "strata/optim/penalties.hpp"
#include "strata/rbm/coordinates.hpp"
#include "strata/rbm/initialise.hpp"
#include "strata/rbm/statistics.hpp"
#include "strata/train/batches.hpp"
#include "strata/train/divergence.hpp"
#include "strata/train/loop.hpp"
#include "strata/units/check_data.hpp"

namespace strata {

/// ‖v − E[v | E[h | v]]‖², summed over units and averaged over columns (of word counts given how many).
template <class M>
requires AnyRBM<M> || AnyAutoencoder<M>
double reconstruction_error(const M& m, const Batch<ScalarOf<M>>& v) {
  check(v.cols() > 0, "reconstruction_error: v has 0 columns, but at least 1 is needed");
  Matrix<ScalarOf<M>> difference;
  if constexpr (AnyRBM<M>)
    difference = v - mean(like(m.visible, v), visible_input(m, hidden_mean(m, v)));
  else
    difference = v - down(m, up(m, v));
  return difference.template cast<double>().squaredNorm() / static_cast<double>(v.cols());
}

namespace detail {

template <class P, AnyRBM M, class G>
void pull_activity(P& plugin, const M& m, const States<ScalarOf<M>>& v, G& g) {
  using S = ScalarOf<M>;
  if constexpr (PullsActivity<P, S>) {
    const Vector<S> q = mean_column<S>(hidden_mean(m, v));
    const Vector<S> pull = plugin.pull(q);
    g.hidden.bias += pull;
    add_outer(S(1), pull, mean_column<S>(statistic(m.visible, v.matrix())), g.weights);
  }
}

/// What a run is called: an RBM by its description, a net by its sizes.
template <class M>
std::string task(const M& m) {
  if constexpr (!is_stack<M>) {
    return describe(m);
  } else {
    std::string sizes = std::to_string(input_size(m));
    for_each_layer(
        [&](const auto& layer) {
          if constexpr (!AnyPrior<std::remove_reference_t<decltype(layer)>>)  // it adds no units
            sizes += text("-", output_size(layer));
        },
        m);
    return "net " + sizes;
  }
}

/// A net is worth what it is with binary pixels, if it learns from them.
template <class M, class S = ScalarOf<M>>
States<S> examples(const Matrix<S>& samples, const Training& training) {
  States<S> drawn(samples);
  Random own(1);  // observing a run does not change it
  if (training.binarise && is_stack<M>) own.bernoulli(samples, drawn.as_bits());
  return drawn;
}

struct NoPart {
  std::string runaway() const { return {}; }
};

/// Those that the estimator asks for; only RBMs have a choice.
template <class M, class Estimator>
auto coordinates_of_run(M& m, const Estimator& estimator, const Matrix<ScalarOf<M>>& data) {
  if constexpr (!AnyRBM<M>)
    return NoPart();
  else if constexpr (requires { estimator.coordinates; })
    return CoordinatesOfRun<M>(m, estimator.coordinates, data);
  else
    return CoordinatesOfRun<M>(m, Coordinates::plain, data);
}

template <class M, class S = ScalarOf<M>>
auto runaway_samples(const M& m, const Matrix<S>& data) {
  if constexpr (AnyRBM<M>)
    return RunawaySamples<M>(m, data);
  else
    return NoPart();
}

/// What the estimator of a run knows, as a plugin: how it is begun anew, and what is to be remembered.
template <class Estimator, class M>
struct StateOfRun {
  using State = decltype(std::declval<const Estimator&>().start(std::declval<const M&>()));
  const Estimator& estimator;
  const M& m;
  State value = estimator.start(m);

  void begin_anew() { value = estimator.start(m); }
  template <class F>
  void visit(F&& f) {
    f("estimator", value);
  }
};

/// What observers are told of a model, from 1,000 samples.
template <class M>
requires AnyRBM<M> || AnyAutoencoder<M> std::vector<Metric> metrics(const M& m,
                                                                    const States<ScalarOf<M>>& v) {
  return {{"reconstruction error", reconstruction_error(m, v.matrix())}};
}
template <class... Layers, class S = ScalarOf<Stack<Layers...>>>
std::vector<Metric> metrics(const Stack<Layers...>& net, const States<S>& v) {
  const Matrix<S> pixels = v.matrix().topRows(input_size(net));
  const Matrix<S> difference = pixels - reconstruct_below_top(net, pixels);
  std::vector<Metric> all{
      {"reconstruction error",
       difference.template cast<double>().squaredNorm() / static_cast<double>(v.cols())}};
  if constexpr (AnyPrior<TopOf<Stack<Layers...>>>) {
    Random rng(2);
    auto t = Trace<S>::of(net);
    t.s[0] = v;
    recognise(net, t, rng);
    expect_by_generation(net, t);
    all.push_back({"bound", log_weights(net, t).mean()});
  }
  return all;
}

/// Whether the estimator is for each of the layers.
template <class Estimator, class L>
inline constexpr bool learns_by = requires(const Estimator& estimator, const L& layer) {
  estimator.start(layer);
};
template <class Estimator, class... Layers>
inline constexpr bool learns_by<Estimator, Stack<Layers...>> = (learns_by<Estimator, Layers> &&
                                                                ...);

/// That the types of these arguments go together: all of it is asked here, before anything of a run
/// is compiled, so that the compiler's first error is the last.
template <class M, class Optimiser, class... Plugins>
constexpr bool fit_run() {
  using S = ScalarOf<M>;
  static_assert(StepsAlongGradients<Optimiser, S>,
                "this optimiser makes no steps of gradients, as SGD and Adam do");
  constexpr bool noise = AnyAutoencoder<M> || !(ForAutoencoders<Plugins, S> || ...);
  static_assert(noise, "corruption and contraction are for autoencoders");
  constexpr bool pulls = AnyRBM<M> || (!PullsActivity<Plugins, S> && ...) ||
                         (AnyAutoencoder<M> && (!ForRBMs<Plugins, S> && ...));
  static_assert(pulls,
                "a penalty that pulls the activity of hidden units has no effect on this model");
  return StepsAlongGradients<Optimiser, S> && noise && pulls && fit_together<M, Plugins...>();
}

template <class M, class Estimator, class Optimiser, class... Plugins>
void run_training(M& m, const Samples<ScalarOf<M>>& data, const Estimator& estimator,
                  const Optimiser& optimiser, const Training& training, Random& rng,
                  Plugins&... plugins);

}  // namespace detail

/// Trains a model, an RBM, an autoencoder or a net that generates, on data, n_v × N (a matrix, BinaryStates,
/// GreyLevels; LabelledData for models that see labels), by any gradient estimator and any optimiser;
/// penalties and observers follow (plugins.hpp). A model of which all parameters are zero is
/// initialised first. Chains, momentum and schedules begin anew with each call. Observers get the
/// reconstruction error of 1,000 samples, and of a net with a normalised top the bound (nats).
/// Throws std::invalid_argument for a wrong shape or option and for values outside what the visible
/// units take, before anything is changed, and Diverged.
template <class M, class Estimator, class Optimiser, class... Plugins>
void train(M& m, const Samples<ScalarOf<M>>& data, const Estimator& estimator,
           const Optimiser& optimiser, const Training& training, Random& rng,
           Plugins&&... plugins) {
  constexpr bool learns = requires { estimator.start(m); };
  static_assert(learns,
                "this estimator is not for this model; a stack learns layer by layer by pretrain");
  if constexpr (learns && detail::fit_run<M, Optimiser, std::remove_cvref_t<Plugins>...>())
    detail::run_training(m, data, estimator, optimiser, training, rng, plugins...);
}

namespace detail {

template <class M, class Estimator, class Optimiser, class... Plugins>
void run_training(M& m, const Samples<ScalarOf<M>>& data, const Estimator& estimator,
                  const Optimiser& optimiser, const Training& training, Random& rng,
                  Plugins&... plugins) {
  using S = ScalarOf<M>;
  using V = std::remove_cvref_t<decltype(input_units(m))>;
  const Index classes = data.labels() ? label_count(m) : 0;
  const Index inputs = input_size(m), labels = label_count(m);
  check(classes > 0 || labels == 0 || data.rows() != inputs, "train: data has 0 labels, but the ",
        "model has ", labels, " units for them");
  check_rows("train", "data", data.rows(), classes > 0 ? inputs : inputs + labels, "visible units");
  check(data.cols() > 0, "train: data has 0 columns, but at least 1 is needed");
  if (classes > 0) check_labels("train", *data.labels(), data.cols(), classes);
  check_training("train", training, optimiser, plugins...);
  check_finite("train", m);
  if constexpr (AnyRBM<M>) check_weights("train", m);
  if constexpr (AnyAutoencoder<M>) check_unit_scale("train", m);
  check_data("train", "data", input_units(m), data, training.binarise);
  detail::StateOfRun<Estimator, M> run_state{estimator, m};
  auto& state = run_state.value;
  detail::Batches<S> batches(data, training.binarise, BinaryUnits<V>, classes);
  const Matrix<S> some = batches.numbers(data.spread(10'000));
  if (is_new(m)) initialise(m, some, rng);
  auto coordinates = detail::coordinates_of_run(m, estimator, some);
  auto runaway = detail::runaway_samples(m, some);

  States<S> v;
  const auto estimate = [&](std::span<const Index> columns, double epoch, auto& g) {
    batches.gather_into(columns, v, rng);
    if constexpr (requires { state.epoch = epoch; }) state.epoch = epoch;
    if constexpr (AnyAutoencoder<M>)
      estimator.gradient(m, v, state, g, rng, plugins...);
    else
      estimator.gradient(m, v, state, g, rng);
    if constexpr (AnyRBM<M>) {
      (detail::pull_activity(plugins, m, v, g), ...);
      runaway.see(m, v, g);
      if constexpr (requires { state.mean0; })
        coordinates.transform(v, state.mean0, g);
      else
        coordinates.transform(v, coordinates.active() ? hidden_mean(m, v) : Matrix<S>(), g);
    }
  };
  const States<S> examples = detail::examples<M>(batches.numbers(data.spread(1000)), training);
  const auto measure = [&] { return detail::metrics(m, examples); };
  const auto run = [&](auto gradient) {
    ascend(detail::task(m), m, std::move(gradient), data, optimiser, training, rng, estimate,
           measure, plugins..., coordinates, runaway, run_state);
  };
  // An estimator of one's own may know the plain gradient alone, a model.
  if constexpr (requires(GradientOf<M> & g) { estimator.gradient(m, v, state, g, rng); })
    run(zero_gradient(m));
  else
    run(zeros_like(m));
}

}  // namespace detail

}  // namespace strata
