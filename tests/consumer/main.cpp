// SPDX-License-Identifier: MIT
// Two translation units include the umbrella and train the same machine from the same seed.
#include <cstdio>
#include <strata/strata.hpp>

double trained_elsewhere();

int main() {
  const Eigen::MatrixXf data = Eigen::MatrixXf::Identity(6, 6);
  strata::Random rng(1);
  strata::RBM<float> rbm(6, 4);
  strata::train(rbm, data, strata::ContrastiveDivergence{.steps = 1},
                strata::SGD{.learning_rate = 0.1}, {.epochs = 3, .batch_size = 2}, rng);
  const double here = strata::free_energy(rbm, data).sum();
  std::printf("free energy: %.9g here, %.9g elsewhere\n", here, trained_elsewhere());
  return here == trained_elsewhere() ? 0 : 1;
}
