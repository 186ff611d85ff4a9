// SPDX-License-Identifier: MIT
// The matrices that everything speaks in, and the batch convention: one sample per column.
#pragma once

#ifdef STRATA_USE_BLAS  // for products of numbers: link a BLAS, and have it use one thread
#define EIGEN_USE_BLAS
#endif
#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "strata/core/compiler.hpp"

namespace strata {

using Index = Eigen::Index;

template <class S>
using Matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;  // column-major
template <class S>
using Vector = Eigen::Matrix<S, Eigen::Dynamic, 1>;
template <class S>
using Row = Eigen::Matrix<S, 1, Eigen::Dynamic>;

/// A read-only view of n × B values, one sample per column. Whole matrices and blocks of columns
/// pass without a copy; any other expression is evaluated once.
template <class S>
using Batch = Eigen::Ref<const Matrix<S>>;

using Labels = std::vector<int>;
using Bytes = std::vector<std::uint8_t>;

/// The element type of a model, a unit layer or a matrix.
template <class T>
using ScalarOf = typename std::remove_cvref_t<T>::Scalar;

/// An Eigen expression as a Batch, evaluated at most once; GreyLevels as numbers; any other type of
/// states as it is.
template <class S, class AnyStates>
decltype(auto) as_states(const AnyStates& s) {
  if constexpr (std::is_base_of_v<Eigen::EigenBase<AnyStates>, AnyStates>)
    return Batch<S>(s);
  else if constexpr (requires { s.bytes(); })
    return Matrix<S>(s.numbers());
  else
    return (s);
}

}  // namespace strata
