// SPDX-License-Identifier: MIT
// Whether an RBM has a partition function: units that are not bounded may pull each other up for
// ever.
#pragma once

#include <limits>

#include "strata/rbm/rbm.hpp"

namespace strata {

namespace detail {

/// The directions in which t(s) may go for ever, lowest ≤ d ≤ highest: anywhere for real units, up
/// alone for those that are never negative, and nowhere (both are 0) for bounded units.
struct Cone {
  Vector<double> lowest, highest;

  template <UnitLayer U>
  explicit Cone(const U& units) : lowest(units.size()), highest(units.size()) {
    if constexpr (requires { units.first, units.second; }) {
      const Cone a(units.first), b(units.second);
      lowest << a.lowest, b.lowest;
      highest << a.highest, b.highest;
    } else {
      constexpr bool bounded = growth<U>() == Growth::bounded;
      constexpr double lower = support<U>().lowest, upper = support<U>().highest;
      lowest.setConstant(bounded || lower > -HUGE_VAL ? 0 : lower);
      highest.setConstant(bounded || upper < HUGE_VAL ? 0 : upper);
    }
  }
  Vector<double> nearest(const Vector<double>& d) const {
    return d.cwiseMax(lowest).cwiseMin(highest);
  }
};

}  // namespace detail

/// The largest g = hᵀ W v over |h| = |v| = 1, in the directions in which t(h) and t(v) are not
/// bounded; 0 where there are none. Along r h and r v the energy of units that grow quadratically is
///   E = r² (½|v|² + ½|h|² − hᵀ W v) + O(r) = r² (1 − g) + O(r):
/// from g = 1 on, Z is infinite, below it finite.
///
/// By power iteration, v ← what of Wᵀh the cone has, h ← what of Wv it has, in which g never falls,
/// from a draw, its opposite and the best single unit. For real units it is the largest singular
/// value of W, and for units that are never negative as well where no weight is. Where such units
/// have weights of either sign (to find the largest g is NP-hard), there may be a larger one: a model
/// that is said to have no Z has none, but not the other way round.
template <AnyRBM M>
double largest_gain(const M& m) {
  const detail::Cone up(m.hidden), along(m.visible);
  if ((up.lowest - up.highest).isZero(0) || (along.lowest - along.highest).isZero(0)) return 0;
  const Matrix<double> w = m.weights.template cast<double>();
  const auto climb = [&](Vector<double> v) {
    double gain = 0;
    for (int step = 0; step < 500; ++step) {
      const Vector<double> h = up.nearest(w * v);
      v = along.nearest(w.transpose() * h);
      const double length = h.norm(), next = length > 0 ? v.norm() / length : 0;
      if (!(next > gain * (1 + 1e-9))) return std::max(gain, next);
      gain = next;
      v.normalize();
    }
    return gain;
  };
  Random rng(1);
  Vector<double> single = Vector<double>::Zero(w.cols()), draw = rng.normal<double>(w.cols(), 1);
  draw = (draw.array() < along.lowest.array()).select(-draw, draw);
  double longest = 0;
  for (Index i = 0; i < w.cols(); ++i)
    for (const double sign : {-1.0, 1.0}) {
      const double d = std::clamp(sign, along.lowest(i), along.highest(i));
      const double length = up.nearest(d * w.col(i)).norm();
      if (length <= longest) continue;
      longest = length;
      single = d * Vector<double>::Unit(w.cols(), i);
    }
  double best = 0;
  for (const Vector<double>& start : {draw, Vector<double>(-draw), single})
    best = std::max(best, climb(along.nearest(start)));
  return best;
}

/// Throws std::invalid_argument if a gain of 1 or more is found: `weights has a gain of 1.2,
/// but less than 1 is needed: as both layers grow along it, the energy falls without bound`. Pairs
/// with a bounded layer always pass.
template <AnyRBM M>
void check_normalisable(std::string_view where, const M& m) {
  const double gain = largest_gain(m);
  check(
      !(gain >= 1), where, ": weights has a gain of ", gain,
      ", but less than 1 is needed: as both layers grow along it, the energy falls without bound");
}

}  // namespace strata
