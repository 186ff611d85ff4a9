// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "strata/kernels/product.hpp"

namespace strata::detail {
template void add_product(float, const Factor<float>&, const Factor<float>&, Matrix<float>&);
template void add_product(double, const Factor<double>&, const Factor<double>&, Matrix<double>&);
}  // namespace strata::detail
