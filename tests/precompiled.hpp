// SPDX-License-Identifier: MIT
// Parsed once for all tests. The products are compiled once as well, in main.cpp: they are most of
// what a test costs to compile.
#pragma once

#include <doctest/doctest.h>

#include <strata/strata.hpp>

#include "kernels.hpp"
STRATA_KERNELS(extern template, float)
STRATA_KERNELS(extern template, double)
