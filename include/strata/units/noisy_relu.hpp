// SPDX-License-Identifier: MIT
// Rectified linear units with noise: "Rectified linear units improve restricted Boltzmann machines"
// (Nair and Hinton 2010).
#pragma once

#include "strata/units/stepped_sigmoid.hpp"

namespace strata {

/// The model of SteppedSigmoid, with the real draws s = max(0, z + N(0, σ(z))) that the paper takes
/// for its counts, z = b + x. They are an approximation: the mean of the draw lies below the model's,
/// at z = 0 by 0.400 (0.282 in place of 0.683), at z = 2 by 0.117, at z = −2 by 0.123, and nowhere by
/// more than 0.409. Chains of such draws do not keep the distribution of the model.
///
/// Energies, log-partitions and means are the model's, the energy of a real s that of SteppedSigmoid
/// with the product of its 1 − e⁻ʲ as (q; q)_∞ / (q^{s+1}; q)_∞, q = 1/e.
template <std::floating_point S>
struct NoisyReLU : SteppedSigmoid<S> {
  static constexpr std::string_view name = "noisy ReLU";

  using SteppedSigmoid<S>::SteppedSigmoid;

  void sample(const Batch<S>& x, Random& rng, Matrix<S>& out) const {
    const Matrix<S> noise = rng.normal<S>(x.rows(), x.cols());
    add_bias<S>(x, this->bias, out);
    for_each_piece([](auto z, auto n) { z = (z + n / (S(1) + (-z).exp()).sqrt()).max(S(0)); }, out,
                   noise);
  }
};
static_assert(UnitLayer<NoisyReLU<float>> && DifferentiableUnits<NoisyReLU<float>> &&
              LinearUnits<NoisyReLU<float>>);

}  // namespace strata
