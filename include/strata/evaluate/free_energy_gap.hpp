// SPDX-License-Identifier: MIT
// Whether an RBM overfits, without Z: section 6 of "A practical guide to training restricted Boltzmann
// machines" (Hinton 2012).
#pragma once

#include "strata/evaluate/likelihood.hpp"

namespace strata {

/// In nats.
struct FreeEnergyGap {
  double mean;
  double standard_error;  // nan where a set has one sample
};

/// The mean free energy of held-out data minus that of (as many, or other) training data. log Z cancels:
/// the gap is how much likelier the model finds the training data, and if it grows the model overfits.
/// Matrices, BinaryStates, GreyLevels; LabelledData for an RBM that sees labels.
template <AnyRBM M>
FreeEnergyGap free_energy_gap(const M& m, const Samples<ScalarOf<M>>& train,
                              const Samples<ScalarOf<M>>& held_out) {
  const Row<double> seen = detail::free_energies("free_energy_gap", "train", m, train);
  const Row<double> unseen = detail::free_energies("free_energy_gap", "held_out", m, held_out);
  const auto variance_of_mean = [](const Row<double>& f) {
    const auto n = static_cast<double>(f.size());
    return (f.array() - f.mean()).square().sum() / (n * (n - 1));
  };
  return {unseen.mean() - seen.mean(),
          std::sqrt(variance_of_mean(seen) + variance_of_mean(unseen))};
}

}  // namespace strata
