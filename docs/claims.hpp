// SPDX-License-Identifier: MIT
// How the programs of these pages say what they found, and that it is what the text claims.
#pragma once

#include <iostream>
#include <strata/core/samples.hpp>

namespace claims {

inline int failures = 0;

/// A line of the report.
inline void report(const char* what, double value) { std::cout << what << " " << value << "\n"; }

/// A claim of the text. Where one does not hold, the test fails.
inline void hold(bool holds, const char* claim) {
  if (!holds) ++failures;
  std::cout << (holds ? "holds: " : "DOES NOT HOLD: ") << claim << "\n";
}

}  // namespace claims

namespace tutorial {
strata::LabelledData<float> bars();
}
namespace coming_from {
void run();
}
