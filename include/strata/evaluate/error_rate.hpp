// SPDX-License-Identifier: MIT
// How often a classifier is wrong.
#pragma once

#include "strata/nets/classifier.hpp"

namespace strata {

/// Percent of the samples that the net puts into another class than their label.
template <class Net>
double error_rate(const Net& net, const LabelledData<ScalarOf<Net>>& data) {
  check(data.size() > 0, "error_rate: data has 0 columns, but at least 1 is needed");
  const Labels guesses = classify(net, data.images);
  Index wrong = 0;
  for (std::size_t i = 0; i < guesses.size(); ++i) wrong += guesses[i] != data.labels[i];
  return 100.0 * static_cast<double>(wrong) / static_cast<double>(data.size());
}

/// Element (i, j) counts samples of class i that were put into class j.
inline Eigen::MatrixXi confusion_matrix(const Labels& truth, const Labels& guesses, int classes) {
  Eigen::MatrixXi counts = Eigen::MatrixXi::Zero(classes, classes);
  for (std::size_t i = 0; i < truth.size(); ++i) ++counts(truth[i], guesses[i]);
  return counts;
}

}  // namespace strata
