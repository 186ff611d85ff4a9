// SPDX-License-Identifier: MIT
// Pictures of which half is given, and what the nearest pictures would make of the other.
#pragma once

#include <strata/core/samples.hpp>
#include <string>

namespace support {

/// On where pixels of a square picture are given: its top, bottom, left or right. Throws
/// std::invalid_argument for other words.
strata::BinaryStates half(const std::string& keep, strata::Index side);

/// For each column of x the mean of the k columns of train that are nearest where `given` is 1.
strata::Matrix<float> mean_of_nearest(const strata::Samples<float>& train,
                                      const strata::Matrix<float>& x,
                                      const strata::Vector<float>& given, strata::Index k);

/// The mean of all.
strata::Vector<float> mean_picture(const strata::Samples<float>& train);

/// Square pictures of half the side, each pixel the mean of four.
strata::Matrix<float> half_size(const strata::Matrix<float>& pictures);

}  // namespace support
