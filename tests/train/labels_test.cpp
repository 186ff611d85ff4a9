// SPDX-License-Identifier: MIT
// Learning with labels: in the last rows of an RBM's data, and at the top of a deep belief net.
#include "strata/evaluate/error_rate.hpp"
#include "strata/nets/dbn.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/train/pretrain.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

const SGD quick{.learning_rate = 0.1, .momentum = 0.5};

/// Columns of three classes, one after the other; column j has the value j / n in all rows, or, as
/// `binary`, is on where its class and row say so.
LabelledData<double> three_classes(Index rows, Index n, bool binary) {
  LabelledData<double> data{Matrix<double>(rows, n), {}};
  for (Index j = 0; j < n; ++j) {
    const Index label = j % 3;
    data.labels.push_back(static_cast<int>(label));
    data.images.col(j).setConstant(static_cast<double>(j) / static_cast<double>(n));
    for (Index i = 0; binary && i < rows; ++i)
      data.images(i, j) = static_cast<double>((i * (label + 1) + j / 3) % 2);
  }
  return data;
}

Matrix<double> with_label_rows(const LabelledData<double>& data) {
  Matrix<double> rows(data.images.rows() + 3, data.size());
  rows << data.images, strata::one_hot(data.labels, 3).matrix<double>();
  return rows;
}

template <class M, class Data, class Estimator>
M learned(M m, const Data& data, const Estimator& estimator) {
  Random rng(1);
  train(m, data, estimator, quick, {.epochs = 3, .batch_size = 7}, rng);
  return m;
}

/// What training with these labels said; the model must stay as it was.
std::string labels_error(const LabelledData<double>& data) {
  std::string message;
  for (const double weight : {0.0, 0.5}) {
    auto m = labelled_rbm<double>(4, 3, 2);
    m.weights.setConstant(weight);
    const auto before = m;
    Random rng(1);
    message = message_of([&] { train(m, data, ContrastiveDivergence{}, quick, {}, rng); });
    CHECK(same_bits(m, before));
    CHECK(rng.counter() == 0);
  }
  return message;
}

/// Four pixels of its own are mostly on for each of three classes, all others mostly off.
LabelledData<double> prototypes(Index n, Random& rng) {
  LabelledData<double> data{Matrix<double>::Constant(12, n, 0.02), {}};
  for (Index j = 0; j < n; ++j) {
    data.labels.push_back(static_cast<int>(j % 3));
    data.images.col(j).segment(4 * (j % 3), 4).setConstant(0.98);
  }
  data.images = rng.bernoulli(data.images);
  return data;
}

}  // namespace

TEST_CASE("labels are one-hot rows after the features, bit for bit") {
  const auto m = labelled_rbm<double>(5, 3, 4);
  const ContrastiveDivergence cd{.steps = 2};
  for (const bool binary : {false, true}) {
    const auto data = three_classes(5, 23, binary);
    const auto expected = learned(m, with_label_rows(data), cd);
    CHECK(same_bits(learned(m, data, cd), expected));
    CHECK(flatten(expected).allFinite());
    CHECK(expected.weights.rightCols(3).cwiseAbs().minCoeff() > 0);
    CHECK(expected.visible.second.bias.cwiseAbs().minCoeff() > 0);
    const PersistentContrastiveDivergence pcd{.chains = 5};
    CHECK(same_bits(learned(m, data, pcd), learned(m, with_label_rows(data), pcd)));
  }
  RBM<Joint<G, S>, B> real({G(5), S(3)}, B(4));
  const auto data = three_classes(5, 23, false);
  CHECK(same_bits(learned(real, data, cd), learned(real, with_label_rows(data), cd)));
}

TEST_CASE("images with labels may be kept as bits or grey levels") {
  const auto m = labelled_rbm<double>(5, 3, 4);
  const ContrastiveDivergence cd;
  const auto data = three_classes(5, 23, true);
  const auto expected = learned(m, data, cd);
  const LabelledData<double, BinaryStates> bits{BinaryStates(data.images), data.labels};
  CHECK(same_bits(learned(m, bits, cd), expected));
  const Matrix<std::uint8_t> bytes = (255 * data.images).cast<std::uint8_t>();
  const LabelledImages<double> grey{GreyLevels<double>(bytes), data.labels};
  CHECK(same_bits(learned(m, grey, cd), expected));
}

TEST_CASE("each column comes with its own label, and pixels alone are drawn") {
  const auto data = three_classes(5, 23, false);
  for (const bool binarise : {false, true}) {
    std::vector<Matrix<double>> batches;
    auto m = labelled_rbm<double>(5, 3, 4);
    Random rng(2);
    train(m, data, Onlooker{&batches}, quick, {.epochs = 2, .batch_size = 5, .binarise = binarise},
          rng);
    REQUIRE(batches.size() == 10);
    for (const auto& v : batches) {
      REQUIRE(v.rows() == 8);
      CHECK(BinaryStates(v.bottomRows(3)).matrix<double>() == v.bottomRows(3));
      CHECK(v.bottomRows(3).colwise().sum().isOnes(0));
      if (binarise)
        CHECK(BinaryStates(v).matrix<double>() == v);
      else
        for (const auto column : v.colwise())  // its value is its number, and that its class
          CHECK(column(5 + std::lround(23 * column(0)) % 3) == 1);
    }
  }
}

