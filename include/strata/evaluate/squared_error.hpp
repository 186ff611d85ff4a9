// SPDX-License-Identifier: MIT
// How far reconstructions are from what they should be, by one measure for every model.
#pragma once

#include <concepts>

#include "strata/core/samples.hpp"

namespace strata {

/// ‖x − f(x)‖², summed over rows and averaged over columns, for a function that reconstructs a
/// matrix of samples, which gets at most 1,000 columns at a time. The scalar is named:
/// `squared_error<float>([&](const auto& v) { return reconstruct(net, v); }, digits)`. Throws if x
/// has no columns, or f(x) another shape.
template <std::floating_point S, std::invocable<const Matrix<S>&> F>
double squared_error(F&& f, const Samples<S>& x) {
  check(x.cols() > 0, "squared_error: x has 0 columns, but at least 1 is needed");
  double sum = 0;
  x.for_each_block([&](const Matrix<S>& some, Index) {
    const Matrix<S> back = f(some);
    check(back.rows() == some.rows() && back.cols() == some.cols(),
          "squared_error: the reconstruction has ", back.rows(), " x ", back.cols(),
          " values, but the samples have ", some.rows(), " x ", some.cols());
    sum += (some - back).template cast<double>().squaredNorm();
  });
  return sum / static_cast<double>(x.cols());
}

/// The same for a model, of any kind that has a reconstruct(model, x).
template <class Model>
requires requires(const Model& m, const Matrix<ScalarOf<Model>>& x) { reconstruct(m, x); }
double squared_error(const Model& m, const Samples<ScalarOf<Model>>& x) {
  using S = ScalarOf<Model>;
  return squared_error<S>([&](const Matrix<S>& some) { return reconstruct(m, some); }, x);
}

}  // namespace strata
