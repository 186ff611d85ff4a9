// SPDX-License-Identifier: MIT
// All layers of a deep belief net at once, by the variational bound of its log-likelihood ("A fast
// learning algorithm for deep belief nets", Hinton, Osindero and Teh 2006), with the weights of
// recognition and generation tied.
#pragma once

#include "strata/nets/dbn.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/units/log_probability.hpp"

namespace strata {

/// Ascends G₁(v) + Σ_l ⟨G_{l+1}(h_l) − Ĝ_l(h_l)⟩ − log Z_L ≤ log p(v) in a stack of RBMs, where
/// G_l(v) = log Σ_h e^{−E_l(v, h)} and Ĝ_l(h) = log Σ_v e^{−E_l(v, h)}. −log Z_L is left to an
/// estimator of the top RBM. The averages are over samples of the hidden units, and what θ does
/// through them over `samples` of each column ("leave one out": Kool, van Hoof and Welling 2019); or
/// with `mean_field` the means stand for them, and the derivative is that of backpropagation.
/// For RBMs of binary units, E(s) = −bᵀs; the lowest visible units may be softmax groups.
template <class TopEstimator>
struct VariationalBoundBy {
  TopEstimator top = {};
  bool mean_field = false;
  int samples = 2;  // of the hidden units for each data vector

  template <class S>
  struct Layer {
    States<S> h;                // of the hidden units
    Matrix<S> x, mean;          // their input and means
    Matrix<S> y, visible_mean;  // the input of the visible units under h, and their means
    Matrix<S> delta;            // ∂/∂x of what θ does through h
  };
  template <class Net>
  struct State {
    using S = ScalarOf<Net>;
    using Top = TopOf<Net>;
    States<S> v, labels, top_data;
    std::vector<Layer<S>> layers;  // below the top
    typename TopEstimator::template State<Top> top;
    double epoch = 0;

    template <class F>
    void visit(F&& f) {
      f("top", top);
    }
  };

  /// Throws for options that make no sense.
  template <class Net>
  State<Net> start(const Net& net) const {
    check(mean_field || samples >= 2, "VariationalBound: samples has ", samples,
          ", but at least 2 are needed");
    for_each_layer(
        [](const auto& m) {
          static_assert(LinearRBM<std::remove_cvref_t<decltype(m)>>,
                        "VariationalBound takes RBMs of units whose energy is −bᵀs");
        },
        net);
    return {
        {}, {}, {}, std::vector<Layer<ScalarOf<Net>>>(depth(net) - 1), top.start(top_layer(net))};
  }

  template <class Net, class G>
  void gradient(const Net& net, const States<ScalarOf<Net>>& v0, State<Net>& s, G& g,
                Random& rng) const {
    using S = ScalarOf<Net>;
    const Index labels = label_count(net), inputs = v0.rows() - labels;
    States<S> repeated;
    repeat_columns(v0, mean_field ? 1 : samples, repeated);
    repeated.rows(0, inputs, s.v);
    repeated.rows(inputs, labels, s.labels);
    climb(net, s, rng);
    const States<S>& features = s.layers.empty() ? s.v : s.layers.back().h;
    if (labels > 0) join_rows(features, s.labels, s.top_data);
    if constexpr (requires { s.top.epoch; }) s.top.epoch = s.epoch;
    const States<S>& top_data = labels > 0 ? s.top_data : features;
    top.gradient(top_layer(net), top_data, s.top, top_layer(g), rng);
    if (mean_field)
      backpropagate(net, s, top_data);
    else
      score(net, s, top_data);
    collect(net, s, g);
  }

 private:
  // h_1 … h_{L−1}, and what the visible units of each layer are under them.
  template <class Net, class S = ScalarOf<Net>>
  void climb(const Net& net, State<Net>& s, Random& rng) const {
    for_each_below_top(
        [&](const auto& m, std::size_t i) {
          Layer<S>& l = s.layers[i];
          hidden_input(m, i == 0 ? s.v : s.layers[i - 1].h, l.x);
          if (mean_field) {
            m.hidden.mean(l.x, l.mean);
            l.h.as_numbers() = l.mean;
          } else {
            sample(m.hidden, l.x, rng, l.h, &l.mean);
          }
          visible_input(m, l.h, l.y);
          m.visible.mean(l.y, l.visible_mean);
        },
        net);
  }

