// SPDX-License-Identifier: MIT
#include "strata/evaluate/error_rate.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Puts a column into the class of its largest value.
auto largest_wins() {
  Dense<Softmax<float>> layer(3, 3);
  layer.weights.setIdentity();
  return stack(layer);
}

}  // namespace

TEST_CASE("the error rate is the percentage of wrong guesses") {
  Matrix<float> x = Matrix<float>::Zero(3, 8);
  const Labels truth{0, 1, 2, 2, 1, 0, 0, 1};
  for (std::size_t j = 0; j < 8; ++j) x(truth[j], static_cast<Index>(j)) = 1;
  LabelledData<float> data{x, truth};
  CHECK(error_rate(largest_wins(), data) == 0);
  data.labels[3] = 0;
  CHECK(error_rate(largest_wins(), data) == 12.5);
  data.labels = {1, 2, 0, 0, 2, 1, 1, 2};
  CHECK(error_rate(largest_wins(), data) == 100);
}

TEST_CASE("more than one block of columns is counted once") {
  Random rng(1);
  const Matrix<float> x = rng.uniform<float>(3, 2500);
  Labels truth = classify(largest_wins(), x);
  REQUIRE(truth.size() == 2500);
  for (const std::size_t j : {0u, 999u, 1000u, 2499u}) truth[j] = (truth[j] + 1) % 3;
  CHECK(error_rate(largest_wins(), LabelledData<float>{x, truth}) == near(100 * 4.0 / 2500, 1e-14));
}

TEST_CASE("a confusion matrix has the truth in its rows and the guesses in its columns") {
  const Eigen::MatrixXi counts = confusion_matrix({0, 0, 1, 2, 2, 2}, {0, 2, 1, 2, 0, 0}, 3);
  CHECK(counts == Eigen::MatrixXi{{1, 0, 1}, {0, 1, 0}, {2, 0, 1}});
  CHECK(confusion_matrix({}, {}, 2) == Eigen::MatrixXi::Zero(2, 2));
}

TEST_CASE("no data, or data of another size, are errors") {
  CHECK(message_of([] {
          error_rate(largest_wins(), LabelledData<float>{Matrix<float>(3, 0), {}});
        }) == "error_rate: data has 0 columns, but at least 1 is needed");
  CHECK(message_of([] {
          error_rate(largest_wins(), LabelledData<float>{Matrix<float>::Zero(4, 1), {0}});
        }) == "classify: x has 4 rows, but the model has 3 inputs");
  CHECK(message_of([] {
          error_rate(largest_wins(), LabelledData<float>{Matrix<float>::Zero(3, 2), {0, 1, 2}});
        }) == "error_rate: data has 3 labels, but 2 images");
  CHECK(message_of([] {
          confusion_matrix({0, 1}, {0}, 2);
        }) == "confusion_matrix: truth has 2 labels, but 1 guesses");
  CHECK(message_of([] {
          confusion_matrix({0, 2}, {0, 0}, 2);
        }) == "confusion_matrix: a sample has label 2, but the classes are 0 to 1");
  CHECK(message_of([] { confusion_matrix({0}, {-1}, 2); }) ==
        "confusion_matrix: a sample has label -1, but the classes are 0 to 1");
}
