// SPDX-License-Identifier: MIT
// Nets that generate: directed layers under an RBM or a prior. Samples of all their layers, upwards
// by recognition and downwards by generation, and what each is worth.
#pragma once

#include "strata/nets/dbn.hpp"
#include "strata/nets/prior.hpp"

namespace strata {

namespace detail {
template <class L>
inline constexpr bool all_directed = is_directed<L>;
template <class... Layers>
inline constexpr bool all_directed<Stack<Layers...>> = (all_directed<Layers> && ...);

template <class Net>
inline constexpr bool directed_below_top = false;
template <class First, class Second, class... Rest>
inline constexpr bool directed_below_top<Stack<First, Second, Rest...>> =
    all_directed<First>&& directed_below_top<Stack<Second, Rest...>>;
template <class First, class Top>
inline constexpr bool directed_below_top<Stack<First, Top>> = all_directed<First> &&
                                                              (AnyRBM<Top> || AnyPrior<Top>);
}  // namespace detail

/// Directed layers, and on top of them an RBM (a deep belief net) or a prior (a sigmoid belief net).
template <class Net>
concept GenerativeNet = detail::directed_below_top<std::remove_cv_t<Net>>;

/// Sigmoid belief nets of any depth [Neal 1992]: {784, 200, 200} has two layers of hidden units.
template <std::floating_point S>
using SBN = Stack<Stack<Directed<S>>, FactorialPrior<Bernoulli<S>>>;

template <std::floating_point S>
SBN<S> sbn(const std::vector<Index>& sizes) {
  check(sizes.size() >= 2, "sbn: sizes has ", sizes.size(), " entries, but at least 2 are needed");
  return stack(Stack<Directed<S>>(sizes), FactorialPrior<Bernoulli<S>>(sizes.back()));
}

/// f(layer, same layer of others…, index) on each directed layer, bottom up; the top is left out.
template <class F, class Net, class... Others>
void for_each_directed(F&& f, Net& net, Others&... others) {
  std::size_t index = 0;
  for_each_layer(
      [&](auto& layer, auto&... rest) {
        if constexpr (is_directed<std::remove_reference_t<decltype(layer)>>)
          f(layer, rest..., index++);
      },
      net, others...);
}
template <class F, class Net, class... Others>
void for_each_directed_down(F&& f, Net& net, Others&... others) {
  std::size_t index = depth(net) - 1;
  for_each_layer_down(
      [&](auto& layer, auto&... rest) {
        if constexpr (is_directed<std::remove_reference_t<decltype(layer)>>)
          f(layer, rest..., --index);
      },
      net, others...);
}

/// The input that units receive, their mean under it, and what they were more than that.
template <class S>
struct Conditional {
  Matrix<S> x, mean;
  Matrix<S> delta;  // weighted t(s) − t(mean)
};

/// States of all layers of a net, samples side by side, and the conditionals between them; reused
/// from batch to batch.
template <class S>
struct Trace {
  std::vector<States<S>> s;  // s[0] at the bottom … s[D] under the top
  std::vector<Conditional<S>> recognition, generation;
  Matrix<S> shared_input = {};  // of layer 0, where each column of s[0] is recognised several times

