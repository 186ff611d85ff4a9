// SPDX-License-Identifier: MIT
// Real-valued units can pull each other up without end: what notices it, and what goes on from there.
#pragma once

#include "strata/rbm/coordinates.hpp"
#include "strata/train/loop.hpp"
#include "strata/units/gaussian.hpp"

namespace strata {

/// Goes on where a run by gradients would end with Diverged: from the parameters of up to 200 batches
/// before, all steps from then on times `factor`, with momentum, moments and chains anew. Follows the
/// other arguments of train, pretrain and fine_tune:
///   BackOff back_off;
///   train(rbm, data, ContrastiveDivergence{}, SGD{}, {.epochs = 10}, rng, back_off);
struct BackOff {
  double factor = 0.5;
  int times = 5;                   // then the run ends after all; counted anew in each call
  std::vector<std::string> why{};  // what diverged, of all calls
  int used = 0;                    // how often in this call

  void check_options() {
    check(factor > 0 && factor < 1, "BackOff: factor has ", factor,
          ", but more than 0 and less than 1 is needed");
    check(times >= 0, "BackOff: times has ", times, ", but at least 0 is needed");
    used = 0;
  }
  double back_off(const std::string& what) {
    if (used == times) return 0;
    ++used;
    why.push_back(what);
    return factor;
  }
  template <class F>
  void visit(F&& f) {
    f("why", why), f("used", used);
  }
};

namespace detail {

/// Whether an RBM's samples of visible units without bounds have run away from the data. One of the
/// plugins of train/plugins.hpp, for any estimator: the gradient by the visible biases tells the samples'
/// mean.
template <AnyRBM M>
class RunawaySamples {
 public:
  using S = ScalarOf<M>;
  using V = decltype(M::visible);
  static constexpr bool possible = growth<V>() != Growth::bounded;
  static constexpr double limit = 10;  // a batch's mean is seldom one deviation from the data's

  /// `data`: samples by which each unit's mean and deviation are known, n_v × N.
  RunawaySamples(const M& m, const Matrix<S>& data) {
    if constexpr (possible) {
      Gaussian<S> fitted(data.rows());
      fitted.fit(data);
      mean_ = fitted.bias;
      deviation_ = fitted.sigma();
      room_ = m.visible;
    }
  }

  /// v are the data of g, a gradient by the plain parameters.
  template <class G>
  void see(const M& m, const States<S>& v, G& g) {
    if constexpr (possible) {
      const Vector<S> of_data = mean_column<S>(v.numbers()) - mean_;
      statistic_difference(m.visible, g.visible, room_, difference_);
      const Vector<S> of_samples = of_data - difference_.cwiseQuotient(statistic_scale(m.visible));
      // Data far out, in a small batch, excuse samples there.
      away_ = deviations(of_samples) / std::max(1.0, deviations(of_data));
    }
  }
  std::string runaway() const {
    if (!(away_ > limit)) return {};
    return text("samples ", away_, " deviations away from the data, but at most ", limit,
                " are allowed,");
  }

 private:
  // The root mean square over units.
  double deviations(const Vector<S>& x) const {
    return x.cwiseQuotient(deviation_).template cast<double>().norm() /
           std::sqrt(static_cast<double>(x.size()));
  }

  Vector<S> mean_, deviation_, difference_;
  V room_;
  double away_ = 0;
};

}  // namespace detail

}  // namespace strata
