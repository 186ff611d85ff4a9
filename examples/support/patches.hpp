// SPDX-License-Identifier: MIT
// Patches of photographs as real numbers, and their whitening: "The 'independent components' of natural
// scenes are edge filters" (Bell and Sejnowski 1997).
#pragma once

#include <cstdint>
#include <strata/core/types.hpp>
#include <vector>

#include "support/variations.hpp"

namespace support {

/// How many square patches, and how large.
struct PatchCounts {
  strata::Index train = 60000, test = 10000;
  strata::Index side = 14;
};

/// One patch per column, row-major, side² × N.
struct Patches {
  strata::Matrix<float> train, test;
};

/// A value is the mean of so many pixels each way: the finest detail of the photographs is noise.
constexpr strata::Index shrunk = 2;

/// Photographs are cut into strips of 40 pixels across their longer side, every fifth of which is kept
/// for the test, in another place in each: whether that of a pixel, counted along that side, of
/// photograph k is.
bool is_for_test(strata::Index pixel, strata::Index k);

/// Patches at random places of random photographs, or their mirror images: those for the test from
/// within the strips kept, the others from outside, so that no pixel is in both. A value is log(10 + I), I the
/// mean of grey levels, each with a random number uniform in [0, 1) added, as a byte stands for a
/// range of light. Throws std::invalid_argument if there are no photographs, or one is not grey or
/// too small.
Patches cut_patches(const std::vector<Photograph>& photographs, const PatchCounts& counts,
                    std::uint64_t seed);

/// The rotation and scaling that changes patches least and leaves them without correlations, each
/// pixel with variance 1: z = C^(−½) (x − μ) by the covariance C, symmetric ("zero-phase").
struct Whitening {
  strata::Vector<float> mean;              // μ, n
  strata::Matrix<float> forward, inverse;  // C^(−½) and C^(½), n × n
};

/// Of the patches x, n × N. Throws std::invalid_argument if they do not vary in n directions.
Whitening whitening(const strata::Matrix<float>& x);

/// C^(−½) (x − μ), n × B.
strata::Matrix<float> whiten(const Whitening& w, const strata::Matrix<float>& x);
/// μ + C^(½) z, n × B.
strata::Matrix<float> unwhiten(const Whitening& w, const strata::Matrix<float>& z);

}  // namespace support
