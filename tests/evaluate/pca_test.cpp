// SPDX-License-Identifier: MIT
#include "strata/evaluate/pca.hpp"

#include <Eigen/SVD>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// 6 × n, with most of the spread in a few directions.
Matrix<double> spread_out(Index n, Random& rng) {
  const Matrix<double> mix = rng.normal<double>(6, 6);
  const Vector<double> scale{{3, 2, 1, 0.5, 0.2, 0.1}};
  return (mix * scale.asDiagonal() * rng.normal<double>(6, n)).colwise() + Vector<double>::Ones(6);
}

}  // namespace

TEST_CASE("principal components are the singular vectors of the centred data") {
  Random rng(1);
  for (const Index n : {20, 2500}) {  // in one block, and in three
    const Matrix<double> x = spread_out(n, rng);
    const auto m = pca(x, 3);
    const Vector<double> mean = x.rowwise().mean();
    CHECK(distance(m.mean, mean) < 1e-12);
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(x.colwise() - mean, Eigen::ComputeThinU);
    const Matrix<double> u = svd.matrixU().leftCols(3);
    CHECK(distance((u.transpose() * m.components).cwiseAbs(), Matrix<double>::Identity(3, 3)) <
          1e-10);
    const Vector<double> variances =
        svd.singularValues().head(3).array().square() / static_cast<double>(n);
    CHECK(distance(m.variances, variances) < 1e-10 * variances(0));
    // Codes are uncorrelated, with these variances.
    const Matrix<double> codes = encode(m, x);
    CHECK(distance(codes * codes.transpose() / static_cast<double>(n),
                   Matrix<double>(variances.asDiagonal())) < 1e-10 * variances(0));
  }
}

TEST_CASE("a reconstruction is the orthogonal projection, exact with as many components as rows") {
  Random rng(2);
  const Matrix<double> x = spread_out(50, rng);
  const auto m = pca(x, 2);
  const Matrix<double> rest = x - reconstruct(m, x);
  CHECK(distance(m.components.transpose() * rest, Matrix<double>::Zero(2, 50)) < 1e-12);
  CHECK(distance(reconstruct(m, reconstruct(m, x)), reconstruct(m, x)) < 1e-12);
  CHECK(rest.norm() > 1);
  CHECK(distance(reconstruct(pca(x, 6), x), x) < 1e-12);
}

TEST_CASE("a shift of the data shifts the mean alone") {
  Random rng(3);
  const Matrix<double> x = spread_out(50, rng);
  const Vector<double> by = Vector<double>::LinSpaced(6, -5, 7);
  const auto m = pca(x, 2), shifted = pca(Matrix<double>(x.colwise() + by), 2);
  CHECK(distance(shifted.mean, m.mean + by) < 1e-12);
  CHECK(distance(shifted.components, m.components) < 1e-10);
}

TEST_CASE("PCA refuses what has no components") {
  const auto error = [](const Matrix<double>& x, Index k) {
    return message_of([&] { pca(x, k); });
  };
  CHECK(error(Matrix<double>::Zero(3, 5), 0) == "pca: components has 0, but at least 1 is needed");
  CHECK(error(Matrix<double>::Zero(3, 5), 4) == "pca: components has 4, but data have 3 rows");
  CHECK(error(Matrix<double>::Zero(3, 0), 1) ==
        "pca: data has 0 columns, but at least 1 is needed");
  const auto m = pca(Matrix<double>(Matrix<double>::Identity(3, 3)), 1);
  CHECK(message_of([&] { encode(m, Matrix<double>::Zero(2, 1)); }) ==
        "encode: x has 2 rows, but the model has 3 inputs");
  CHECK(message_of([&] { decode(m, Matrix<double>::Zero(2, 1)); }) ==
        "decode: codes has 2 rows, but the model has 1 components");
}
