// SPDX-License-Identifier: MIT
// Wake-sleep: "The 'wake-sleep' algorithm for unsupervised neural networks" (Hinton, Dayan, Frey and
// Neal 1995), and its contrastive form under an RBM, up-down: "A fast learning algorithm for deep
// belief nets" (Hinton, Osindero and Teh 2006).
#pragma once

#include "strata/nets/generative.hpp"
#include "strata/rbm/contrastive_divergence.hpp"

namespace strata {

/// Awake, the net recognises data and its generation learns to tell them again; asleep, it dreams
/// and its recognition learns what the dream was made of. The top learns by an estimator of its own
/// from what is recognised, and the dream starts at the negative samples of that estimator.
template <class TopEstimator>
struct WakeSleepBy {
  TopEstimator top = {};
  bool sample_visible = true;  // false: dreams have the means of the visible units

  template <GenerativeNet Net>
  struct State {
    using S = ScalarOf<Net>;
    using Top = TopOf<Net>;
    Trace<S> wake, sleep;
    States<S> labels, top_data;
    typename TopEstimator::template State<Top> top;
    double epoch = 0;

    template <class F>
    void visit(F&& f) {
      f("top", top);
    }
  };

  /// Throws for options that the top's estimator refuses.
  template <GenerativeNet Net>
  State<Net> start(const Net& net) const {
    using S = ScalarOf<Net>;
    return {Trace<S>::of(net), Trace<S>::of(net), {}, {}, top.start(top_layer(net))};
  }

  template <GenerativeNet Net, class G>
  void gradient(const Net& net, const States<ScalarOf<Net>>& v0, State<Net>& s, G& g,
                Random& rng) const {
    using S = ScalarOf<Net>;
    zero_directed(g);
    const auto& top_model = top_layer(net);

    const Index labels = label_count(net);
    v0.rows(0, v0.rows() - labels, s.wake.s[0]);
    recognise(net, s.wake, rng);
    expect_by_generation(net, s.wake);
    add_generation_gradient(net, s.wake, equal_weights<S>(v0.cols()), g);

    if constexpr (requires { s.top.epoch; }) s.top.epoch = s.epoch;
    v0.rows(v0.rows() - labels, labels, s.labels);
    if (labels > 0) join_rows(s.wake.s.back(), s.labels, s.top_data);
    top.gradient(top_model, labels > 0 ? s.top_data : s.wake.s.back(), s.top, top_layer(g), rng);

    s.top.negative.v.rows(0, input_size(top_model), s.sleep.s.back());
    generate(net, s.sleep, rng, sample_visible);
    expect_by_recognition(net, s.sleep);
    add_recognition_gradient(net, s.sleep, equal_weights<S>(s.sleep.s[0].cols()), g);
  }
};

/// For sigmoid belief nets.
using WakeSleep = WakeSleepBy<PriorGradient>;
/// For deep belief nets; the top's Gibbs sampling may have a schedule of steps:
/// UpDown{.top = {.steps = step(3, 100, 6)}}.
using UpDown = WakeSleepBy<ContrastiveDivergence>;

}  // namespace strata
