// SPDX-License-Identifier: MIT
// "On the limited memory BFGS method for large scale optimization" (Liu and Nocedal 1989), by the
// library LBFGS++. Not in the umbrella: link strata::lbfgs.
#pragma once

#include <LBFGS.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "strata/optim/line_search.hpp"
#include "strata/optim/objective.hpp"

namespace strata {

/// Quasi-Newton steps by the curvature along the last `history` of them; it holds 2 · history + 6
/// copies of θ. Each call of improve() starts from the steepest descent: what another batch told of
/// the curvature would mislead, and LBFGS++ cannot go on where it stopped. So a batch that is the whole set
/// is best lowered in few epochs of many iterations.
struct LBFGS {
  int iterations = 20;  // line searches in each call of improve()
  int history = 10;     // m

  template <class S>
  struct State {
    Vector<S> x;  // scratch

    template <class F>
    void visit(F&&) {}
  };

  /// Throws if there is nothing to be done, or nothing to be learnt from.
  void check_options() const {
    check(iterations >= 1, "LBFGS: iterations has ", iterations, ", but at least 1 is needed");
    check(history >= 1, "LBFGS: history has ", history, ", but at least 1 is needed");
  }
  template <class S>
  State<S> start() const {
    return {};
  }

  /// Lowers f from θ, and leaves there the lowest point of all that were tried. The library throws
  /// where a line search finds no step, or rounding has turned a direction uphill: that is the end
  /// of the call, not an error. What f throws passes through.
  template <Objective F>
  void improve(F& f, Vector<ScalarOf<F>>& theta, State<ScalarOf<F>>& s) const {
    using S = ScalarOf<F>;
    Lowest<F> lowest(f, theta);
    s.x = theta;
    S value = 0;
    const auto options = settings<S>();
    LBFGSpp::LBFGSSolver<S, LBFGSpp::LineSearchBracketing> solver(options);
    try {
      solver.minimize(lowest, s.x, value);
    } catch (const std::runtime_error&) {
      if (lowest.in_f) throw;
    } catch (const std::logic_error&) {
      if (lowest.in_f) throw;
    }
  }

 private:
  /// f as the library calls it, in the type of θ: the difference to where it began, which rounds
  /// less. What is not finite is infinitely high, for a line search to shrink back from.
  template <class F>
  struct Lowest {
    using S = ScalarOf<F>;
    F& f;
    Vector<S>& theta;  // where f was lowest
    double first = HUGE_VAL, value = HUGE_VAL;
    bool in_f = false;  // f itself has thrown

    Lowest(F& objective, Vector<S>& at) : f(objective), theta(at) {}

    S operator()(const Vector<S>& x, Vector<S>& gradient) {
      in_f = true;
      const double height = f.value(x, &gradient);
      in_f = false;
      const bool finite = std::isfinite(height) && gradient.allFinite();
      if (std::isinf(first)) {
        // Without a height and a slope to set out from, a gradient of 0 ends the search at once.
        if (!finite) gradient.setZero();
        first = value = finite ? height : 0;
        return 0;
      }
      if (finite && height < value) {
        value = height;
        theta = x;
      }
      return finite ? static_cast<S>(height - first) : std::numeric_limits<S>::infinity();
    }
  };

  template <class S>
  LBFGSpp::LBFGSParam<S> settings() const {
    LBFGSpp::LBFGSParam<S> p;
    p.m = history;
    p.max_iterations = iterations;
    // How small a gradient is enough depends on f: only the smallest ends the search before that.
    p.epsilon = std::numeric_limits<S>::min();
    p.epsilon_rel = 0;
    // Both Wolfe conditions, or sᵀy might be negative, and with it the curvature.
    p.linesearch = LBFGSpp::LBFGS_LINESEARCH_BACKTRACKING_WOLFE;
    // It bisects. Much longer, and the ends would be neighbours, which the library does not expect.
    p.max_linesearch = std::numeric_limits<S>::digits - 4;
    return p;
  }
};

}  // namespace strata
