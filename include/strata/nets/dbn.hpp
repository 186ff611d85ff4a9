// SPDX-License-Identifier: MIT
// Deep belief nets: "A fast learning algorithm for deep belief nets" (Hinton, Osindero and Teh
// 2006). The top RBM remembers, perhaps with labels beside its features; the layers below are
// directed, or RBMs that stand for directed layers.
#pragma once

#include "strata/nets/directed.hpp"
#include "strata/rbm/chains.hpp"

namespace strata {

/// A deep belief net, to be pre-trained, with labels in its top RBM. {784, 500, 500, 2000} has three
/// layers of hidden units.
template <std::floating_point S>
using LabelledDBN = Stack<Stack<RBM<S>>, LabelledRBM<S>>;

template <std::floating_point S>
LabelledDBN<S> labelled_dbn(const std::vector<Index>& sizes, Index classes) {
  check(sizes.size() >= 3, "labelled_dbn: sizes has ", sizes.size(),
        " entries, but at least 3 are needed");
  return stack(Stack<RBM<S>>(std::vector<Index>(sizes.begin(), sizes.end() - 1)),
               labelled_rbm<S>(sizes.end()[-2], classes, sizes.back()));
}

/// How many units at the top of a net are labels.
template <class... Layers>
Index label_count(const Stack<Layers...>& net) {
  if constexpr (AnyRBM<TopOf<Stack<Layers...>>>)
    return label_count(top_layer(net));
  else
    return 0;
}

/// Small normal weights, of variance 2 / (inputs + outputs); visible parameters under which the data
/// are likeliest on their own; all others 0. data is n × N, with the labels in its last rows if the
/// net has such.
template <class... Layers>
void initialise(Stack<Layers...>& net, const Batch<ScalarOf<Stack<Layers...>>>& data, Random& rng) {
  using S = ScalarOf<Stack<Layers...>>;
  for (auto& p : parameters(net)) {
    if (p.role != Role::weights) continue;
    const double deviation = std::sqrt(2 / static_cast<double>(p.value.rows() + p.value.cols()));
    p.value = static_cast<S>(deviation) * rng.normal<S>(p.value.rows(), p.value.cols());
  }
  fit(input_units(net), data.topRows(input_size(net)));
  net.constrain();  // a prior may have no weights above the diagonal, an autoencoder no σ but 1
}

/// f(layer, index) on each layer but the top, bottom up.
template <class F, class Net>
void for_each_below_top(F&& f, const Net& net) {
  std::size_t index = 0;
  const std::size_t top = depth(net) - 1;
  for_each_layer(
      [&](const auto& layer) {
        if (index < top) f(layer, index);
        ++index;
      },
      net);
}

/// The same from the top down.
template <class F, class Net>
void for_each_below_top_down(F&& f, const Net& net) {
  const std::size_t top = depth(net) - 1;
  std::size_t index = depth(net);
  for_each_layer_down(
      [&](const auto& layer) {
        if (--index < top) f(layer, index);
      },
      net);
}

/// What the visible units of the top RBM see of x: the means after all layers but the last.
template <class Net>
Matrix<ScalarOf<Net>> up_to_top(const Net& net, Matrix<ScalarOf<Net>> x) {
  for_each_below_top([&](const auto& layer, std::size_t) { x = up(layer, x); }, net);
  return x;
}

/// A net with labels in its top RBM, or that RBM alone.
template <class Net>
concept LabelledNet = AnyLabelledRBM<TopOf<Net>>;

/// p(label | x), classes × B, read in the top RBM in one of the ways of rbm/labels.hpp.
template <LabelledNet Net, class Way>
Matrix<ScalarOf<Net>> label_probabilities(const Net& net, const Batch<ScalarOf<Net>>& x,
                                          const Way& way, Random& rng) {
  check_rows("label_probabilities", "x", x.rows(), input_size(net), "visible units");
  return way.probabilities(top_layer(net), up_to_top(net, x), rng);
}

/// What is left of x after the way up to the top and back down, by means.
template <class Net>
Matrix<ScalarOf<Net>> reconstruct_below_top(const Net& net, const Matrix<ScalarOf<Net>>& x) {
  Matrix<ScalarOf<Net>> y = up_to_top(net, x);
  for_each_below_top_down([&](const auto& layer, std::size_t) { y = down(layer, y); }, net);
  return y;
}

namespace detail {

/// The input of the units below a layer, given its states.
template <AnyRBM M>
const auto& units_below(const M& m, const States<ScalarOf<M>>& h, Matrix<ScalarOf<M>>& x) {
  visible_input(m, h, x);
  return m.visible;
}
template <class V, class H>
const V& units_below(const DirectedLayer<V, H>& layer, const States<ScalarOf<V>>& h,
                     Matrix<ScalarOf<V>>& x) {
  product(layer.generation.weights, h, x);
  return layer.generation.units;
}

}  // namespace detail

/// What the net shows at the bottom for states under its top: samples of the layers between, and means
/// of the visible units, or samples of them too.
template <class Net>
Matrix<ScalarOf<Net>> down_from_top(const Net& net, States<ScalarOf<Net>> s, Random& rng,
                                    bool sample_bottom = false) {
  using S = ScalarOf<Net>;
  Matrix<S> x;
  for_each_below_top_down(
      [&](const auto& layer, std::size_t i) {
        if constexpr (requires { detail::units_below(layer, s, x); }) {  // a prior has none
          const auto& units = detail::units_below(layer, s, x);
          if (i > 0 || sample_bottom)
            sample(units, x, rng, s);
          else
            units.mean(x, s.as_numbers());
        }
      },
      net);
  return s.matrix();
}

/// Chains of Gibbs sampling in the top RBM of a deep belief net, and what the net sees in them. They
/// go on where they stopped. Refers to the net.
template <class Net>
requires AnyRBM<TopOf<Net>>
class Dreams {
 public:
  using S = ScalarOf<Net>;
  using Top = TopOf<Net>;

