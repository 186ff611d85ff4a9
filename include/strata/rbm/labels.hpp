// SPDX-License-Identifier: MIT
// RBMs that see labels beside their features, and three ways to read the label: "A fast learning
// algorithm for deep belief nets" (Hinton, Osindero and Teh 2006), "Classification using
// discriminative restricted Boltzmann machines" (Larochelle and Bengio 2008).
#pragma once

#include "strata/core/samples.hpp"
#include "strata/rbm/rbm.hpp"
#include "strata/units/joint.hpp"

namespace strata {

namespace detail {
template <class M>
inline constexpr bool is_labelled = false;
template <UnitLayer V, std::floating_point S, UnitLayer H>
inline constexpr bool is_labelled<RestrictedBoltzmannMachine<Joint<V, Softmax<S>>, H>> = true;
}  // namespace detail

/// An RBM whose visible units are features and, after them, a group of softmax units: the label.
template <class M>
concept AnyLabelledRBM = AnyRBM<M> && detail::is_labelled<std::remove_cv_t<M>>;

/// Bernoulli features, labels, Bernoulli hidden units.
template <std::floating_point S>
using LabelledRBM = RBM<Joint<Bernoulli<S>, Softmax<S>>>;

template <std::floating_point S>
LabelledRBM<S> labelled_rbm(Index features, Index classes, Index hidden) {
  return {{Bernoulli<S>(features), Softmax<S>(classes)}, Bernoulli<S>(hidden)};
}

/// How many of the visible units are labels: 0 for most RBMs.
template <AnyRBM M>
Index label_count(const M& m) {
  if constexpr (AnyLabelledRBM<M>)
    return m.visible.second.size();
  else
    return 0;
}
template <AnyRBM M>
Index feature_count(const M& m) {
  return m.visible.size() - label_count(m);
}

namespace detail {
template <class U>
inline constexpr bool is_linear = LinearUnits<U>;
template <UnitLayer First, UnitLayer Second>
inline constexpr bool is_linear<Joint<First, Second>> = (is_linear<First> && is_linear<Second>);
}  // namespace detail

/// An RBM whose units have biases, E(s) = −bᵀs, and no other parameters: the energy is linear in all
/// that it has.
template <class M>
concept LinearRBM =
    AnyRBM<M> && detail::is_linear<decltype(M::visible)> && detail::is_linear<decltype(M::hidden)>;
static_assert(LinearRBM<RBM<float>> && LinearRBM<LabelledRBM<float>> &&
              !LinearRBM<GaussianRBM<float>>);

/// What the hidden units receive from the features alone, n_h × B.
template <AnyLabelledRBM M, class AnyStates>
Matrix<ScalarOf<M>> hidden_input_of_features(const M& m, const AnyStates& x) {
  using S = ScalarOf<M>;
  check_rows("hidden_input_of_features", "x", x.rows(), feature_count(m), "features");
  Matrix<S> input;
  product(m.weights.leftCols(x.rows()), statistic(m.visible.first, as_states<S>(x)), input);
  return input;
}

/// F(x, label) = E(x) + E(label) − Γ_h(W (x, label)), classes × B.
template <AnyLabelledRBM M, class AnyStates>
Matrix<ScalarOf<M>> label_energies(const M& m, const AnyStates& x) {
  using S = ScalarOf<M>;
  const Matrix<S> input = hidden_input_of_features(m, x);
  const Row<S> e = energy(m.visible.first, as_states<S>(x));
  const Index classes = label_count(m), features = feature_count(m);
  constexpr Index columns = 100;
  const Index pieces = (input.cols() + columns - 1) / columns;
  Matrix<S> f(classes, input.cols());
  parallel_for(pieces * classes, [&](Index task) {
    const Index label = task % classes, first = task / classes * columns;
    const Index n = std::min(columns, input.cols() - first);
    const Matrix<S> with_label =
        input.middleCols(first, n).colwise() + m.weights.col(features + label);
    f.row(label).segment(first, n) = e.segment(first, n).array() - m.visible.second.bias(label) -
                                     m.hidden.log_partition(with_label).array();
  });
  return f;
}

/// F(x) with the label summed out: −log Σ_label e^{−F(x, label)}.
template <AnyLabelledRBM M, class AnyStates>
Row<ScalarOf<M>> feature_free_energy(const M& m, const AnyStates& x) {
  Matrix<ScalarOf<M>> f = -label_energies(m, x);
  return -softmax_in_place(f, f.rows());
}

// Ways to read the label. Each has probabilities(m, x, rng), classes × B.

/// p(label | x), exactly, by the free energy of each label.
struct ByFreeEnergy {
  template <AnyLabelledRBM M, class AnyStates>
  Matrix<ScalarOf<M>> probabilities(const M& m, const AnyStates& x, Random&) const {
    return softmax(-label_energies(m, x));
  }
};

namespace detail {

/// Hidden units and label in turn, the features clamped, from a label that is as much one class as
/// another: hidden(input, states) and label(input, probabilities, state) say what they do. Returns
/// the probabilities of the label, averaged over the sweeps from number `from` on.
template <AnyLabelledRBM M, class AnyStates, class Hidden, class Label>
Matrix<ScalarOf<M>> settle(const M& m, const AnyStates& x, int sweeps, int from, Hidden&& hidden,
                           Label&& label) {
  using S = ScalarOf<M>;
  const Matrix<S> input = hidden_input_of_features(m, x);
  const Index classes = label_count(m);
  const auto weights = m.weights.rightCols(classes);
  Matrix<S> sum = Matrix<S>::Zero(classes, x.cols());
  Matrix<S> state, up, back, p;
  States<S> h;
  constexpr Index columns = 100;  // their hidden units stay in the second cache
  for (Index first = 0; first < x.cols(); first += columns) {
    const Index n = std::min(columns, x.cols() - first);
    state.setConstant(classes, n, S(1) / static_cast<S>(classes));
    for (int k = 0; k < sweeps; ++k) {
      product(weights, state, up);
      up += input.middleCols(first, n);
      hidden(up, h);
      product(weights.transpose(), statistic(m.hidden, h), back);
      m.visible.second.mean(back, p);
      if (k >= from) sum.middleCols(first, n) += p;
      label(back, p, state);
    }
  }
  return sum / static_cast<S>(sweeps - from);
}

}  // namespace detail

/// By Gibbs sampling of hidden units and label: the label's probabilities, averaged over the second
/// half of the sweeps.
struct ByGibbs {
  int sweeps = 10;

