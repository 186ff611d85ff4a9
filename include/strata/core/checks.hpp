// SPDX-License-Identifier: MIT
// The errors: every message reads `where: what has <got>, but <expected>`.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include "strata/core/types.hpp"

namespace strata {

namespace detail {

inline void append(std::string& out, std::string_view part) { out += part; }
inline void append(std::string& out, std::floating_point auto part) {
  if (std::isnan(part))
    return append(out, std::string_view("nan"));  // the sign of which depends on the compiler
  char digits[32];
  std::snprintf(digits, sizeof digits, "%g", static_cast<double>(part));
  out += digits;
}
inline void append(std::string& out, std::integral auto part) { out += std::to_string(part); }

}  // namespace detail

/// Strings and numbers, one after the other. Not by a stream: one in each message is most of what
/// a check costs to compile.
template <class... Parts>
[[gnu::cold, gnu::noinline]] std::string text(const Parts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

/// Throws std::invalid_argument with the text of the parts unless `ok`.
template <class... Parts>
void check(bool ok, const Parts&... parts) {
  if (!ok) throw std::invalid_argument(text(parts...));
}

/// Throws unless a rate, or another length of a step, is finite and at least 0:
/// `SGD: learning_rate has -1, but at least 0 is needed`
inline void check_rate(std::string_view where, std::string_view what, double rate) {
  check(rate >= 0, where, ": ", what, " has ", rate, ", but at least 0 is needed");
  check(rate < HUGE_VAL, where, ": ", what, " has ", rate, ", but a finite number is needed");
}

/// n, which must be at least 0: `Bernoulli: n has -1, but at least 0 is needed`
inline Index checked_size(std::string_view where, std::string_view what, Index n) {
  check(n >= 0, where, ": ", what, " has ", n, ", but at least 0 is needed");
  return n;
}

/// `free_energy: v has 783 rows, but the model has 784 visible units`
inline void check_rows(std::string_view where, std::string_view what, Index got, Index expected,
                       std::string_view units) {
  if (got != expected)
    throw std::invalid_argument(
        text(where, ": ", what, " has ", got, " rows, but the model has ", expected, " ", units));
}

/// The values that a kind of unit takes: lowest ≤ s ≤ highest.
struct Interval {
  double lowest = -HUGE_VAL;
  double highest = HUGE_VAL;
};

inline std::string describe(const Interval& i) {
  if (std::isinf(i.lowest) && std::isinf(i.highest)) return "finite values";
  return text("values in [", i.lowest, ", ", i.highest, "]");
}

/// Throws std::invalid_argument that names the first value (by columns, the first of which has the number
/// `first_column`) that is not finite or lies outside `support`: `train: data has nan at row 3, column 17,
/// but the units take values in [0, 1]`.
template <class X>
void check_values(std::string_view where, std::string_view what, const X& x,
                  const Interval& support = {}, Index first_column = 0) {
  for (Index j = 0; j < x.cols(); ++j)
    for (Index i = 0; i < x.rows(); ++i) {
      const auto value = static_cast<double>(x(i, j));
      if (!std::isfinite(value) || value < support.lowest || value > support.highest)
        throw std::invalid_argument(text(where, ": ", what, " has ", value, " at row ", i,
                                         ", column ", first_column + j, ", but the units take ",
                                         describe(support)));
    }
}

}  // namespace strata