  /// n chains that start at noise: hidden units of the top without bias or input, if binary on with
  /// probability ½.
  Dreams(const Net& net, Index n, Random& rng) : net_(net) {
    chains_.h = noise(top_layer(net).hidden, n, rng);
  }
  /// Chains that start at images, one each, and at no label more than another.
  Dreams(const Net& net, const Batch<S>& images, Random& rng) : net_(net) {
    check_rows("Dreams", "images", images.rows(), input_size(net), "visible units");
    const auto& top = top_layer(net);
    Matrix<S> x = up_to_top(net, images);
    if constexpr (AnyLabelledRBM<Top>) {
      x = hidden_input_of_features(top, x);
      x.colwise() += mean_column<S>(top.weights.rightCols(label_count(top)));
    } else {
      x = hidden_input(top, x);
    }
    sample(top.hidden, x, rng, chains_.h);
  }

  Dreams(const Net&&, Index, Random&) = delete;  // it would refer to what is gone
  Dreams(const Net&&, const Batch<S>&, Random&) = delete;

  /// Holds the labels, one for each chain.
  void clamp(const Labels& labels) requires AnyLabelledRBM<Top> {
    check_labels("Dreams", labels, chains_.h.cols(), label_count(top_layer(net_)));
    const auto& top = top_layer(net_);
    detail::hold("Dreams", top, chains_, feature_count(top), one_hot(labels, label_count(top)));
  }
  void release() { chains_.held = {}, chains_.clamped = {}; }

  /// h → v → h, so many times.
  void run(int sweeps, Random& rng) { sweep(top_layer(net_), chains_, sweeps, rng); }

  /// What is seen: the probabilities of the pixels, n_v × n.
  Matrix<S> pixels(Random& rng) const {
    if (depth(net_) > 1) return down_from_top(net_, features(rng), rng);
    const auto& top = top_layer(net_);
    return visible_mean(top, chains_.h).topRows(feature_count(top));
  }
  /// Samples of the pixels, n_v × n.
  Matrix<S> samples(Random& rng) const { return down_from_top(net_, features(rng), rng, true); }
  /// What the chains take themselves for: p(label | hidden units), classes × n.
  Matrix<S> label_probabilities() const requires AnyLabelledRBM<Top> {
    const auto& top = top_layer(net_);
    return visible_mean(top, chains_.h).bottomRows(label_count(top));
  }

 private:
  // The states of the features that the top sees.
  States<S> features(Random& rng) const {
    const auto& top = top_layer(net_);
    States<S> v = chains_.v, part;
    if (v.size() == 0) sample(top.visible, visible_input(top, chains_.h), rng, v);
    v.rows(0, feature_count(top), part);
    return part;
  }

  const Net& net_;
  Particles<S> chains_;
};

/// n samples of the pixels, n_v × n, after so many sweeps of the top RBM from noise.
template <class... Layers>
requires AnyRBM<TopOf<Stack<Layers...>>> Matrix<ScalarOf<Stack<Layers...>>> sample(
    const Stack<Layers...>& net, Index n, int sweeps, Random& rng) {
  Dreams<Stack<Layers...>> dreams(net, n, rng);
  dreams.run(sweeps, rng);
  return dreams.samples(rng);
}

}  // namespace strata