  template <class Net>
  static Trace of(const Net& net) {
    const std::size_t n = depth(net) - 1;
    return {std::vector<States<S>>(n + 1), std::vector<Conditional<S>>(n),
            std::vector<Conditional<S>>(n)};
  }
};

namespace detail {
/// f(units, their conditional with its x, index) on the units that layers recognise, bottom up; each
/// column of s[0] `times` in succession.
template <class Net, class F>
void each_recognition(const Net& net, Trace<ScalarOf<Net>>& t, Index times, F&& f) {
  for_each_directed(
      [&](const auto& layer, std::size_t i) {
        auto& c = t.recognition[i];
        const bool shared = i == 0 && times > 1;
        product(layer.recognition.weights, t.s[i], shared ? t.shared_input : c.x);
        if (shared) repeat_columns(t.shared_input, times, c.x);
        f(layer.recognition.units, c, i);
      },
      net);
}
/// The same on those that layers generate, from the top down.
template <class Net, class F>
void each_generation(const Net& net, Trace<ScalarOf<Net>>& t, F&& f) {
  for_each_directed_down(
      [&](const auto& layer, std::size_t i) {
        product(layer.generation.weights, t.s[i + 1], t.generation[i].x);
        f(layer.generation.units, t.generation[i], i);
      },
      net);
}
}  // namespace detail

/// s[1] … s[D], drawn by recognition from s[0]: `times` from each of its columns, in succession.
template <GenerativeNet Net>
void recognise(const Net& net, Trace<ScalarOf<Net>>& t, Random& rng, Index times = 1) {
  detail::each_recognition(net, t, times, [&](const auto& units, auto& c, std::size_t i) {
    sample(units, c.x, rng, t.s[i + 1], &c.mean);
  });
}
/// s[D−1] … s[0], drawn by generation from s[D]; or at the bottom the means.
template <GenerativeNet Net>
void generate(const Net& net, Trace<ScalarOf<Net>>& t, Random& rng, bool sample_bottom = true) {
  detail::each_generation(net, t, [&](const auto& units, auto& c, std::size_t i) {
    if (i > 0 || sample_bottom) return sample(units, c.x, rng, t.s[i], &c.mean);
    units.mean(c.x, c.mean);
    t.s[0].as_numbers() = c.mean;
  });
}
/// What recognition expects of the states that are there.
template <GenerativeNet Net>
void expect_by_recognition(const Net& net, Trace<ScalarOf<Net>>& t) {
  const Index times = t.s[1].cols() / std::max<Index>(1, t.s[0].cols());
  detail::each_recognition(
      net, t, times, [](const auto& units, auto& c, std::size_t) { units.mean(c.x, c.mean); });
}
/// What generation expects of them.
template <GenerativeNet Net>
void expect_by_generation(const Net& net, Trace<ScalarOf<Net>>& t) {
  detail::each_generation(net, t,
                          [](const auto& units, auto& c, std::size_t) { units.mean(c.x, c.mean); });
}

/// n samples of a net under a prior, from the top down: the probabilities of the pixels, n_v × n.
template <GenerativeNet Net>
requires AnyPrior<TopOf<Net>> Matrix<ScalarOf<Net>> ancestral_samples(const Net& net, Index n,
                                                                      Random& rng) {
  States<ScalarOf<Net>> s;
  sample(top_layer(net), n, rng, s);
  return down_from_top(net, s, rng);
}

/// log of the probability of states under the top of a net; for an RBM −F(s), up to its log Z.
template <AnyRBM M>
Row<double> log_prior(const M& m, const States<ScalarOf<M>>& s) {
  if constexpr (AnyLabelledRBM<M>)
    return -feature_free_energy(m, s).template cast<double>();
  else
    return -free_energy(m, s).template cast<double>();
}

/// log p(s) − log q(s[1] … s[D] | s[0]) for each column of s[D], in nats, where recognition and
/// generation have been computed; under an RBM up to its log Z.
template <GenerativeNet Net>
Row<double> log_weights(const Net& net, const Trace<ScalarOf<Net>>& t) {
  Row<double> w = log_prior(top_layer(net), t.s.back());
  for_each_directed(
      [&](const auto& layer, std::size_t i) {
        w += log_probability(layer.generation.units, t.generation[i].x, t.s[i]);
        w -= log_probability(layer.recognition.units, t.recognition[i].x, t.s[i + 1]);
      },
      net);
  return w;
}

/// The parts of a gradient that belong to directed layers ← 0.
template <class G>
void zero_directed(G& g) {
  for_each_layer(
      [](auto& slope) {
        if constexpr (requires { slope.generation; })
          for_both(slope, [](auto& part) {
            part.weights.setZero();
            zero_units(part.units);
          });
      },
      g);
}

/// g += Σ_c w_c ∂ log p(s_c | y_c)/∂θ of one layer, c.x and c.mean given. y or s may have fewer
/// columns, each for as many successive ones. If g is a Gradient it refers to c and y.
template <class U, class G>
void add_conditional_gradient(const Dense<U>& layer, const States<ScalarOf<U>>& y,
                              const States<ScalarOf<U>>& s, const Row<ScalarOf<U>>& w,
                              Conditional<ScalarOf<U>>& c, G& g) {
  using S = ScalarOf<U>;
  difference_of_statistics(layer.units, s, c.mean, w, c.delta, y.cols());
  add_outer(S(1), c.delta, y, g.weights);
  if constexpr (LinearUnits<U>) {
    add_weighted_columns<S>(c.delta, Row<S>::Ones(c.delta.cols()), g.units.bias);
  } else {
    States<S> all;
    repeat_columns(s, c.x.cols() / std::max<Index>(1, s.cols()), all);
    add_energy_gradient(layer.units, all, w, g.units);
    add_partition_gradient<U>(layer.units, c.x, c.mean, -w, g.units);
    const Matrix<S> bond = c.x.cwiseProduct(statistic(layer.units, all.matrix()));
    add_coupling<U>(layer.units, bond * w.transpose(), g.units);
  }
}

/// g += Σ_c w_c ∂ log q(s[1] … | s[0])/∂θ.
template <GenerativeNet Net, class G>
void add_recognition_gradient(const Net& net, Trace<ScalarOf<Net>>& t, const Row<ScalarOf<Net>>& w,
                              G& g) {
  for_each_directed(
      [&](const auto& layer, auto& slope, std::size_t i) {
        add_conditional_gradient(layer.recognition, t.s[i], t.s[i + 1], w, t.recognition[i],
                                 slope.recognition);
      },
      net, g);
}
/// g += Σ_c w_c ∂ log p(s[0] … | s[D])/∂θ.
template <GenerativeNet Net, class G>
void add_generation_gradient(const Net& net, Trace<ScalarOf<Net>>& t, const Row<ScalarOf<Net>>& w,
                             G& g) {
  for_each_directed(
      [&](const auto& layer, auto& slope, std::size_t i) {
        add_conditional_gradient(layer.generation, t.s[i + 1], t.s[i], w, t.generation[i],
                                 slope.generation);
      },
      net, g);
}

}  // namespace strata
