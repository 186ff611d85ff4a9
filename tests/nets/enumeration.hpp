// SPDX-License-Identifier: MIT
// The distributions of small nets of binary units that generate, written from their conditionals
// alone, over every joint state of their layers.
#pragma once

#include "rbm/enumeration.hpp"
#include "strata/nets/generative.hpp"

namespace strata::testing {

using DirectedLayers = Stack<Directed<double>>;
using DirectedDBN = Stack<DirectedLayers, RBM<double>>;
using LabelledDirectedDBN = Stack<DirectedLayers, LabelledRBM<double>>;
using AutoregressiveNet = Stack<DirectedLayers, AutoregressivePrior<double>>;

/// Normal parameters: weights of deviation 1, biases and log σ of 0.5.
template <class Net>
Net randomised(Net net, Random& rng) {
  for (auto& p : parameters(net))
    p.value =
        (p.role == Role::weights ? 1.0 : 0.5) * rng.normal<double>(p.value.rows(), p.value.cols());
  return net;
}
inline AutoregressiveNet random_autoregressive_net(const std::vector<Index>& sizes, Random& rng) {
  auto net =
      randomised(stack(DirectedLayers(sizes), AutoregressivePrior<double>(sizes.back())), rng);
  auto& w = top_layer(net).weights;
  w = Matrix<double>(w.triangularView<Eigen::StrictlyLower>());
  return net;
}

/// States of all layers under the top, s[0] at the bottom; a column is one joint state.
using JointStates = std::vector<Matrix<double>>;

/// All of them, in which the number of the visible state runs first.
template <GenerativeNet Net>
JointStates joint_states(const Net& net) {
  std::vector<Index> sizes{input_size(net)};
  for_each_directed([&](const auto& l, std::size_t) { sizes.push_back(output_size(l)); }, net);
  Index units = 0;
  for (const Index n : sizes) units += n;
  const Matrix<double> all = all_states(units);
  JointStates s;
  for (Index first = 0; const Index n : sizes) {
    s.push_back(all.middleRows(first, n));
    first += n;
  }
  return s;
}

/// The number of each column among all_states().
inline std::vector<Index> state_numbers(const Matrix<double>& s) {
  std::vector<Index> numbers;
  for (const auto& column : s.colwise()) {
    Index number = 0;
    for (Index i = 0; i < s.rows(); ++i) number += static_cast<Index>(column(i)) << i;
    numbers.push_back(number);
  }
  return numbers;
}

/// How often each of all_states() is among the columns, as a share.
inline Row<double> frequencies(const Matrix<double>& s) {
  Row<double> p = Row<double>::Zero(Index{1} << s.rows());
  for (const Index k : state_numbers(s)) p(k) += 1 / static_cast<double>(s.cols());
  return p;
}

/// The probabilities of joint states, summed for each state of one layer.
inline Row<double> marginal(const Row<double>& p, const Matrix<double>& layer) {
  Row<double> sums = Row<double>::Zero(Index{1} << layer.rows());
  for (Index c = 0; const Index k : state_numbers(layer)) sums(k) += p(c++);
  return sums;
}

/// A value of each visible state, for every joint state.
inline Row<double> for_each_joint(const Row<double>& of_visible, const JointStates& s) {
  return of_visible.replicate(1, s[0].cols() / of_visible.size());
}

/// One column for each column of s, in which the row of its number is 1: what averages to
/// probabilities.
inline Matrix<double> indicators(const Matrix<double>& s) {
  Matrix<double> on = Matrix<double>::Zero(Index{1} << s.rows(), s.cols());
  for (Index c = 0; const Index k : state_numbers(s)) on(k, c++) = 1;
  return on;
}

/// log Πᵢ p(sᵢ | W y + b).
inline Row<double> log_conditional(const Dense<B>& layer, const Matrix<double>& y,
                                   const Matrix<double>& s) {
  const Eigen::ArrayXXd x = (layer.weights * y).colwise() + layer.units.bias;
  return (s.array() * x - (1 + x.exp()).log()).colwise().sum();
}

/// log Σ_h e^{−E(v, h)} of each column.
template <AnyRBM M>
Row<double> log_sum_over_hidden(const M& m, const Matrix<double>& v) {
  const Matrix<double> table = log_joint(m, v, every_state(m.hidden));
  Row<double> sums(v.cols());
  for (Index k = 0; k < v.cols(); ++k) sums(k) = log_sum_exp(table.row(k));
  return sums;
}
/// All visible states of an RBM; of one with labels the number of the features runs first.
template <AnyRBM M>
Matrix<double> all_visible(const M& m) {
  return m.visible.states(0, static_cast<Index>(m.visible.count()));
}
template <AnyRBM M>
double enumerated_log_z(const M& m) {
  return log_sum_exp(log_sum_over_hidden(m, all_visible(m)));
}
/// p(v′ | v) of a sweep v → h → v′, a row for each of all_visible().
template <AnyRBM M>
Matrix<double> enumerated_sweep(const M& m) {
  const Matrix<double> joint = log_joint(m, all_visible(m), every_state(m.hidden)).array().exp();
  const Vector<double> of_v = joint.rowwise().sum(), of_h = joint.colwise().sum().transpose();
  return of_v.cwiseInverse().asDiagonal() * joint * of_h.cwiseInverse().asDiagonal() *
         joint.transpose();
}

/// log p(s) under the top of a net, labels summed out.
template <class Top>
Row<double> log_top(const Top& top, const Matrix<double>& s) {
  if constexpr (std::same_as<Top, FactorialPrior<B>>) {
    return log_conditional(Dense<B>(1, top.units), constant(1, s.cols(), 0), s);
  } else if constexpr (std::same_as<Top, AutoregressivePrior<double>>) {
    Dense<B> layer(s.rows(), top.units);
    layer.weights = top.weights.template triangularView<Eigen::StrictlyLower>();
    return log_conditional(layer, s, s);
  } else if constexpr (AnyLabelledRBM<Top>) {
    const Index classes = label_count(top);
    Matrix<double> terms(classes, s.cols()), v(s.rows() + classes, s.cols());
    for (Index label = 0; label < classes; ++label) {
      v << s, Vector<double>::Unit(classes, label).replicate(1, s.cols());
      terms.row(label) = log_sum_over_hidden(top, v);
    }
    Row<double> sums(s.cols());
    for (Index k = 0; k < s.cols(); ++k) sums(k) = log_sum_exp(terms.col(k));
    return sums.array() - enumerated_log_z(top);
  } else {
    return log_sum_over_hidden(top, s).array() - enumerated_log_z(top);
  }
}

/// log p(s[0] … s[D−1] | s[D]).
template <GenerativeNet Net>
Row<double> log_descent(const Net& net, const JointStates& s) {
  Row<double> sum = Row<double>::Zero(s[0].cols());
  for_each_directed(
      [&](const auto& layer, std::size_t i) {
        sum += log_conditional(layer.generation, s[i + 1], s[i]);
      },
      net);
  return sum;
}
/// log p(s[0] … s[D]).
template <GenerativeNet Net>
Row<double> log_generation(const Net& net, const JointStates& s) {
  return log_top(top_layer(net), s.back()) + log_descent(net, s);
}
/// log q(s[1] … s[D] | s[0]).
template <GenerativeNet Net>
Row<double> log_recognition(const Net& net, const JointStates& s) {
  Row<double> sum = Row<double>::Zero(s[0].cols());
  for_each_directed(
      [&](const auto& layer, std::size_t i) {
        sum += log_conditional(layer.recognition, s[i], s[i + 1]);
      },
      net);
  return sum;
}

/// log p(v) of all visible states.
template <GenerativeNet Net>
Row<double> enumerated_likelihood(const Net& net) {
  const JointStates s = joint_states(net);
  return marginal(log_generation(net, s).array().exp(), s[0]).array().log();
}
/// E_q[log p(v, h) − log q(h | v)] of all visible states.
template <GenerativeNet Net>
Row<double> enumerated_bound(const Net& net) {
  const JointStates s = joint_states(net);
  const Row<double> log_q = log_recognition(net, s);
  return marginal(log_q.array().exp() * (log_generation(net, s) - log_q).array(), s[0]);
}

/// largest_z of seeded gradients of a batch. They are averages over some `events`, by default the
/// columns, and enter as sums: the least variance is then that of an event that came once in all.
template <class Estimator, class Net>
double gradient_z(const Estimator& estimator, const Net& net, const States<double>& batch,
                  Index draws, Random& rng, const Vector<double>& expected, Index events = 0) {
  const auto n = static_cast<double>(events > 0 ? events : batch.cols());
  return largest_z(n * gradient_draws(estimator, net, batch, draws, rng), n * expected);
}

/// The exact expectation of wake-sleep's gradient of a net under a prior, for data as likely as
/// given: awake that of E_q[log p(v, h)], asleep that of E_p[log q(h | v)] = −KL(p‖q) + constant.
template <GenerativeNet Net>
Vector<double> expected_wake_sleep(const Net& net, const Row<double>& data) {
  const JointStates s = joint_states(net);
  const Row<double> q = log_recognition(net, s).array().exp() * for_each_joint(data, s).array();
  const Row<double> p = log_generation(net, s).array().exp();
  return finite_differences(net, [&](const Net& m) {
    return q.dot(log_generation(m, s)) + p.dot(log_recognition(m, s));
  });
}

}  // namespace strata::testing
