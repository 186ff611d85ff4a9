// SPDX-License-Identifier: MIT
// "Deep learning via Hessian-free optimization" (Martens 2010).
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "strata/optim/line_search.hpp"
#include "strata/optim/objective.hpp"

namespace strata {

/// Steps p that lower the damped quadratic q(p) = gᵀp + ½ pᵀ(G + λI) p, where g is the gradient and
/// G the Gauss–Newton matrix, of which only products with vectors are formed. Linear conjugate
/// gradient lowers q; λ follows how well q has foretold f. One step in each call of improve(). It
/// holds kept + 7 copies of θ.
struct HessianFree {
  double damping = 1;    // λ at the start
  int iterations = 250;  // of conjugate gradient in a step, at most
  // Of a batch, at most: products with G, the bulk of the work, need few samples; gradients see all.
  Index curvature_samples = 1000;
  double tolerance = 5e-4;  // ε: the progress of q for each iteration, relative, that is too little
  double warm_start = 0.95;      // the part of the last solution at which the next search begins
  double preconditioner = 0.75;  // (diag of squared gradients + λ)^this; 0 is none
  double growth = 1.3;  // a solution is kept after ⌈growthʲ⌉ iterations, j = 0, 1, …
  int kept = 8;         // of these solutions the last few

  /// What conjugate gradient came to, and the q of it.
  template <class S>
  struct Solution {
    Vector<S> step;
    double q = 0;
  };
  template <class S>
  struct State {
    double damping = 0;                     // λ
    Vector<S> solution;                     // n, of the last step; empty before the first
    Vector<S> gradient, scale;              // g, and the preconditioner
    Vector<S> residual, p, product, trial;  // scratch, all of size n
    std::vector<Solution<S>> kept;          // as a ring
    std::size_t count = 0;                  // how many have been put into it in this step
    std::vector<double> progress;           // q after each iteration

    template <class F>
    void visit(F&& f) {
      f("damping", damping), f("solution", solution);
    }
  };

  /// Throws for options without a meaning.
  void check_options() const {
    check(damping > 0, "HessianFree: damping has ", damping, ", but more than 0 is needed");
    check_rate("HessianFree", "damping", damping);
    check(iterations >= 1, "HessianFree: iterations has ", iterations,
          ", but at least 1 is needed");
    check(curvature_samples >= 1, "HessianFree: curvature_samples has ", curvature_samples,
          ", but at least 1 is needed");
    check(tolerance >= 0, "HessianFree: tolerance has ", tolerance, ", but at least 0 is needed");
    check(warm_start >= 0 && warm_start <= 1, "HessianFree: warm_start has ", warm_start,
          ", but a value in [0, 1] is needed");
    check(preconditioner >= 0 && preconditioner <= 1, "HessianFree: preconditioner has ",
          preconditioner, ", but a value in [0, 1] is needed");
    check(growth > 1, "HessianFree: growth has ", growth, ", but more than 1 is needed");
    check(kept >= 1, "HessianFree: kept has ", kept, ", but at least 1 is needed");
  }
  template <class S>
  State<S> start() const {
    State<S> s;
    s.damping = damping;
    return s;
  }

  /// Lowers f from θ by one step. Leaves θ as it is where f or its gradient is not finite or the
  /// gradient is 0, and where no step lowers f; then λ grows for the next.
  template <CurvedObjective F>
  void improve(F& f, Vector<ScalarOf<F>>& theta, State<ScalarOf<F>>& s) const {
    using S = ScalarOf<F>;
    s.gradient.resize(theta.size());
    s.scale.resize(theta.size());
    const double value = f.value(theta, &s.gradient);
    const double square = detail::dot(s.gradient, s.gradient);
    if (!std::isfinite(value) || !(square > 0 && std::isfinite(square))) return;
    f.linearise(theta, curvature_samples);
    f.squared_gradients(s.scale);
    s.scale = (s.scale.array() + static_cast<S>(s.damping)).pow(static_cast<S>(preconditioner));
    solve([&](const Vector<S>& v, Vector<S>& out) { f.gauss_newton(v, out); }, s);
    if (s.count == 0) return;

    double end = 0;
    const Solution<S>& best = choose(f, theta, s, end);
    // λ damps the step, but f knows nothing of it: what was foretold is q without it.
    const double foretold = best.q - 0.5 * s.damping * detail::dot(best.step, best.step);
    // Within what a float can hold: a λ of 0 or infinity would never be another again.
    s.damping = std::clamp(s.damping * damping_factor((end - value) / foretold), 1e-20, 1e20);
    backtrack(f, theta, best.step, value, end, s);
  }

