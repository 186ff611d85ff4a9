// SPDX-License-Identifier: MIT
// Learning from data that are read block by block.
#include "core/reader.hpp"
#include "strata/evaluate/error_rate.hpp"
#include "strata/optim/adam.hpp"
#include "strata/optim/conjugate_gradient.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/pretrain.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

RBM<float> learned_from(const Samples<float>& data, int epochs = 3) {
  RBM<float> m(6, 4);
  Random rng(1);
  train(m, data, ContrastiveDivergence{}, SGD{}, {.epochs = epochs, .batch_size = 5}, rng);
  return m;
}

}  // namespace

TEST_CASE(
    "Source: training on one block comes to the same bits as on the matrix, on more it learns from "
    "all") {
  const auto all = source_data();
  const Source<float> whole(6, 23, MatrixReader{all});
  CHECK(same_bits(learned_from(whole), learned_from(all)));

  std::vector<Matrix<double>> batches;
  RBM<float> m(6, 4);
  Random rng(1);
  const Source<float> source(6, 23, MatrixReader{all}, 5);
  train(m, source, Onlooker{&batches}, SGD{}, {.epochs = 2, .batch_size = 7}, rng);
  double sum = 0;
  for (const auto& batch : batches) sum += batch.sum();
  CHECK(sum == doctest::Approx(2 * all.cast<double>().sum()));
}

TEST_CASE("Source: a stack learns from what its layers make of the blocks") {
  const auto all = source_data();
  const Source<float> source(6, 23, MatrixReader{all}, 1000);
  const auto pretrained = [](const Samples<float>& data) {
    DBN<float> net({6, 4, 3, 2});
    Random rng(1);
    pretrain(net, data, ContrastiveDivergence{}, SGD{}, {.epochs = 3, .batch_size = 5}, rng);
    return net;
  };
  const auto a = pretrained(source), b = pretrained(all);
  const Source<float> blocks(6, 23, MatrixReader{all}, 5);
  const auto one = pretrained(blocks), other = pretrained(blocks);
  CHECK(same_bits(one, other));
  CHECK(distance(one.layers[2].weights, b.layers[2].weights) > 1e-6);  // in another order
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(distance(a.layers[i].weights, b.layers[i].weights) < 1e-5);
}

TEST_CASE("Source: labels go with it, for every optimiser") {
  auto digits = two_classes<float>(6, 23);
  const LabelledData<float, Source<float>> read{
      Source<float>(6, 23, MatrixReader{digits.images}, 5), digits.labels};
  const auto tuned = [](const auto& data, const auto& steps) {
    auto net = untrained_classifier<float>({6, 4, 2});
    Random rng(1);
    fine_tune(net, data, Backpropagation{}, steps, {.epochs = 40, .batch_size = 23}, rng);
    return net;
  };
  const auto net = tuned(read, Adam{.learning_rate = 0.1});
  CHECK(error_rate(net, read) == error_rate(net, digits));
  CHECK(error_rate(net, read) < 10);
  CHECK(error_rate(tuned(read, ConjugateGradient{}), digits) < 10);
}

TEST_CASE(
    "Source: bad values and shapes end the training where they are, and what read throws comes "
    "through") {
  Matrix<float> all = source_data();
  const Source<float> source(6, 23, MatrixReader{all}, 5);
  all(2, 3) = 1.5f;
  CHECK_THROWS_WITH(learned_from(source),
                    "train: data has 1.5 at row 2, column 3, but the units take values in [0, 1]");
  CHECK_THROWS_WITH(learned_from(source),
                    "train: data has 1.5 at row 2, column 3, but the units take values in [0, 1]");
  all(2, 3) = 0.5f;
  all(1, 17) = std::nanf("");
  const Source<float> later(6, 23, MatrixReader{all}, 5);
  CHECK_THROWS_WITH(learned_from(later),
                    "train: data has nan at row 1, column 17, but the units take values in [0, 1]");
  const Source<float> wrong(
      6, 23, [](Index, Matrix<float>& x) { x.resize(6, 3); }, 5);
  CHECK_THROWS_WITH(learned_from(wrong), "Source: read made a block of 6 x 3, but 6 x 5 is needed");
  int calls = 0;
  const Source<float> broken(
      6, 23,
      [&](Index first, Matrix<float>& x) {
        ++calls;
        if (first == 10) throw std::runtime_error("the disk is on fire");
        x.setZero();
      },
      5);
  for (int i = 0; i < 2; ++i) CHECK_THROWS_WITH(learned_from(broken), "the disk is on fire");
  CHECK_THROWS_WITH(Source<float>(6, 23, MatrixReader{all}, 0),
                    "Source: block has 0, but at least 1 is needed");
  CHECK_THROWS_WITH(Source<float>(6, -1, MatrixReader{all}),
                    "Source: the data has 6 x -1, but at least 0 x 0 is needed");
  CHECK_THROWS_WITH(learned_from(Source<float>(5, 23, MatrixReader{all})),
                    "train: data has 5 rows, but the model has 6 visible units");
}
