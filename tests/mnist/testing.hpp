// SPDX-License-Identifier: MIT
// The digits of the tests that need them: $STRATA_DATA/mnist.
#pragma once

#include <cstdlib>
#include <optional>

#include "fixtures.hpp"
#include "strata/io/mnist.hpp"

namespace strata::testing {

/// Nothing, and a word about it, where STRATA_DATA is not set.
inline std::optional<Mnist<float>> mnist_digits() {
  const char* folder = std::getenv("STRATA_DATA");
  if (folder) return read_mnist<float>(std::filesystem::path(folder) / "mnist");
  MESSAGE("left out: STRATA_DATA is not set");
  return std::nullopt;
}

}  // namespace strata::testing
