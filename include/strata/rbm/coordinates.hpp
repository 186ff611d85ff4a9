// SPDX-License-Identifier: MIT
// The coordinates in which an RBM learns: "How to center deep Boltzmann machines" (Melchior, Fischer
// and Wiskott 2016), "Enhanced gradient for training restricted Boltzmann machines" (Cho, Raiko and
// Ilin 2013).
#pragma once

#include "strata/rbm/rbm.hpp"

namespace strata {

/// The same model may be written with other parameters, and a step along the gradient by them is
/// another step. Written about offsets μ and λ,
///   E(v, h) = E_v(v; b′) + E_h(h; c′) − (t(h) − λ)ᵀ W (t(v) − μ),
/// it does not matter whether a unit's states are called 0 and 1 or 1 and 0, and weights need not
/// learn what biases should. Models are always plain: b = b′ − Wᵀλ and c = c′ − Wμ (of real-valued units
/// times σ, as absorb has it).
///   plain         by W, b and c
///   centred       about the means of the data, and a slow average of the hidden means
///   standardised  about the same, t(v) − μ and t(h) − λ divided by their deviations: W's steps are
///                 divided by both variances (+ 0.01), up to 16 times as large of binary units, and so is
///                 weight decay; rates have to be smaller
/// Real-valued visible units are centred about the data, and their biases are learned in units of σ,
/// in all three: data may lie and spread anywhere, and σ too changes at b′ and c′, not b and c.
enum class Coordinates { plain, centred, standardised };

namespace detail {

/// f(biases, first unit) on the biases of each part of a layer; there is one for each unit.
template <class U, class F>
void visit_biases(U& units, F&& f) {
  Index first = 0;
  visit_units(units, "", [&](const std::string&, auto& value, Role role) {
    if (role != Role::bias) return;
    f(value, first);
    first += value.size();
  });
  assert(first == units.size());
}

/// Each bias times the number for its unit.
template <class U>
void scale_biases(U& units, const Vector<ScalarOf<U>>& by) {
  visit_biases(units, [&](auto& bias, Index first) {
    bias.array() *= by.segment(first, bias.size()).array();
  });
}

/// x ← what absorb(units, x, ·) does to the biases. `room` is overwritten.
template <UnitLayer U>
void absorbed(const U& units, U& room, Vector<ScalarOf<U>>& x) {
  zero_units(room);
  absorb(units, x, room);
  visit_biases(room, [&](const auto& b, Index first) { x.segment(first, b.size()) = b; });
}

/// out = the mean of t(s), data less model, that g holds as its gradient by the biases. `room` is
/// overwritten.
template <UnitLayer U>
void statistic_difference(const U& units, U& g, U& room, Vector<ScalarOf<U>>& out) {
  out.resize(units.size());
  visit_biases(g, [&](const auto& b, Index first) { out.segment(first, b.size()) = b; });
  absorbed(units, room, out);
}

/// Takes the gradients of a run to its coordinates, and what its steps do to W back to b and c. One
/// of the plugins of train/plugins.hpp.
template <AnyRBM M>
class CoordinatesOfRun {
 public:
  using S = ScalarOf<M>;
  using V = decltype(M::visible);
  using H = decltype(M::hidden);

  /// `data`: samples by which the means are known, n_v × N.
  CoordinatesOfRun(M& m, Coordinates which, const Matrix<S>& data) : m_(m), which_(which) {
    if (!active()) return;
    mean_ = mean_column<S>(data);
    visible_.follow(statistic(m.visible, data), 1, standardised());
    auto fitted = m.visible;
    fit(fitted, data);
    log_scales_ = log_scales(fitted);
    hidden_.offset = Vector<S>::Zero(m.hidden.size());
    visible_room_ = m.visible;
    hidden_room_ = m.hidden;
  }

  bool active() const { return which_ != Coordinates::plain || ScaledUnits<V>; }

  /// g, the gradient by W, b and c, becomes that by the run's coordinates. v are its data, `mean` is
  /// E[h | v].
  template <class G>
  void transform(const States<S>& v, const Matrix<S>& mean, G& g) {
    if (!active()) return;
    if (which_ == Coordinates::centred) hidden_.follow(statistic(m_.hidden, mean), rate, false);
    if (standardised() && batch_++ % 10 == 0)
      hidden_.follow(statistic(m_.hidden, sample_hidden(m_, v, own_)), 10 * rate, true);
    statistic_difference(m_.visible, g.visible, visible_room_, visible_difference_);
    statistic_difference(m_.hidden, g.hidden, hidden_room_, hidden_difference_);
    a_.resize(m_.hidden.size(), 2);
    b_.resize(m_.visible.size(), 2);
    a_ << -hidden_.offset, -hidden_difference_;
    b_ << visible_difference_, visible_.offset;
    add_outer(S(1), a_, b_, g.weights);
    bond(before_visible_, before_hidden_);
    // σ changes μ, the data's mean in units of σ, and what b and c are made of.
    if constexpr (CoupledUnits<V>) {
      const Vector<S> x = m_.weights.transpose() * hidden_difference_;
      add_coupling<V>(
          m_.visible,
          before_visible_.cwiseProduct(visible_difference_) - visible_.offset.cwiseProduct(x),
          g.visible);
    }
    if constexpr (CoupledUnits<H>)
      add_coupling<H>(m_.hidden, before_hidden_.cwiseProduct(hidden_difference_), g.hidden);
    standardise(m_.visible, g.visible);
    standardise(m_.hidden, g.hidden);
    if (standardised()) {
      scale_biases(g.visible, visible_.precision);
      scale_biases(g.hidden, hidden_.precision);
    }
    absorbed(m_.visible, visible_room_, before_visible_);
    absorbed(m_.hidden, hidden_room_, before_hidden_);
  }

