// SPDX-License-Identifier: MIT
// What strata asks of the compiler. Each header includes this one before the others of strata, so
// that the first line of a refusal says what to do.
#pragma once

#if __cplusplus < 202002L
#error "strata needs C++20: compile with -std=c++20"
#elif !defined(__cpp_exceptions)
#error "strata reports errors by exceptions: compile without -fno-exceptions"
#elif __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "strata needs a little-endian machine: bits are drawn, and models saved, in its order"
#else
#define STRATA_COMPILER_WILL_DO
#endif

#ifndef STRATA_COMPILER_WILL_DO  // ends the compilation, where thousands of errors would follow
#include <the error above says what to do>
#endif
