// SPDX-License-Identifier: MIT
// How likely nets that generate find data: a bound, an estimate that rises to the truth as samples
// grow, and the truth where it can be summed. "On the quantitative analysis of deep belief networks"
// (Salakhutdinov and Murray 2008); "Reweighted wake-sleep" (Bornschein and Bengio 2015).
#pragma once

#include <limits>

#include "strata/nets/generative.hpp"
#include "strata/rbm/exact.hpp"

namespace strata {

/// Of each sample, in nats.
struct LikelihoodEstimate {
  Row<double> bound;  // E[log w], the variational bound of log p(v)
  Row<double>
      log_likelihood;  // log of the mean of K weights; in expectation from the bound (K = 1)
                       // to log p(v) (K → ∞)
  Row<double> standard_error;  // of log_likelihood, by the spread of the weights; 0 for K = 1
};

/// Weights w = p(v, h) / q(h | v) of K recognitions h of each sample, n_v × N, in a net whose top RBM
/// has this log Z. Throws if v has the wrong shape or K < 1.
template <GenerativeNet Net>
LikelihoodEstimate estimate_likelihood(const Net& net, const Samples<ScalarOf<Net>>& v, Index k,
                                       Random& rng, double log_z) {
  using S = ScalarOf<Net>;
  check_rows("estimate_likelihood", "v", v.rows(), input_size(net), "visible units");
  check(k >= 1, "estimate_likelihood: k has ", k, ", but at least 1 is needed");
  const Index n = v.cols(), at_once = std::min<Index>(k, 500);
  const Index columns = std::max<Index>(1, 1000 / at_once);
  LikelihoodEstimate all{Row<double>(n), Row<double>(n), Row<double>(n)};
  auto t = Trace<S>::of(net);
  for (Index first = 0; first < n; first += columns) {
    t.s[0] = v.states(first, std::min(columns, n - first));
    const Index some = t.s[0].cols();
    Matrix<double> log_w(k, some);
    for (Index done = 0; done < k; done += at_once) {
      const Index now = std::min(at_once, k - done);
      recognise(net, t, rng, now);
      expect_by_generation(net, t);
      log_w.middleRows(done, now) = log_weights(net, t).reshaped(now, some);
    }
    for (Index j = 0; j < some; ++j) {
      const double log_mean = log_sum_exp(log_w.col(j)) - std::log(static_cast<double>(k));
      const Vector<double> w = (log_w.col(j).array() - log_mean).exp();
      all.bound(first + j) = log_w.col(j).mean() - log_z;
      all.log_likelihood(first + j) = log_mean - log_z;
      all.standard_error(first + j) =
          k == 1 ? 0 : std::sqrt((w.array() - 1).square().sum() / static_cast<double>(k * (k - 1)));
    }
  }
  return all;
}

/// The same under a prior, of which log Z is 0.
template <GenerativeNet Net>
requires AnyPrior<TopOf<Net>> LikelihoodEstimate
estimate_likelihood(const Net& net, const Samples<ScalarOf<Net>>& v, Index k, Random& rng) {
  return estimate_likelihood(net, v, k, rng, 0);
}

/// log p(v) of each column by enumeration of the layers above, in nats. Throws if one of those has
/// more than 2²⁰ states, as real units do.
template <GenerativeNet Net>
Row<double> exact_log_likelihood(const Net& net, const Batch<ScalarOf<Net>>& v) {
  using S = ScalarOf<Net>;
  check_rows("exact_log_likelihood", "v", v.rows(), input_size(net), "visible units");
  States<S> above;    // all states of the layer above,
  Row<double> log_p;  // and their probabilities
  const auto all_of = []<class U>(const U& units) -> States<S> {
    double count = std::numeric_limits<double>::infinity();
    if constexpr (EnumerableUnits<U>) count = units.count();
    check(count <= 0x1p20, "exact_log_likelihood: a layer has ", count,
          " states, but at most 2^20 can be enumerated");
    if constexpr (EnumerableUnits<U>) return units.states(0, static_cast<Index>(count));
    return {};
  };
  for_each_directed_down(
      [&](const auto& layer, std::size_t i) {
        if (log_p.size() == 0) {
          above = all_of(layer.recognition.units);
          log_p = log_prior(top_layer(net), above);
          if constexpr (AnyRBM<TopOf<Net>>) log_p.array() -= log_partition(top_layer(net));
        }
        const States<S> here = i == 0 ? States<S>(v) : all_of(layer.generation.units);
        Matrix<S> x;
        product(layer.generation.weights, above, x);
        Row<double> sums(here.cols());
        for (Index j = 0; j < here.cols(); ++j) {
          const States<S> one(Matrix<S>(here.numbers().col(j)));
          sums(j) = log_sum_exp(log_probability(layer.generation.units, x, one) + log_p);
        }
        above = here;
        log_p = sums;
      },
      net);
  return log_p;
}

}  // namespace strata
