// SPDX-License-Identifier: MIT
// What is added to the gradient, or done to the parameters, to keep a model simple. Any number of
// them may follow the other arguments of train, pretrain and fine_tune.
#pragma once

#include "strata/core/checks.hpp"
#include "strata/core/parameters.hpp"

namespace strata {

/// Adds −l2 · w − l1 · sign(w) to the gradient of each weight, never of a bias: the objective per
/// sample loses l2 · Σ w²/2 + l1 · Σ |w|.
struct WeightDecay {
  double l2 = 0;
  double l1 = 0;

  void check_options() const {
    check(l2 >= 0 && l1 >= 0, "WeightDecay: l2, l1 has ", l2, ", ", l1,
          ", but at least 0 is needed");
  }
  template <class S>
  void penalise(Piece<S>& p) const {
    if (p.role != Role::weights) return;
    if (l2 > 0) p.gradient -= static_cast<S>(l2) * p.value;
    if (l1 > 0) p.gradient -= static_cast<S>(l1) * p.value.sign();
  }
  /// What the objective loses.
  template <class S>
  double cost(const Piece<S>& p) const {
    if (p.role != Role::weights) return 0;
    const auto w = p.value.template cast<double>();
    return 0.5 * l2 * w.square().sum() + l1 * w.abs().sum();
  }
  /// Adds the second derivative of the loss times a direction, which is the piece's value.
  template <class S>
  void curve(Piece<S>& p) const {
    if (p.role == Role::weights) p.gradient += static_cast<S>(l2) * p.value;
  }
};

/// After each step, scales the weights into a unit (a row of W) down to this Euclidean norm.
struct MaxNorm {
  double limit = 3;

  void check_options() const {
    check(limit > 0, "MaxNorm: limit has ", limit, ", but more than 0 is needed");
  }
  template <class S>
  void constrain(Parameters<S>& theta) const {
    for (auto& p : theta) {
      if (p.role != Role::weights) continue;
      // The smallest normal number keeps a row of zeros a row of zeros.
      const Vector<S> norm = p.value.rowwise().norm().cwiseMax(std::numeric_limits<S>::min());
      const Vector<S> scale = (static_cast<S>(limit) * norm.cwiseInverse()).cwiseMin(S(1));
      if (scale.minCoeff() < 1) p.value.array().colwise() *= scale.array();
    }
  }
};

/// Pulls the mean activity q of each hidden unit over a batch to a target p. An autoencoder's loss
/// gains strength · Σ KL(p ‖ q). In an RBM the gradient by the unit's input gains strength · (p − q), that
/// of a cross-entropy between p and q (Lee, Ekanadham and Ng 2008; Hinton 2012, section 11).
struct Sparsity {
  double target = 0.1;
  double strength = 0.1;

  void check_options() const {
    check(target > 0 && target < 1, "Sparsity: target has ", target,
          ", but a value in (0, 1) is needed");
    check(strength >= 0, "Sparsity: strength has ", strength, ", but at least 0 is needed");
  }
  template <class S>
  Vector<S> pull(const Vector<S>& activity) const {
    return static_cast<S>(strength) * (static_cast<S>(target) - activity.array());
  }
  /// strength · Σ KL(p ‖ q), in nats, and its slope by q, which is kept off 0 and 1.
  template <class S>
  double cost(const Vector<S>& activity, Vector<S>& slope) const {
    const S edge = std::numeric_limits<S>::epsilon(), p = static_cast<S>(target);
    const auto q = activity.array().max(edge).min(1 - edge).eval();
    slope = static_cast<S>(strength) * ((1 - p) / (1 - q) - p / q);
    const auto divergence = p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log();
    return strength * divergence.template cast<double>().sum();
  }
};

}  // namespace strata
