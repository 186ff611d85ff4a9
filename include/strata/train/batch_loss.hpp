// SPDX-License-Identifier: MIT
// The loss of a stack on a batch, as a function of all its parameters: what the optimisers of
// optim/objective.hpp lower.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "strata/nets/gauss_newton.hpp"
#include "strata/optim/objective.hpp"
#include "strata/train/loop.hpp"

namespace strata::detail {

/// A penalty on parameters in two more ways: cost(piece) is what penalise(piece) gives the slope of,
/// downhill; curve(piece), where the piece has a direction for its value, adds the second derivative
/// times it to the gradient.
template <class P, class S>
concept HasCost = requires(const P& p, Piece<S>& piece) {
  { p.cost(piece) } -> std::convertible_to<double>;
  p.curve(piece);
};
template <class P, class S>
concept Penalises = requires(P& p, Piece<S>& piece) {
  p.penalise(piece);
};

/// f(θ) = the mean loss of a batch, and the penalties. show(columns, noise, input, target) gives the
/// samples as the net is to see them, the same each time for the same random numbers;
/// tally(loss, output, columns) hears what a step has led to. The batch goes through the net a thousand
/// columns at a time.
template <class Net, class Loss, class Show, class Tally, class... Penalties>
class BatchLoss {
 public:
  using Scalar = ScalarOf<Net>;
  using S = Scalar;

  BatchLoss(Net& net, const Loss& loss, const HiddenNoise& noise, bool same_each_epoch, Show show,
            Tally tally, Index samples, Random& rng, Penalties&... penalties)
      : net_(net),
        direction_(net),
        g_(net),
        loss_(loss),
        noise_(noise),
        show_(show),
        tally_(tally),
        samples_(same_each_epoch ? samples : 0),
        rng_(rng),
        penalties_(penalties...),
        a_(depth(net)) {
    static_assert(((!Penalises<Penalties, S> || HasCost<Penalties, S>)&&...),
                  "a penalty without cost() and curve() is for SGD and Adam alone");
    frozen_size_ = size(parameters(net)) - size(parameters(top_layer(net)));
  }

  void set_batch(std::span<const Index> columns) {
    const bool all = std::ssize(columns) == samples_;
    changed_ = !all || !begun_ || refrozen_;
    begun_ = true;
    refrozen_ = false;
    drawn_.assign(columns.begin(), columns.end());
    columns_ = drawn_;
    std::ranges::sort(columns_);  // the same sums each time
    seed_ = static_cast<std::uint64_t>(rng_.below(std::numeric_limits<Index>::max()));
  }
  /// Whether all below the top stays as it is.
  void freeze(bool frozen) {
    refrozen_ = refrozen_ || frozen != frozen_;
    frozen_ = frozen;
  }
  /// θ is what the step has led to.
  void keep(const Vector<S>& theta) { evaluate(theta, nullptr, tally_); }

  bool changed() const { return changed_; }
  template <class F>
  void visit(F&& f) {
    f("begun", begun_), f("frozen", frozen_), f("refrozen", refrozen_);
  }
  double value(const Vector<S>& theta, Vector<S>* gradient) {
    return evaluate(theta, gradient, [](auto&&...) {});
  }

  /// G is that of `most` samples at random, shown without noise in the hidden units.
  void linearise(const Vector<S>& theta, Index most) {
    set(theta);
    pieces_.clear();
    squares_.setZero(theta.size());
    curved_ = std::min(most, std::ssize(columns_));
    std::vector<Index> curved(drawn_.begin(), drawn_.begin() + curved_);
    std::ranges::sort(curved);
    Vector<S> some;
    for_each_part(curved, [&](std::span<const Index> columns, Random& noise) {
      auto& piece = *pieces_.emplace_back(std::make_unique<Linearised>(depth(net_)));
      show_(columns, noise, piece.input, target_);
      forward(net_, piece.input, piece.a);
      strata::squared_gradients(net_, piece.input, target_, loss_, piece.a, g_);
      copy(parameters(g_), some);
      squares_ += share(columns, curved_) * some;
    });
    freeze_part(squares_);
  }
  void gauss_newton(const Vector<S>& v, Vector<S>& out) {
    auto to = parameters(direction_);
    Vector<S> free = v;
    freeze_part(free);
    assign(to, free);
    out.setZero(v.size());
    Vector<S> some;
    for (auto& piece : pieces_) {
      strata::gauss_newton(net_, direction_, piece->input, loss_, piece->a, piece->tangents, g_);
      copy(parameters(g_), some);
      out += static_cast<S>(piece->input.cols()) / static_cast<S>(curved_) * some;
    }
    const auto bend = [&](const auto& penalty) {
      if constexpr (HasCost<std::remove_cvref_t<decltype(penalty)>, S>)
        for_each_parameter(to, out, [&](Piece<S>& p) { penalty.curve(p); });
    };
    std::apply([&](const auto&... penalty) { (bend(penalty), ...); }, penalties_);
    freeze_part(out);
  }
  void squared_gradients(Vector<S>& out) const { out = squares_; }

