// SPDX-License-Identifier: MIT
#include <strata/strata.hpp>

double trained_elsewhere() {
  const Eigen::MatrixXf data = Eigen::MatrixXf::Identity(6, 6);
  strata::Random rng(1);
  strata::RBM<float> rbm(6, 4);
  strata::train(rbm, data, strata::ContrastiveDivergence{.steps = 1},
                strata::SGD{.learning_rate = 0.1}, {.epochs = 3, .batch_size = 2}, rng);
  return strata::free_energy(rbm, data).sum();
}
