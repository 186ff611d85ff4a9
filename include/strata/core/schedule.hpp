// SPDX-License-Identifier: MIT
// How a rate changes while learning goes on.
#pragma once

#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <type_traits>
#include <vector>

#include "strata/core/checks.hpp"

namespace strata {

/// A rate as a function of the time in epochs: 2.5 is half-way through the third. A plain number is
/// a constant; any function of a double will do.
class Schedule {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> Schedule(T constant)  // NOLINT: a number is a schedule
      : at_([value = static_cast<double>(constant)](double) { return value; }) {}
  template <std::invocable<double> F>
  requires(!std::same_as<std::remove_cvref_t<F>, Schedule>)
      Schedule(F f)  // NOLINT: so is a function
      : at_(std::move(f)) {}

  double operator()(double epoch) const { return at_(epoch); }

 private:
  std::function<double(double)> at_;
};

/// A number of steps: rounded. Throws if it is below 1, or more than an int holds:
/// `ContrastiveDivergence: steps has 0 at epoch 3, but at least 1 is needed`.
inline int whole_steps(std::string_view where, const Schedule& steps, double epoch) {
  constexpr int most = std::numeric_limits<int>::max();
  const double n = std::round(steps(epoch));
  const auto got = [&] {
    return text(where, ": steps has ", steps(epoch),
                epoch > 0 ? text(" at epoch ", static_cast<int>(epoch) + 1) : "");
  };
  if (!(n >= 1)) throw std::invalid_argument(got() + ", but at least 1 is needed");
  if (n > most) throw std::invalid_argument(text(got(), ", but at most ", most, " are possible"));
  return static_cast<int>(n);
}

/// `before`, and `after` from the given epoch on.
inline Schedule step(double before, double epoch, double after) {
  return [=](double t) { return t < epoch ? before : after; };
}
/// Each value in turn, for an equal share of the given number of epochs; then the last.
template <class T = double>
Schedule in_turn(std::vector<T> values, double epochs) {
  check(!values.empty(), "in_turn: values has 0 entries, but at least 1 is needed");
  return [=](double t) {
    const auto n = static_cast<double>(values.size());
    return static_cast<double>(t < epochs ? values[static_cast<std::size_t>(n * t / epochs)]
                                          : values.back());
  };
}
/// A straight line over the given number of epochs, then constant.
inline Schedule linear(double from, double to, double epochs) {
  return [=](double t) { return t >= epochs ? to : from + (to - from) * t / epochs; };
}
/// From one rate to another over the given number of epochs, by the same factor in each, then
/// constant. Throws unless both are above 0.
inline Schedule geometric(double from, double to, double epochs) {
  check(from > 0 && to > 0, "geometric: from, to has ", from, ", ", to,
        ", but more than 0 is needed");
  return [=](double t) { return t >= epochs ? to : from * std::pow(to / from, t / epochs); };
}
/// from · factorᵗ.
inline Schedule exponential(double from, double factor) {
  return [=](double t) { return from * std::pow(factor, t); };
}

}  // namespace strata