  // δ_l = (reward from layer l on, less that of the other samples of the same data vector) ·
  // (h_l − mean): unbiased, whatever the units.
  template <class Net, class S = ScalarOf<Net>>
  void score(const Net& net, State<Net>& s, const States<S>& top_data) const {
    Row<double> reward = -free_energy(top_layer(net), top_data).template cast<double>();
    std::vector<Row<double>> g(s.layers.size() + 1);  // G_{l+1}(h_l) of the layers that follow
    for_each_below_top(
        [&](const auto& m, std::size_t i) {
          if (i > 0) g[i] = -free_energy(m, s.layers[i - 1].h).template cast<double>();
        },
        net);
    for_each_below_top_down(
        [&](const auto& m, std::size_t i) {
          Layer<S>& l = s.layers[i];
          reward += energy(m.hidden, l.h).template cast<double>();  // −Ĝ = E_h − Γ_v
          reward -= m.visible.log_partition(l.y).template cast<double>();
          const Row<S> w = advantage(reward).template cast<S>();
          difference_of_statistics(m.hidden, l.h, l.mean, w, l.delta);
          if (i > 0) reward += g[i];
        },
        net);
  }
  Row<double> advantage(const Row<double>& reward) const {
    const Index k = samples;
    Row<double> a = reward;
    for (Index j = 0; j < a.size(); j += k) {
      auto group = a.segment(j, k).array();
      group = (group - group.mean()) * (static_cast<double>(k) / static_cast<double>(k - 1));
    }
    return a;
  }

  // δ_l = ∂/∂x of G_{l+1} − Ĝ_l at the means, and of all above.
  template <class Net, class S = ScalarOf<Net>>
  void backpropagate(const Net& net, State<Net>& s, const States<S>& top_data) const {
    Matrix<S> slope, up, through;  // ∂/∂h of what is above
    slope_of_free_energy(top_layer(net), top_data, slope);
    for_each_below_top_down(
        [&](const auto& m, std::size_t i) {
          Layer<S>& l = s.layers[i];
          product(m.weights, l.visible_mean, up);
          l.delta = slope - up;
          l.delta.colwise() -= m.hidden.bias;
          m.hidden.mean_gradient(l.x, l.mean, l.delta);
          if (i == 0) return;
          // ∂G_l/∂h_{l−1}, and what goes on through h_l: together Wᵀ (mean + δ) + b.
          through = l.mean + l.delta;
          product(m.weights.transpose(), through, slope);
          slope.colwise() += input_units(m).bias;
        },
        net);
  }
  // ∂(−F)/∂v = b + Wᵀ E[h | v], of the features alone.
  template <AnyRBM M, class S = ScalarOf<M>>
  static void slope_of_free_energy(const M& m, const States<S>& v, Matrix<S>& slope) {
    Matrix<S> all;
    visible_input(m, hidden_mean(m, v), all);
    slope = all.topRows(feature_count(m)).colwise() + input_units(m).bias;
  }

  // g of the layers below the top: ∂G_l by the data's statistics, −∂Ĝ_l by those of h_l and the
  // visible means, and what goes through h_l.
  template <class Net, class G, class S = ScalarOf<Net>>
  void collect(const Net& net, State<Net>& s, G& g) const {
    const Row<S> w = equal_weights<S>(s.v.cols());
    std::size_t i = 0;
    for_each_layer(
        [&](const auto& m, auto& slope) {
          if (i == s.layers.size()) return;
          Layer<S>& l = s.layers[i];
          const States<S>& v = i == 0 ? s.v : s.layers[i - 1].h;
          zero_units(slope.visible);
          zero_units(slope.hidden);
          slope.weights.setZero();
          add_statistics(m, {v, l.x, l.mean}, w(0), slope);
          add_energy_gradient(m.hidden, l.h, -w, slope.hidden);
          add_partition_gradient(m.visible, l.y, l.visible_mean, -w, slope.visible);
          add_outer(-w(0), l.h.matrix(), l.visible_mean, slope.weights);
          add_outer(w(0), l.delta, v, slope.weights);
          add_weighted_columns<S>(l.delta, w, slope.hidden.bias);
          ++i;
        },
        net, g);
  }
};

using VariationalBound = VariationalBoundBy<PersistentContrastiveDivergence>;

}  // namespace strata
