// SPDX-License-Identifier: MIT
// Two translation units include the umbrella and draw from the same machine with the same seed.
#include <cstdio>
#include <strata/strata.hpp>

double drawn_elsewhere();

int main() {
  strata::Random rng(1);
  strata::RBM<float> rbm(6, 4);
  rbm.weights = rng.normal<float>(4, 6);
  const strata::Matrix<float> v = strata::gibbs(rbm, strata::Matrix<float>::Identity(6, 6), 3, rng);
  const double here = strata::free_energy(rbm, v).sum();
  std::printf("free energy: %.9g here, %.9g elsewhere\n", here, drawn_elsewhere());
  return here == drawn_elsewhere() ? 0 : 1;
}
