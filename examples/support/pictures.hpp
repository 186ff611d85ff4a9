// SPDX-License-Identifier: MIT
// What a net learned, as pictures in the folder of a program.
#pragma once

#include <strata/io/tiles.hpp>
#include <strata/nets/classifier.hpp>
#include <strata/nets/dbn.hpp>

#include "support/program.hpp"

namespace support {

/// reconstructions.png and samples.png, and the net itself as dbn.safetensors.
void dbn_pictures(const Program& program, const strata::DBN<float>& dbn,
                  const strata::Samples<float>& digits, strata::Random& rng);

/// filters.png (the first layer's weights) and mistakes.png.
void classifier_pictures(const Program& program, const strata::Classifier<float>& net,
                         const strata::LabelledImages<float>& test, const strata::Labels& guesses);

/// Of a square picture with so many pixels.
strata::Index side(strata::Index pixels);

/// The columns of x as square pictures side by side.
strata::Image squares(const strata::Matrix<float>& x, const strata::TileOptions& options = {});

/// The incoming weights of the first 100 hidden units, one tile each. The pictures are square.
void write_filters(const std::filesystem::path& path, const strata::Matrix<float>& weights);

/// The pictures of each matrix in a row, under those of the one before.
void write_rows(const std::filesystem::path& path, const std::vector<strata::Matrix<float>>& rows);

/// Pictures above, their reconstructions below.
void write_pairs(const std::filesystem::path& path, const strata::Matrix<float>& above,
                 const strata::Matrix<float>& below);

}  // namespace support
