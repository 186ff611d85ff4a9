// SPDX-License-Identifier: MIT
// Data sets in three parts, each an IDX file of pictures and perhaps one of labels: what the make_
// programs write, and others learn from.
#pragma once

#include <filesystem>
#include <strata/core/samples.hpp>
#include <strata/io/image.hpp>
#include <string>

namespace support {

/// A part may be empty; there are labels in all parts or in none.
struct DataSet {
  strata::LabelledImages<float> train, valid, test;
};

/// Reads STEM-images-idx3-ubyte.gz and, if there is such a file, STEM-labels-idx1-ubyte.gz, packed or
/// not. Throws std::runtime_error if there are no images, with the advice, or if the files are
/// malformed or do not fit each other.
strata::LabelledImages<float> read_pictures(const std::filesystem::path& folder,
                                            const std::string& stem,
                                            const std::string& advice = "");

/// Reads the pictures NAME-train, NAME-valid and NAME-test. Throws std::runtime_error that names a
/// file that is missing and the program that makes it, or one that does not fit the others.
DataSet read_set(const std::filesystem::path& folder, const std::string& name);

/// Writes these files, packed, into the folder, which is made if need be. The pictures are square.
void write_set(const std::filesystem::path& folder, const std::string& name, const DataSet& set);

/// The last sixth of what is to be learned from takes the place of the test pictures: to choose by.
void hold_out(strata::LabelledImages<float>& train, strata::LabelledImages<float>& test);

/// A hundred pictures from all over the part.
strata::Image contact_sheet(const strata::LabelledImages<float>& part);

}  // namespace support
