// SPDX-License-Identifier: MIT
#include <strata/strata.hpp>

double drawn_elsewhere() {
  strata::Random rng(1);
  strata::RBM<float> rbm(6, 4);
  rbm.weights = rng.normal<float>(4, 6);
  const strata::Matrix<float> v = strata::gibbs(rbm, strata::Matrix<float>::Identity(6, 6), 3, rng);
  return strata::free_energy(rbm, v).sum();
}
