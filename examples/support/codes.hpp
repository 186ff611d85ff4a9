// SPDX-License-Identifier: MIT
// What a deep autoencoder made of its data, beside linear codes of the same size.
#pragma once

#include <functional>
#include <strata/core/samples.hpp>

#include "support/program.hpp"

namespace support {

/// Pictures to learn from and to be tested with, as numbers or bytes, and how to show them.
struct PictureSet {
  strata::Matrix<float> train, test;  // n × N
  strata::Labels labels;              // of the test pictures, or none
  strata::Vector<float> mean;         // what was subtracted; empty: nothing was
  float deviation = 1;                // and divided by

  /// As values in [0, 1].
  strata::Matrix<float> shown(const strata::Matrix<float>& x) const;
};

/// `mnist` from its files, `curves` drawn, `faces` cut from Olivetti's in the folder of data: real-valued,
/// each pixel with mean 0 over all patches, all pixels together with variance 1.
PictureSet read_picture_set(const Program& program, const std::string& name, bool held_out);

/// Squared errors of PCA and, where pixels are between 0 and 1, of logistic PCA for the last line, and
/// reconstructions.png: test pictures, and below them what the net and the linear codes make of them.
/// `reconstruct` is the net's.
void compare_codes(
    Program& program, const PictureSet& set, strata::Index size,
    const std::function<strata::Matrix<float>(const strata::Matrix<float>&)>& reconstruct);

/// codes.svg: the codes of the first test pictures, coloured by label; of longer codes the first two principal
/// components.
void draw_codes(const Program& program, const strata::Matrix<float>& codes,
                const strata::Labels& labels);

}  // namespace support
