// SPDX-License-Identifier: MIT
// The package has its headers, those of its libraries, and links.
#include <strata/rbm/rbm.hpp>
#ifdef WITH_IO
#include <strata/io/png.hpp>
#endif

int main() {
  const strata::RBM<float> rbm(6, 4);
  const strata::Matrix<float> v = strata::Matrix<float>::Identity(6, 6);
  return strata::free_energy(rbm, v).sum() < 0 ? 0 : 1;  // each is −4 log 2
}
