// SPDX-License-Identifier: MIT
// The linear code that loses least, which autoencoders are measured against: "Analysis of a complex
// of statistical variables into principal components" (Hotelling 1933). Not in the umbrella.
#pragma once

#include <Eigen/Eigenvalues>

#include "strata/core/samples.hpp"
#include "strata/kernels/elementwise.hpp"
#include "strata/kernels/product.hpp"

namespace strata {

/// x ≈ μ + U a with the code a = Uᵀ(x − μ), k numbers.
template <std::floating_point S>
struct PCA {
  using Scalar = S;
  Vector<S> mean;  // μ, n
  /// U, n × k: orthonormal columns, of the largest variance first; the largest number of each is
  /// positive.
  Matrix<S> components;
  Vector<S> variances;  // of each code over the data, k
};

namespace detail {

/// Turns each column round whose number of the largest size is negative, which otherwise hangs on
/// the rounding.
template <class S>
void fix_signs(Matrix<S>& columns) {
  for (Index j = 0; j < columns.cols(); ++j) {
    Index largest;
    columns.col(j).cwiseAbs().maxCoeff(&largest);
    if (columns(largest, j) < 0) columns.col(j) *= S(-1);
  }
}

}  // namespace detail

/// The directions, `components` of them, in which the data (n × N: a matrix, GreyLevels,
/// BinaryStates) vary most, by their covariance (the mean over N) in double. Throws if there are not
/// 1 to n, no columns, or a value that is not finite. Costs 2 N n² operations, and some 10 n³.
template <std::floating_point S>
PCA<S> pca(const Samples<S>& data, Index components) {
  check(components >= 1, "pca: components has ", components, ", but at least 1 is needed");
  check(components <= data.rows(), "pca: components has ", components, ", but data have ",
        data.rows(), " rows");
  check(data.cols() > 0, "pca: data has 0 columns, but at least 1 is needed");
  data.check_values("pca", "data", {});
  const Index n = data.rows();
  Vector<double> sum = Vector<double>::Zero(n);
  data.for_each_block(
      [&](const Matrix<S>& v, Index) { sum += v.template cast<double>().rowwise().sum(); });
  const Vector<double> mean = sum / static_cast<double>(data.cols());
  Matrix<double> scatter = Matrix<double>::Zero(n, n);  // Σ (x − μ)(x − μ)ᵀ
  data.for_each_block([&](const Matrix<S>& v, Index) {
    const Matrix<double> x = v.template cast<double>().colwise() - mean;
    add_product(1.0, x, x.transpose(), scatter);
  });
  const Eigen::SelfAdjointEigenSolver<Matrix<double>> eigen(scatter);  // the smallest first
  Matrix<S> directions =
      eigen.eigenvectors().rightCols(components).rowwise().reverse().template cast<S>();
  detail::fix_signs(directions);
  const Vector<double> sums = eigen.eigenvalues().tail(components).reverse().cwiseMax(0.0);
  return {mean.cast<S>(), directions, (sums / static_cast<double>(data.cols())).template cast<S>()};
}
template <class Data>
PCA<ScalarOf<Data>> pca(const Data& data, Index components) {
  return pca(Samples<ScalarOf<Data>>(data), components);
}

/// Uᵀ(x − μ), k × B.
template <std::floating_point S>
Matrix<S> encode(const PCA<S>& m, const Batch<std::type_identity_t<S>>& x) {
  check_rows("encode", "x", x.rows(), m.mean.size(), "inputs");
  Matrix<S> centred, codes;
  add_bias<S>(x, -m.mean, centred);
  product(m.components.transpose(), centred, codes);
  return codes;
}

/// μ + U a, n × B.
template <std::floating_point S>
Matrix<S> decode(const PCA<S>& m, const Batch<std::type_identity_t<S>>& codes) {
  check_rows("decode", "codes", codes.rows(), m.components.cols(), "components");
  Matrix<S> x;
  product(m.components, codes, x);
  x.colwise() += m.mean;
  return x;
}

/// The orthogonal projection of x onto the plane of the components.
template <std::floating_point S>
Matrix<S> reconstruct(const PCA<S>& m, const Batch<std::type_identity_t<S>>& x) {
  return decode(m, encode(m, x));
}

}  // namespace strata
