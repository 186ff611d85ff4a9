// SPDX-License-Identifier: MIT
// The sizes of an array in a file, the first of which counts its samples.
#pragma once

#include <algorithm>
#include <limits>
#include <span>

#include "strata/core/types.hpp"

namespace strata::detail {

/// The values of one sample.
inline Index sample_size(std::span<const Index> shape) {
  Index size = 1;
  for (const Index n : shape.subspan(1)) size *= n;
  return size;
}

/// product ← product · max(size, 1), or false if that many values of 8 bytes could not be addressed: then no
/// product of some of the sizes overflows later, even where one of them is zero.
inline bool multiply_by_size(Index& product, Index size) {
  if (size > std::numeric_limits<Index>::max() / 8 / product) return false;
  product *= std::max<Index>(size, 1);
  return true;
}

}  // namespace strata::detail
