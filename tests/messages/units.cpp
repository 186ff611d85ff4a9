// SPDX-License-Identifier: MIT
// A kind of units in the making: what a definition names is not there yet, or has the wrong type.
#include <strata/rbm/rbm.hpp>
using namespace strata;

struct Coins {
#ifndef WITHOUT_SCALAR
  using Scalar = float;
#endif
#ifndef WITHOUT_BIAS
  Vector<float> bias;
#endif

#ifdef GROWING_FASTER  // than a hidden layer of the same kind may
  static constexpr Growth growth = Growth::faster;
#endif

  Coins() = default;
  explicit Coins(Index) {}
#ifndef WITHOUT_SIZE
  Index size() const { return 0; }
#endif
#ifndef WITHOUT_ENERGY
  Row<float> energy(const Batch<float>& s) const { return s.colwise().sum(); }
#endif
#ifdef LOG_PARTITION_OF_A_COLUMN  // one number where a row is asked for
  float log_partition(const Vector<float>& x) const { return x.sum(); }
#elif !defined(WITHOUT_LOG_PARTITION)
  Row<float> log_partition(const Batch<float>& x) const { return x.colwise().sum(); }
#endif
#ifdef MEAN_RETURNED  // not written to an argument
  Matrix<float> mean(const Batch<float>& x) const { return x; }
#elif !defined(WITHOUT_MEAN)
  void mean(const Batch<float>& x, Matrix<float>& out) const { out = x; }
#endif
#ifndef WITHOUT_SAMPLE
  void sample(const Batch<float>& x, Random&, Matrix<float>& out) const { out = x; }
#endif
};

int main() {
#ifdef GROWING_FASTER
  RBM<Coins, Coins> rbm(6, 4);
#else
  RBM<Coins> rbm(6, 4);
#endif
  return static_cast<int>(rbm.weights.size());
}
