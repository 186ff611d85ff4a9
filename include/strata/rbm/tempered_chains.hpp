// SPDX-License-Identifier: MIT
// Gibbs chains at several temperatures that exchange their states, so that those of the model get
// from mode to mode: "Tempered Markov chain Monte Carlo for training of restricted Boltzmann
// machines" (Desjardins, Courville, Bengio, Vincent and Delalleau 2010). Neighbours are even and odd
// pairs in turn, and the ladder makes all swap alike: "Non-reversible parallel tempering" (Syed,
// Bouchard-Côté, Deligiannidis and Doucet 2022).
#pragma once

#include <vector>

#include "strata/rbm/annealing.hpp"
#include "strata/rbm/gibbs.hpp"

namespace strata {

/// Replicas r of n chains, each at an inverse temperature β_r between 0 and 1, with
///   p_r(v) ∝ Σ_h e^{−(1 − β_r) E_base(v) − β_r E(v, h)}.
/// The base is visible units on their own, which chains at β = 0 draw independently; at β = 1 is the
/// model. The model may change between steps.
template <AnyRBM M>
class TemperedChains {
 public:
  using S = ScalarOf<M>;
  using Visible = std::remove_cvref_t<decltype(M::visible)>;

  /// All replicas begin with the columns of v, n_v × n. β in equal steps. Throws for fewer than two
  /// replicas.
  TemperedChains(Visible base, const States<S>& v, int replicas)
      : base_(std::move(base)), replicas_(static_cast<std::size_t>(std::max(replicas, 0))) {
    check(replicas >= 2, "TemperedChains: replicas has ", replicas, ", but at least 2 are needed");
    for (std::size_t r = 0; r < replicas_.size(); ++r) {
      replicas_[r].v = v;
      betas_.push_back(static_cast<double>(r) / (replicas - 1));
    }
    forget_swaps();
  }

  /// So many sweeps of Gibbs sampling in each replica, each followed by a round of swaps.
  void run(const M& m, int steps, Random& rng) {
    for (auto& r : replicas_) hidden_input(m, r.v, r.x);  // the weights may be others since
    for (int k = 0; k < steps; ++k) {
      for (std::size_t r = 0; r < replicas_.size(); ++r)
        gibbs_step(m, betas_[r], replicas_[r], rng);
      swap_neighbours(m, rng);
    }
  }

  /// The states of the model, n_v × n, and their hidden input, n_h × n.
  const States<S>& visible() const { return replicas_.back().v; }
  const Matrix<S>& input() const { return replicas_.back().x; }
  /// Of replica r, the model's last.
  const States<S>& visible(std::size_t r) const { return replicas_[r].v; }

  const std::vector<double>& betas() const { return betas_; }
  /// How often each pair of neighbours has swapped since the ladder was last changed, 0 to 1.
  std::vector<double> swap_rates() const {
    std::vector<double> rates;
    for (const auto& s : swaps_) rates.push_back(s.tries > 0 ? s.accepted / s.tries : 1);
    return rates;
  }

  /// Moves the β between the two ends so that all neighbours will refuse alike: to equal steps of the
  /// sum of refusal rates, which is about linear between the old ones.
  void adapt() {
    const std::vector<double> rates = swap_rates(), old = betas_;
    std::vector<double> sum{0};
    for (const double rate : rates) sum.push_back(sum.back() + std::max(1 - rate, 1e-3));
    std::size_t below = 0;
    for (std::size_t r = 1; r + 1 < old.size(); ++r) {
      const double goal = sum.back() * static_cast<double>(r) / static_cast<double>(rates.size());
      while (sum[below + 1] < goal) ++below;
      const double share = (goal - sum[below]) / (sum[below + 1] - sum[below]);
      betas_[r] = old[below] + share * (old[below + 1] - old[below]);
    }
    forget_swaps();
  }

  template <class F>
  void visit(F&& f) {
    visit_units(base_, "base.", f);
    f("betas", betas_), f("replicas", replicas_), f("swaps", swaps_), f("odd", odd_);
  }

 private:
  struct Replica {
    States<S> v;
    Matrix<S> x;  // hidden input W t(v)

    template <class F>
    void visit(F&& f) {
      f("v", v);
    }
  };
  struct Swaps {
    double accepted = 0, tries = 0;

    template <class F>
    void visit(F&& f) {
      f("accepted", accepted), f("tries", tries);
    }
  };

  void forget_swaps() { swaps_.assign(betas_.size() - 1, {}); }

  void gibbs_step(const M& m, double beta, Replica& r, Random& rng) {
    const auto hidden = detail::annealed(m.hidden, beta);
    sample(hidden, detail::scaled_input(m.hidden, hidden, beta, r.x), rng, h_);
    visible_input(m, h_, y_);
    const auto visible = between(base_, m.visible, beta);
    y_ = detail::scaled_input(m.visible, visible, beta, y_);
    sample(like(visible, r.v), y_, rng, r.v);
    hidden_input(m, r.v, r.x);
  }

  /// log p_β(v), not normalised.
  Row<double> log_weight(const M& m, double beta, const Replica& r) const {
    const Row<double> base = energy(base_, r.v).template cast<double>();
    const Row<double> own = energy(m.visible, r.v).template cast<double>();
    const auto hidden = detail::annealed(m.hidden, beta);
    const Row<S> gamma = hidden.log_partition(detail::scaled_input(m.hidden, hidden, beta, r.x));
    return gamma.template cast<double>() - (1 - beta) * base - beta * own;
  }

  void swap_neighbours(const M& m, Random& rng) {
    for (std::size_t r = odd_ ? 1 : 0; r + 1 < replicas_.size(); r += 2) {
      Replica &cold = replicas_[r + 1], &warm = replicas_[r];
      const Row<double> gain = log_weight(m, betas_[r], cold) + log_weight(m, betas_[r + 1], warm) -
                               log_weight(m, betas_[r], warm) - log_weight(m, betas_[r + 1], cold);
      const Matrix<double> u = rng.uniform<double>(1, gain.size());
      for (Index c = 0; c < gain.size(); ++c) {
        swaps_[r].accepted += std::min(1.0, std::exp(gain(c)));
        ++swaps_[r].tries;
        if (u(c) >= std::exp(gain(c))) continue;
        swap_columns(cold.v, warm.v, c);
        cold.x.col(c).swap(warm.x.col(c));
      }
    }
    odd_ = !odd_;
  }

  static void swap_columns(States<S>& a, States<S>& b, Index c) {
    if (a.is_binary() != b.is_binary()) {
      a = States<S>(a.matrix());
      b = States<S>(b.matrix());
    }
    if (a.is_binary())
      std::ranges::swap_ranges(a.as_bits().column(c), b.as_bits().column(c));
    else
      a.as_numbers().col(c).swap(b.as_numbers().col(c));
  }

  Visible base_;
  std::vector<double> betas_;
  std::vector<Replica> replicas_;
  std::vector<Swaps> swaps_;  // of pair r, r + 1
  bool odd_ = false;
  States<S> h_;
  Matrix<S> y_;
};

}  // namespace strata
