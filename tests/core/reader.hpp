// SPDX-License-Identifier: MIT
// A matrix that is read block by block.
#pragma once

#include <vector>

#include "strata/core/source.hpp"

namespace strata::testing {

/// Notes what was asked for.
struct MatrixReader {
  const Matrix<float>& all;
  std::vector<Index>* firsts = nullptr;

  void operator()(Index first, Matrix<float>& x) const {
    if (firsts) firsts->push_back(first);
    x = all.middleCols(first, x.cols());
  }
};

/// Numbers from 0 to 1, all different.
inline Matrix<float> source_data(Index n = 23) {
  return Vector<float>::LinSpaced(6 * n, 0, 1).reshaped(6, n);
}

}  // namespace strata::testing
