// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "kernels.hpp"

STRATA_KERNELS(template, float)
STRATA_KERNELS(template, double)

// The leak sanitizer asks this of a program: LLVM's OpenMP keeps two blocks of each team to the
// end.
extern "C" const char* __lsan_default_suppressions() { return "leak:libomp"; }