 private:
  struct Linearised {
    States<S> input;
    Activations<S> a;
    Tangents<S> tangents;
    explicit Linearised(std::size_t layers) : a(layers), tangents(layers) {}
  };

  static Index size(const Parameters<S>& list) {
    Index n = 0;
    for (const auto& p : list) n += p.value.size();
    return n;
  }
  void set(const Vector<S>& theta) {
    auto list = parameters(net_);
    assign(list, theta);
  }
  static S share(std::span<const Index> columns, Index of) {
    return static_cast<S>(columns.size()) / static_cast<S>(of);
  }
  void freeze_part(Vector<S>& v) const {
    if (frozen_) v.head(frozen_size_).setZero();
  }
  /// f(columns, noise) on a thousand samples at a time.
  template <class F>
  void for_each_part(std::span<const Index> all, F&& f) {
    Random noise(seed_);
    for (std::size_t first = 0; first < all.size(); first += 1000)
      f(all.subspan(first, std::min<std::size_t>(1000, all.size() - first)), noise);
  }
  /// f(piece) on each parameter as a whole, with its part of a vector as its gradient.
  template <class F>
  static void for_each_parameter(Parameters<S>& list, Vector<S>& v, F&& f) {
    S* slope = v.data();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Index n = list[i].value.size();
      Piece<S> piece{i, list[i].role, 0, {list[i].value.data(), n}, {slope, n}};
      f(piece);
      slope += n;
    }
  }

  template <class Listen>
  double evaluate(const Vector<S>& theta, Vector<S>* gradient, Listen&& listen) {
    set(theta);
    if (gradient) gradient->setZero(theta.size());
    double sum = 0;
    for_each_part(columns_, [&](std::span<const Index> columns, Random& noise) {
      show_(columns, noise, input_, target_);
      const Matrix<S>& y = forward(net_, input_, a_, noise_, &noise);
      const double loss = gradient ? backward(net_, input_, target_, loss_, a_, g_, frozen_)
                                   : loss_.value(top_layer(net_).units, a_.x.back(), y, target_);
      sum += loss;
      listen(loss, y, columns);
      if (!gradient) return;
      copy(parameters(g_), some_);
      *gradient -= share(columns, std::ssize(columns_)) * some_;  // g ascends
    });
    const double cost = std::apply(
        [&](auto&... penalty) { return (0.0 + ... + add(penalty, gradient)); }, penalties_);
    if (gradient) freeze_part(*gradient);
    return sum / static_cast<double>(columns_.size()) + cost;
  }
  /// The cost of a penalty; its slope is added to the gradient, unless that is null.
  template <class P>
  double add(P& penalty, Vector<S>* gradient) {
    double cost = 0;
    if constexpr (HasCost<P, S>) {
      auto list = parameters(net_);
      Vector<S>& slope = gradient ? *gradient : some_;
      if (!gradient) some_.resize(size(list));
      for_each_parameter(list, slope, [&](Piece<S>& p) {
        cost += penalty.cost(p);
        if (!gradient) return;
        p.gradient = -p.gradient;
        penalty.penalise(p);
        p.gradient = -p.gradient;
      });
    }
    return cost;
  }

  Net& net_;
  Net direction_, g_;
  const Loss& loss_;
  HiddenNoise noise_;
  Show show_;
  Tally tally_;
  Index samples_;  // of a whole set that is shown the same in each epoch
  Random& rng_;
  std::tuple<Penalties&...> penalties_;
  Activations<S> a_;
  std::vector<Index> drawn_, columns_;  // of the batch, as they were drawn and in order
  std::uint64_t seed_ = 0;
  bool changed_ = true, begun_ = false, frozen_ = false, refrozen_ = false;
  Index frozen_size_ = 0, curved_ = 0;
  States<S> input_;
  Matrix<S> target_;
  Vector<S> some_, squares_;
  std::vector<std::unique_ptr<Linearised>> pieces_;
};

}  // namespace strata::detail
