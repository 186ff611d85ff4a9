// SPDX-License-Identifier: MIT
// Tables and curves of what was learned.
#pragma once

#include <strata/core/types.hpp>
#include <strata/train/observers.hpp>

#include "support/program.hpp"

namespace support {

/// Rows are the true digits, columns what the net says.
void print_confusion(const Eigen::MatrixXi& counts);

/// "104.2 ± 0.3": the mean and its standard error.
std::string mean_and_error(const strata::Row<double>& values);

/// history.csv (task,epoch,seconds,measure,value) and, for each measure, its curves by epoch as
/// SVG: reconstruction_error.svg, cross-entropy.svg, training_error.svg.
void write_history(const Program& program, const strata::History& history);

}  // namespace support
