// SPDX-License-Identifier: MIT
// The version of strata, which model files name.
#pragma once

#include <string_view>

namespace strata {

/// major.minor.patch. The project's own in CMakeLists.txt has to be the same (a test).
inline constexpr std::string_view library_version = "0.1.0";

}  // namespace strata
