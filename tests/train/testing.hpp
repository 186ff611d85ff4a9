// SPDX-License-Identifier: MIT
// What the tests of training share: small data, bits to compare, estimators that make a run
// transparent.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "fixtures.hpp"
#include "strata/train/loop.hpp"

namespace strata::testing {

/// Whether two models hold the same bits.
template <class Model>
bool same_bits(Model a, Model b) {
  const auto x = parameters(a), y = parameters(b);
  if (x.size() != y.size()) return false;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i].value.size() != y[i].value.size() ||
        (x[i].value.size() > 0 &&
         std::memcmp(x[i].value.data(), y[i].value.data(),
                     static_cast<std::size_t>(x[i].value.size()) * sizeof(ScalarOf<Model>)) != 0))
      return false;
  return true;
}

/// Some columns of two classes that differ in the mean of each row.
template <class Scalar>
LabelledData<Scalar> two_classes(Index rows, Index samples, std::uint64_t seed = 9) {
  Random rng(seed);
  LabelledData<Scalar> data{rng.uniform<Scalar>(rows, samples),
                            Labels(static_cast<std::size_t>(samples))};
  for (Index j = 0; j < samples; ++j) {
    const Index label = j % 2;
    data.labels[static_cast<std::size_t>(j)] = static_cast<int>(label);
    for (Index i = 0; i < rows; ++i)
      data.images(i, j) = Scalar(0.5) * (data.images(i, j) + static_cast<Scalar>((i + label) % 2));
  }
  return data;
}

/// A gradient of zero that looks at each batch: what the loop does is all that happens.
struct Onlooker {
  std::vector<Matrix<double>>* batches = nullptr;

  template <class M>
  struct State {
    Matrix<ScalarOf<M>> x0;
  };
  template <class M>
  State<M> start(const M&) const {
    return {};
  }
  template <class M>
  void gradient(const M& m, const States<ScalarOf<M>>& v, State<M>& s, M& g, Random&) const {
    hidden_input(m, v, s.x0);
    for (auto& p : parameters(g)) p.value.setZero();
    if (batches) batches->push_back(v.matrix().template cast<double>());
  }
};

/// A slope of 1 by all parameters, but NaN in these batches of all that are asked for; counts how often
/// it was begun.
struct BreaksAt {
  std::vector<int> at;
  int* starts = nullptr;
  mutable int batch = 0;

  template <class M>
  using State = Onlooker::State<M>;
  template <class M>
  State<M> start(const M&) const {
    if (starts) ++*starts;
    return {};
  }
  template <class M>
  void gradient(const M& m, const States<double>& v, State<M>& s, M& g, Random&) const {
    hidden_input(m, v, s.x0);
    for (auto& p : parameters(g)) p.value.setOnes();
    if (std::ranges::find(at, ++batch) != at.end()) g.hidden.bias(1) = std::nan("");
  }
};

/// Thrown by StopAfter.
struct Stopped {};

/// Ends a run in the middle of an epoch, after that many batches.
struct StopAfter {
  int batches;
  void batch(const Progress&) {
    if (--batches == 0) throw Stopped();
  }
};

/// Pixels of two classes: bits, each column's label its parity.
inline LabelledData<double> two_patterns(Index rows, Index columns) {
  auto data = two_classes<double>(rows, columns);
  data.images = (data.images.array() > 0.5).cast<double>();
  return data;
}

}  // namespace strata::testing