  /// Conjugate gradient on (G + λI) x = −g, where product(v, out) writes G v: from the decayed
  /// s.solution, to which it leaves the next one, preconditioned by s.scale.
  template <class Product, class S>
  void solve(Product&& product, State<S>& s) const {
    s.residual.resize(s.gradient.size());
    s.product.resize(s.gradient.size());
    s.count = 0;
    s.progress.assign(1, begin(product, s));
    s.p = -s.residual.cwiseQuotient(s.scale);
    double square = -detail::dot(s.residual, s.p);  // rᵀM⁻¹r
    double next_kept = 1;
    int i = 0, last_kept = 0;
    while (i < iterations && !truncated(s.progress)) {
      product(s.p, s.product);
      s.product += static_cast<S>(s.damping) * s.p;
      const double curvature = detail::dot(s.p, s.product);
      if (!(square > 0 && curvature > 0)) break;  // solved, or lost to rounding
      const double alpha = square / curvature;
      s.solution += static_cast<S>(alpha) * s.p;
      s.residual += static_cast<S>(alpha) * s.product;
      s.progress.push_back(s.progress.back() - 0.5 * alpha * square);
      if (++i >= next_kept) {
        keep(s);
        last_kept = i;
        while (next_kept <= i) next_kept *= growth;
      }
      const double before = square;
      s.product = s.residual.cwiseQuotient(s.scale);
      square = detail::dot(s.residual, s.product);
      s.p = static_cast<S>(square / before) * s.p - s.product;
    }
    if (last_kept < i) keep(s);
  }

  /// Whether the last k = max(10, i/10) of i iterations have lowered q by less than the part kε.
  bool truncated(const std::vector<double>& q) const {
    const std::size_t i = q.size() - 1, k = std::max<std::size_t>(10, i / 10);
    return i > k && q[i] < 0 && (q[i] - q[i - k]) / q[i] < static_cast<double>(k) * tolerance;
  }

  /// The rule of Levenberg and Marquardt: what λ is multiplied by when f fell by `ratio` of what was
  /// foretold. A ratio that is not a number has not kept its word either.
  static double damping_factor(double ratio) {
    if (!(ratio >= 0.25)) return 1.5;
    return ratio > 0.75 ? 2.0 / 3 : 1;
  }

 private:
  /// Puts the solution to where it begins, writes r = (G + λI) x + g and returns q(x) = ½ xᵀ(r + g).
  template <class Product, class S>
  double begin(Product& product, State<S>& s) const {
    if (s.solution.size() == s.gradient.size() && warm_start > 0) {
      s.solution *= static_cast<S>(warm_start);
      product(s.solution, s.residual);
      s.residual += static_cast<S>(s.damping) * s.solution + s.gradient;
      const double q =
          0.5 * (detail::dot(s.solution, s.residual) + detail::dot(s.solution, s.gradient));
      if (q <= 0) return q;
    }
    // No solution yet, or one that is worse here than none.
    s.solution.setZero(s.gradient.size());
    s.residual = s.gradient;
    return 0;
  }

  template <class S>
  void keep(State<S>& s) const {
    const std::size_t place = s.count++ % static_cast<std::size_t>(kept);
    if (s.kept.size() <= place) s.kept.emplace_back();
    s.kept[place].step = s.solution;
    s.kept[place].q = s.progress.back();
  }

  /// f(θ + length · step), infinite where that is not finite; s.trial is where.
  template <class F, class S>
  static double height(F& f, const Vector<S>& theta, double length, const Vector<S>& step,
                       State<S>& s) {
    s.trial = theta + static_cast<S>(length) * step;
    const double value = f.value(s.trial, nullptr);
    return std::isfinite(value) ? value : HUGE_VAL;
  }

  /// From the last solution back for as long as f falls, or has no finite value: q is f only near θ,
  /// and the first solutions are shorter. Sets `lowest` to f(θ + step).
  template <class F, class S>
  const Solution<S>& choose(F& f, const Vector<S>& theta, State<S>& s, double& lowest) const {
    const auto ring = static_cast<std::size_t>(kept);
    const Solution<S>* best = nullptr;
    lowest = HUGE_VAL;
    for (std::size_t j = s.count; j-- > 0 && j + ring >= s.count;) {
      const Solution<S>& next = s.kept[j % ring];
      const double value = height(f, theta, 1, next.step, s);
      if (value >= lowest && lowest < HUGE_VAL) break;
      best = &next;
      lowest = value;
    }
    return *best;
  }

  /// Halves the step, with which f would be `end`, until f falls from `start` by a hundredth of what
  /// its slope promises.
  template <class F, class S>
  static void backtrack(F& f, Vector<S>& theta, const Vector<S>& step, double start, double end,
                        State<S>& s) {
    const double slope = std::min(0.0, detail::dot(s.gradient, step));
    for (double length = 1; length > 1e-6; length /= 2) {
      if (length < 1) end = height(f, theta, length, step, s);
      if (end < start && end <= start + 0.01 * length * slope) {
        theta += static_cast<S>(length) * step;
        return;
      }
    }
  }
};

}  // namespace strata
