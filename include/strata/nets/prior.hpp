// SPDX-License-Identifier: MIT
// What may be on top of directed layers in place of an RBM: independent units, as in a sigmoid
// belief net, or units that follow one another, "Does the wake-sleep algorithm produce good density
// estimators?" (Frey, Hinton and Dayan 1996). Their probabilities are normalised.
#pragma once

#include "strata/nets/dense.hpp"
#include "strata/units/log_probability.hpp"

namespace strata {

/// Units on their own: p(s) ∝ e^{−E(s)}. As a layer of a stack it hands on what comes from below.
template <UnitLayer Units>
struct FactorialPrior {
  using Scalar = ScalarOf<Units>;
  Units units;

  FactorialPrior() = default;
  explicit FactorialPrior(Units u) : units(std::move(u)) {}
  explicit FactorialPrior(Index n) requires std::constructible_from<Units, Index> : units(n) {}

  template <class F>
  void visit(F&& f) {
    visit_units(units, "", f);
  }
  void constrain() { strata::constrain(units); }
};

/// Binary units in order: p(s) = Π_i p(s_i | s_1 … s_{i−1}), p(s_i = 1 | …) = σ(b_i + Σ_{j<i} W_ij s_j).
template <std::floating_point S>
struct AutoregressivePrior {
  using Scalar = S;
  Bernoulli<S> units;
  Matrix<S> weights;  // W, n × n, zero on the diagonal and above

  AutoregressivePrior() = default;
  explicit AutoregressivePrior(Index n) : units(n), weights(Matrix<S>::Zero(n, n)) {}

  template <class F>
  void visit(F&& f) {
    f("weights", weights, Role::weights);
    visit_units(units, "", f);
  }
  void constrain() { weights.template triangularView<Eigen::Upper>().setZero(); }
};

template <class U>
std::string describe(const FactorialPrior<U>& prior) {
  return text("prior of ", prior.units.size(), " (", kind_name(prior.units), ")");
}
template <class S>
std::string describe(const AutoregressivePrior<S>& prior) {
  return text("autoregressive prior of ", prior.units.size());
}

/// log p(s) for each column, in nats.
template <class U>
Row<double> log_prior(const FactorialPrior<U>& prior, const States<ScalarOf<U>>& s) {
  using S = ScalarOf<U>;
  const double log_z =
      static_cast<double>(prior.units.log_partition(Matrix<S>::Zero(s.rows(), 1))(0));
  return -energy(prior.units, s).template cast<double>().array() - log_z;
}
template <class S>
Row<double> log_prior(const AutoregressivePrior<S>& prior, const States<S>& s) {
  Matrix<S> x;
  product(prior.weights, s, x);
  return log_probability(prior.units, x, s);
}

/// n samples, one per column.
template <class U>
void sample(const FactorialPrior<U>& prior, Index n, Random& rng, States<ScalarOf<U>>& out) {
  sample(prior.units, Matrix<ScalarOf<U>>::Zero(prior.units.size(), n), rng, out);
}
template <class S>
void sample(const AutoregressivePrior<S>& prior, Index n, Random& rng, States<S>& out) {
  const Index size = prior.units.size();
  const Matrix<S> u = rng.uniform<S>(n, size);
  Matrix<S> s = Matrix<S>::Zero(n, size);  // one sample per row, so that a unit is a column
  Matrix<S> x;
  for (Index i = 0; i < size; ++i) {
    x = s.leftCols(i) * prior.weights.row(i).head(i).transpose();
    x.array() += prior.units.bias(i);
    s.col(i) = (u.col(i).array() < sigmoid(x).array()).template cast<S>();
  }
  out.as_bits() = BinaryStates(s.transpose());
}

/// g += Σ_c w_c ∂ log p(s_c)/∂θ.
template <class U, class G>
void add_statistics(const FactorialPrior<U>& prior, const States<ScalarOf<U>>& s,
                    const Row<ScalarOf<U>>& w, G& g) {
  using S = ScalarOf<U>;
  add_energy_gradient(prior.units, s, w, g.units);
  const Matrix<S> none = Matrix<S>::Zero(s.rows(), 1);
  add_partition_gradient(prior.units, none, mean(prior.units, none), Row<S>::Constant(1, -w.sum()),
                         g.units);
}
template <class S, class G>
void add_statistics(const AutoregressivePrior<S>& prior, const States<S>& s, const Row<S>& w,
                    G& g) {
  Matrix<S> x, mean, delta;
  product(prior.weights, s, x);
  prior.units.mean(x, mean);
  difference_of_statistics(prior.units, s, mean, w, delta);
  Matrix<S> slope = Matrix<S>::Zero(s.rows(), s.rows());
  add_outer(S(1), delta, s, slope);
  g.weights += Matrix<S>(slope.template triangularView<Eigen::StrictlyLower>());
  add_weighted_columns<S>(delta, Row<S>::Ones(delta.cols()), g.units.bias);
}

namespace detail {
template <class L>
inline constexpr bool is_prior = false;
template <class U>
inline constexpr bool is_prior<FactorialPrior<U>> = true;
template <class S>
inline constexpr bool is_prior<AutoregressivePrior<S>> = true;
}  // namespace detail

template <class L>
concept AnyPrior = detail::is_prior<std::remove_cv_t<L>>;

template <AnyPrior P>
Index input_size(const P& prior) {
  return prior.units.size();
}
template <AnyPrior P>
Index output_size(const P& prior) {
  return prior.units.size();
}
template <AnyPrior P>
Matrix<ScalarOf<P>> up(const P&, const Batch<ScalarOf<P>>& x) {
  return x;
}
template <AnyPrior P>
Matrix<ScalarOf<P>> down(const P&, const Batch<ScalarOf<P>>& h) {
  return h;
}

/// The gradient of a prior at the top of a net, exactly, and samples of it to dream from: what an
/// estimator of an RBM's gradient is to a net with an RBM on top.
struct PriorGradient {
  template <AnyPrior P>
  struct State {
    Particles<ScalarOf<P>> negative;

    template <class F>
    void visit(F&&) {}  // nothing is kept from one batch to the next
  };
  template <AnyPrior P>
  State<P> start(const P&) const {
    return {};
  }
  template <AnyPrior P, class G>
  void gradient(const P& prior, const States<ScalarOf<P>>& s, State<P>& state, G& g,
                Random& rng) const {
    using S = ScalarOf<P>;
    set_zero(g);
    add_statistics(prior, s, equal_weights<S>(s.cols()), g);
    sample(prior, s.cols(), rng, state.negative.v);
  }
};

}  // namespace strata