  template <AnyLabelledRBM M, class AnyStates>
  Matrix<ScalarOf<M>> probabilities(const M& m, const AnyStates& x, Random& rng) const {
    using S = ScalarOf<M>;
    check(sweeps >= 1, "ByGibbs: sweeps has ", sweeps, ", but at least 1 is needed");
    return detail::settle(
        m, x, sweeps, sweeps / 2,
        [&](const Matrix<S>& input, States<S>& h) { sample(m.hidden, input, rng, h); },
        [&](const Matrix<S>& y, const Matrix<S>&, Matrix<S>& state) {
          m.visible.second.sample(y, rng, state);
        });
  }
};

/// By mean field: hidden units and label take each other's means in turn.
struct ByMeanField {
  int sweeps = 10;

  template <AnyLabelledRBM M, class AnyStates>
  Matrix<ScalarOf<M>> probabilities(const M& m, const AnyStates& x, Random&) const {
    using S = ScalarOf<M>;
    check(sweeps >= 1, "ByMeanField: sweeps has ", sweeps, ", but at least 1 is needed");
    return detail::settle(
        m, x, sweeps, sweeps - 1,
        [&](const Matrix<S>& input, States<S>& h) { m.hidden.mean(input, h.as_numbers()); },
        [](const Matrix<S>&, const Matrix<S>& p, Matrix<S>& state) { state = p; });
  }
};

}  // namespace strata