TEST_CASE("labels that a model has no units for are not looked at") {
  const auto data = three_classes(5, 23, false);
  const RBM<double> m(5, 4);
  CHECK(same_bits(learned(m, LabelledData<double>{data.images, {7, -1}}, ContrastiveDivergence{}),
                  learned(m, data.images, ContrastiveDivergence{})));
}

TEST_CASE("pre-training a deep belief net shows the labels to its top alone") {
  const auto data = three_classes(8, 30, false);
  const ContrastiveDivergence cd;
  const Training training{.epochs = 2, .batch_size = 7, .binarise = true};
  auto net = labelled_dbn<double>({8, 6, 5, 4}, 3);
  Random one(1), other(1);
  pretrain(net, data, cd, quick, training, one);

  BB a(8, 6), b(6, 5);
  auto top = labelled_rbm<double>(5, 3, 4);
  train(a, data.images, cd, quick, training, other);
  train(b, up(a, data.images), cd, quick, training, other);
  const LabelledData<double> features{up(b, up(a, data.images)), data.labels};
  train(top, features, cd, quick, training, other);
  CHECK(same_bits(net, stack(stack(a, b), top)));
  CHECK(one.counter() == other.counter());
  CHECK(top.weights.rightCols(3).cwiseAbs().minCoeff() > 0);
}

TEST_CASE("a labelled RBM learns to tell apart what can be told apart") {
  Random rng(3);
  const auto data = prototypes(300, rng), test = prototypes(300, rng);
  auto m = labelled_rbm<double>(12, 3, 10);
  train(m, data, ContrastiveDivergence{}, quick, {.epochs = 30, .batch_size = 20}, rng);
  CHECK(error_rate(m, test) == 0);
  CHECK(error_rate(m, test, ByMeanField{}, rng) == 0);
  CHECK(error_rate(m, test, ByGibbs{.sweeps = 100}, rng) == 0);
}

TEST_CASE("so does a deep belief net with labels at its top") {
  Random rng(4);
  const auto data = prototypes(300, rng), test = prototypes(300, rng);
  auto net = labelled_dbn<double>({12, 10, 10}, 3);
  pretrain(net, data, ContrastiveDivergence{}, quick, {.epochs = 30, .batch_size = 20}, rng);
  CHECK(error_rate(net, test) == 0);
  CHECK(error_rate(untied(net), test) == 0);
}

TEST_CASE("train refuses labels that are missing, too few or no class") {
  const Matrix<double> x = constant(4, 5, 0.5);
  CHECK(labels_error({x, {0, 1, 2, 0}}) == "train: data has 4 labels, but 5 columns");
  CHECK(labels_error({x, {0, 1, 2, 0, 1, 1}}) == "train: data has 6 labels, but 5 columns");
  CHECK(labels_error({x, {0, 1, 3, 0, -1}}) ==
        "train: data has label 3 at column 2, but the model has classes 0 to 2");
  CHECK(labels_error({x, {0, 1, 2, 0, -1}}) ==
        "train: data has label -1 at column 4, but the model has classes 0 to 2");
  CHECK(labels_error({constant(7, 5, 0.5), {0, 1, 2, 0, 1}}) ==
        "train: data has 7 rows, but the model has 4 visible units");
  CHECK(labels_error({constant(4, 0, 0.5), {}}) ==
        "train: data has 0 columns, but at least 1 is needed");

  auto m = labelled_rbm<double>(4, 3, 2);
  const auto error = [&](const Matrix<double>& data) {
    Random rng(1);
    return message_of([&] { train(m, data, ContrastiveDivergence{}, quick, {}, rng); });
  };
  CHECK(error(x) == "train: data has 0 labels, but the model has 3 units for them");
  CHECK(error(constant(5, 5, 0.5)) == "train: data has 5 rows, but the model has 7 visible units");
  CHECK(flatten(m).isZero(0));

  // Before the bottom layer learns, not when it is the top's turn.
  auto net = labelled_dbn<double>({4, 3, 2}, 3);
  const auto pretrain_error = [&](const Samples<double>& data) {
    Random rng(1);
    return message_of(
        [&] { pretrain(net, data, ContrastiveDivergence{}, quick, {.epochs = 1}, rng); });
  };
  CHECK(pretrain_error(x) == "pretrain: data has 0 labels, but the model has 3 units for them");
  CHECK(pretrain_error(LabelledData<double>{x, {0, 1}}) ==
        "pretrain: data has 2 labels, but 5 columns");
  CHECK(pretrain_error(LabelledData<double>{x, {0, 1, 3, 0, 1}}) ==
        "pretrain: data has label 3 at column 2, but the model has classes 0 to 2");
  CHECK(flatten(net).isZero(0));
}
