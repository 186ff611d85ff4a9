// SPDX-License-Identifier: MIT
#include "support/halves.hpp"

#include <cmath>
#include <numeric>

namespace support {

using namespace strata;

BinaryStates half(const std::string& keep, Index side) {
  const bool across = keep == "top" || keep == "bottom", first = keep == "top" || keep == "left";
  check(across || first || keep == "right", "half: keep has ", keep,
        ", but top, bottom, left or right are needed");
  BinaryStates mask(side * side, 1);
  for (Index i = 0; i < side * side; ++i)
    if (((across ? i / side : i % side) < side / 2) == first) mask.turn_on(i, 0);
  return mask;
}

Matrix<float> mean_of_nearest(const Samples<float>& train, const Matrix<float>& x,
                              const Vector<float>& given, Index k) {
  // |y − x|² less |x|², for every y and x.
  Matrix<float> distances(train.cols(), x.cols()), near, means(x.rows(), x.cols());
  train.for_each_block([&](const Matrix<float>& y, Index first) {
    const Matrix<float> part = given.asDiagonal() * y;
    const Vector<float> squares = part.colwise().squaredNorm();
    distances.middleRows(first, y.cols()) = -2 * part.transpose() * x;
    distances.middleRows(first, y.cols()).colwise() += squares;
  });
  std::vector<Index> order(static_cast<std::size_t>(train.cols()));
  for (Index j = 0; j < x.cols(); ++j) {
    std::iota(order.begin(), order.end(), Index{0});
    std::nth_element(order.begin(), order.begin() + k, order.end(),
                     [&](Index a, Index b) { return distances(a, j) < distances(b, j); });
    train.gather(std::span(order).first(static_cast<std::size_t>(k)), near);
    means.col(j) = near.rowwise().mean();
  }
  return means;
}

Vector<float> mean_picture(const Samples<float>& train) {
  Vector<double> sum = Vector<double>::Zero(train.rows());
  train.for_each_block(
      [&](const Matrix<float>& y, Index) { sum += y.cast<double>().rowwise().sum(); });
  return (sum / static_cast<double>(train.cols())).cast<float>();
}

Matrix<float> half_size(const Matrix<float>& pictures) {
  const Index side = std::lround(std::sqrt(static_cast<double>(pictures.rows()))), half = side / 2;
  Matrix<float> small = Matrix<float>::Zero(half * half, pictures.cols());
  for (Index i = 0; i < pictures.rows(); ++i)
    small.row(i / side / 2 * half + i % side / 2) += 0.25F * pictures.row(i);
  return small;
}

}  // namespace support
