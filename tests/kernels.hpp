// SPDX-License-Identifier: MIT
// The kernels that are most of what a test costs to compile, to be declared or defined.
#pragma once

#include "strata/kernels/outer_products.hpp"

#define STRATA_KERNELS(TEMPLATE, S)                                                                \
  TEMPLATE void strata::detail::add_product(S, const Factor<S>&, const Factor<S>&, Matrix<S>&);    \
  TEMPLATE void strata::detail::sum_lists(const Factor<S>&, const Cut&, Index, ProductScratch<S>&, \
                                          bool, const S*, S*);                                     \
  TEMPLATE class strata::OuterProducts<S>;
