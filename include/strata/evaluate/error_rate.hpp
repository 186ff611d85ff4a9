// SPDX-License-Identifier: MIT
// How often a classifier is wrong.
#pragma once

#include "strata/nets/classifier.hpp"

namespace strata {

/// Percent of the samples that the net puts into another class than their label; what follows the
/// data goes to classify.
template <class Net, class Images, class... Way>
double error_rate(const Net& net, const LabelledData<ScalarOf<Net>, Images>& data, Way&&... way) {
  check_labelled("error_rate", data);
  const Labels guesses = classify(net, data.images, way...);
  Index wrong = 0;
  for (std::size_t i = 0; i < guesses.size(); ++i) wrong += guesses[i] != data.labels[i];
  return 100.0 * static_cast<double>(wrong) / static_cast<double>(data.size());
}

/// Element (i, j) counts samples of class i that were put into class j. Throws if the counts differ
/// or a label is outside 0..classes-1.
inline Eigen::MatrixXi confusion_matrix(const Labels& truth, const Labels& guesses, int classes) {
  Eigen::MatrixXi counts =
      Eigen::MatrixXi::Zero(checked_size("confusion_matrix", "classes", classes), classes);
  check(truth.size() == guesses.size(), "confusion_matrix: truth has ", truth.size(),
        " labels, but ", guesses.size(), " guesses");
  for (const Labels& labels : {truth, guesses})
    for (const int label : labels)
      check(label >= 0 && label < classes, "confusion_matrix: a sample has label ", label,
            ", but the classes are 0 to ", classes - 1);
  for (std::size_t i = 0; i < truth.size(); ++i) ++counts(truth[i], guesses[i]);
  return counts;
}

}  // namespace strata
