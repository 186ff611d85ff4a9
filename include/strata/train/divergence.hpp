// SPDX-License-Identifier: MIT
// Real-valued units can pull each other up without end: what notices it, and what goes on from there.
#pragma once

#include "strata/rbm/coordinates.hpp"
#include "strata/train/loop.hpp"

namespace strata {

/// Goes on where a run would end with Diverged: from the parameters of 100 to 199 batches before, with
/// all steps to come smaller by `factor`, and momentum, moments and chains anew. Follows the other
/// arguments of train, pretrain and fine_tune.
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
};

namespace detail {

/// Whether an RBM's samples of visible units without bounds have run away from the data. One of the
/// plugins of train/loop.hpp, for any estimator: the gradient by the visible biases tells the samples'
/// mean.
template <AnyRBM M>
class RunawaySamples {
 public:
  using S = ScalarOf<M>;
  using V = decltype(M::visible);
  static constexpr bool possible = growth<V>() != Growth::bounded;
  static constexpr double limit = 10;  // deviations; a batch's mean is seldom one from the data's

  /// `data`: samples by which the deviation is known, n_v × N.
  RunawaySamples(const M& m, const Matrix<S>& data) {
    if constexpr (possible) {
      mean_ = mean_column<S>(data);
      spread_ = rms(data.colwise() - mean_);
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
      const double usual = std::max(spread_, rms(of_data));
      deviations_ = usual > 0 ? rms(of_samples) / usual : 0;
    }
  }
  std::string runaway() const {
    if (!(deviations_ > limit)) return {};
    return text("samples ", deviations_, " deviations away from the data");
  }

 private:
  static double rms(const Batch<S>& x) {
    return x.template cast<double>().norm() / std::sqrt(static_cast<double>(x.size()));
  }

  Vector<S> mean_, difference_;
  V room_;
  double spread_ = 0, deviations_ = 0;
};

}  // namespace detail

}  // namespace strata
