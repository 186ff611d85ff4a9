// SPDX-License-Identifier: MIT
// Parsed once for all tests. The products are compiled once as well, in main.cpp: they are most of
// what a test costs to compile.
#pragma once

#include <doctest/doctest.h>

#include <strata/strata.hpp>

namespace strata::detail {
extern template void add_product(float, const Factor<float>&, const Factor<float>&, Matrix<float>&);
extern template void add_product(double, const Factor<double>&, const Factor<double>&,
                                 Matrix<double>&);
}  // namespace strata::detail
