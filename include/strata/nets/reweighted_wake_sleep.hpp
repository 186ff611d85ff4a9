// SPDX-License-Identifier: MIT
// "Reweighted wake-sleep" (Bornschein and Bengio 2015): K recognitions of each sample, weighted by how
// well the net accounts for them, estimate the gradient of log p(v) itself, where wake-sleep has
// that of a bound.
#pragma once

#include "strata/core/schedule.hpp"
#include "strata/nets/generative.hpp"

namespace strata {

/// Each group of k successive columns: w ← e^w / Σ e^w. Returns log (Σ e^w / k), one for each group.
inline Row<double> normalise_weights(Row<double>& w, Index k) {
  Row<double> log_mean(w.size() / k);
  for (Index j = 0; j < log_mean.size(); ++j) {
    auto group = w.segment(j * k, k);
    const double log_sum = log_sum_exp(group);
    group = (group.array() - log_sum).exp();
    log_mean(j) = log_sum - std::log(static_cast<double>(k));
  }
  return log_mean;
}

/// Reweighted wake-sleep for nets under a prior. Generation and prior ascend the weighted gradient.
/// Recognition learns from the weighted recognitions (`wake`), from dreams (`sleep`), or from both,
/// whose gradients add up.
struct ReweightedWakeSleep {
  Schedule samples = 5;  // K, a number or a function of the epoch
  bool wake = true;
  bool sleep = true;
  static constexpr double most = 2147483647;  // samples

  template <GenerativeNet Net>
  struct State {
    using S = ScalarOf<Net>;
    Trace<S> wake, sleep;
    double epoch = 0;  // the time, set by the training loop

    template <class F>
    void visit(F&&) {}  // nothing is kept from one batch to the next
  };

  /// Throws if samples < 1 at the start (later 1 is the least) or recognition would not learn.
  template <GenerativeNet Net>
  State<Net> start(const Net& net) const {
    using S = ScalarOf<Net>;
    check(samples(0) >= 1, "ReweightedWakeSleep: samples has ", samples(0),
          ", but at least 1 is needed");
    check(samples(0) <= most, "ReweightedWakeSleep: samples has ", samples(0), ", but at most ",
          most, " are possible");
    check(wake || sleep,
          "ReweightedWakeSleep: wake, sleep has false, false, but recognition has "
          "to learn from one of them");
    return {Trace<S>::of(net), Trace<S>::of(net)};
  }

  template <GenerativeNet Net, class G>
  requires AnyPrior<TopOf<Net>>
  void gradient(const Net& net, const States<ScalarOf<Net>>& v0, State<Net>& s, G& g,
                Random& rng) const {
    using S = ScalarOf<Net>;
    zero_directed(g);
    set_zero(top_layer(g));
    s.wake.s[0] = v0;
    const double now = samples(s.epoch);
    const Index k = now > 1 ? static_cast<Index>(std::ceil(std::min(now, most))) : 1;
    recognise(net, s.wake, rng, k);
    expect_by_generation(net, s.wake);
    Row<double> log_w = log_weights(net, s.wake);
    normalise_weights(log_w, k);
    const Row<S> w = (log_w / static_cast<double>(v0.cols())).template cast<S>();
    add_generation_gradient(net, s.wake, w, g);
    add_statistics(top_layer(net), s.wake.s.back(), w, top_layer(g));
    if (wake) add_recognition_gradient(net, s.wake, w, g);
    if (!sleep) return;
    sample(top_layer(net), v0.cols(), rng, s.sleep.s.back());
    generate(net, s.sleep, rng);
    expect_by_recognition(net, s.sleep);
    add_recognition_gradient(net, s.sleep, equal_weights<S>(v0.cols()), g);
  }
};

}  // namespace strata
