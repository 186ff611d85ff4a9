// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "strata/kernels/product.hpp"

namespace strata::detail {
template void add_product(float, const Factor<float>&, const Factor<float>&, Matrix<float>&);
template void add_product(double, const Factor<double>&, const Factor<double>&, Matrix<double>&);
}  // namespace strata::detail

// The leak sanitizer asks this of a program: LLVM's OpenMP keeps two blocks of each team to the
// end.
extern "C" const char* __lsan_default_suppressions() { return "leak:libomp"; }