  /// The weights' part of standardising, once they are multiplied out.
  void penalise(Piece<S>& p) const {
    if (!standardised() || p.role != Role::weights) return;
    const Index n = hidden_.precision.size();
    for (Index k = 0, i = p.begin % n, j = p.begin / n; k < p.gradient.size(); i = 0, ++j) {
      const Index count = std::min(n - i, p.gradient.size() - k);
      p.gradient.segment(k, count) *=
          visible_.precision(j) * hidden_.precision.segment(i, count).array();
      k += count;
    }
  }

  /// After a step: b′ and c′ are to stay what the step made them.
  void constrain(Parameters<S>&) {
    if (!active()) return;
    keep_scales_near_data();
    make_part_of_biases(after_visible_, after_hidden_);
    move(m_.visible, before_visible_, after_visible_);
    move(m_.hidden, before_hidden_, after_hidden_);
  }

  /// The model has earlier parameters again; the next constrain is to leave them as they are.
  void begin_anew() {
    if (!active()) return;
    hidden_ = {};
    hidden_.offset = Vector<S>::Zero(m_.hidden.size());
    batch_ = 0;  // the next one makes the hidden moments known
    make_part_of_biases(before_visible_, before_hidden_);
  }

  template <class F>
  void visit(F&& f) {
    f("visible", visible_), f("hidden", hidden_), f("random", own_), f("batch", batch_);
  }

 private:
  static constexpr S rate = S(0.01);  // at which the hidden moments follow their batches

  // Where the statistics of a layer lie, and 1 / their variance.
  struct Moments {
    Vector<S> offset, variance, precision, of_batch;
    bool known = false;

    template <class F>
    void visit(F&& f) {
      f("offset", offset), f("variance", variance), f("precision", precision), f("known", known);
    }

    // Moves on to those of the columns of t at this rate, the first time all the way.
    void follow(const Matrix<S>& t, S share, bool spread) {
      if (!std::exchange(known, true)) {
        share = 1;
        offset = variance = Vector<S>::Zero(t.rows());
      }
      towards(
          t, [](const auto& column) { return column; }, share, offset);
      if (!spread) return;
      towards(
          t, [&](const auto& column) { return (column - offset).cwiseAbs2(); }, share, variance);
      precision = (variance.array() + S(0.01)).inverse();  // a unit that is always off stays slow
    }

   private:
    template <class F>
    void towards(const Matrix<S>& t, const F& f, S share, Vector<S>& moment) {
      of_batch.setZero(t.rows());
      for (Index j = 0; j < t.cols(); ++j) of_batch += f(t.col(j));
      moment += share * (of_batch / static_cast<S>(t.cols()) - moment);
    }
  };

  static std::vector<Vector<S>> log_scales(V& units) {
    std::vector<Vector<S>> all;
    visit_units(units, "", [&](const std::string&, auto& value, Role role) {
      if (role == Role::log_scale) all.emplace_back(value);
    });
    return all;
  }
  void keep_scales_near_data() {
    const S most = std::log(S(100));
    std::size_t i = 0;
    visit_units(m_.visible, "", [&](const std::string&, auto& value, Role role) {
      if (role != Role::log_scale) return;
      const auto centre = log_scales_[i++].array();
      value = value.array().max(centre - most).min(centre + most);
    });
  }

  bool standardised() const { return which_ == Coordinates::standardised; }

  template <class U>
  static void move(U& units, const Vector<S>& before, const Vector<S>& after) {
    visit_biases(units, [&](auto& bias, Index first) {
      bias += before.segment(first, bias.size()) - after.segment(first, bias.size());
    });
  }

  // b′ − b and c′ − c, at the σ that the model has.
  void make_part_of_biases(Vector<S>& visible, Vector<S>& hidden) {
    if constexpr (HasStatistic<V>)
      visible_.offset = statistic_scale(m_.visible).cwiseProduct(mean_);
    bond(visible, hidden);
    absorbed(m_.visible, visible_room_, visible);
    absorbed(m_.hidden, hidden_room_, hidden);
  }

  // Wᵀλ and Wμ, in one pass over W.
  void bond(Vector<S>& visible, Vector<S>& hidden) const {
    visible.resize(m_.visible.size());
    hidden.setZero(m_.hidden.size());
    for (Index i = 0; i < visible.size(); ++i) {
      visible(i) = m_.weights.col(i).dot(hidden_.offset);
      hidden += visible_.offset(i) * m_.weights.col(i);
    }
  }

  M& m_;
  Coordinates which_;
  Vector<S> mean_;                     // of the data
  Moments visible_, hidden_;           // μ and λ are their offsets
  std::vector<Vector<S>> log_scales_;  // log σ of the data
  Random own_;
  Index batch_ = 0;
  Matrix<S> a_, b_;
  Vector<S> visible_difference_, hidden_difference_;
  V visible_room_;
  H hidden_room_;
  Vector<S> before_visible_, before_hidden_, after_visible_, after_hidden_;
};

}  // namespace detail

}  // namespace strata
