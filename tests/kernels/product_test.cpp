// SPDX-License-Identifier: MIT
#include "strata/kernels/product.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

struct ProductShape {
  Index rows, cols, inner;
};

// One row, one column, odd, tall, wide, an edge of a tile, nothing to sum over, nothing at all.
constexpr ProductShape product_shapes[] = {
    {1, 1, 1},      {1, 9, 4},      {9, 1, 4},     {5, 7, 3},      {63, 64, 65},
    {64, 63, 1},    {700, 10, 33},  {10, 700, 33}, {257, 256, 17}, {513, 100, 8},
    {100, 1025, 8}, {784, 500, 10}, {4, 4, 0},     {300, 100, 0},  {0, 4, 3},
    {4, 0, 3},      {0, 0, 3},      {700, 0, 33},  {0, 700, 33}};

/// |a b| is off by at most `inner` roundings of Σ |a||b|.
template <class S>
double rounding_of(const Matrix<S>& a, const Matrix<S>& b) {
  return std::numeric_limits<S>::epsilon() * static_cast<double>(a.cols() + 2) *
         static_cast<double>((a.cwiseAbs() * b.cwiseAbs()).sum()) /
         std::max(1.0, static_cast<double>(a.rows() * b.cols()) / 8);
}

}  // namespace

TEST_CASE_TEMPLATE("a product is Eigen's, also of transposes and blocks", S, float, double) {
  for (const auto& [rows, cols, inner] : product_shapes) {
    const std::string shape = text(rows, " x ", cols, " x ", inner);
    CAPTURE(shape);
    const Matrix<S> a = Matrix<S>::Random(rows, inner), b = Matrix<S>::Random(inner, cols);
    const Matrix<S> at = a.transpose(), bt = b.transpose();
    const Matrix<S> expected = a * b;
    const double bound = rounding_of(a, b);
    Matrix<S> out = Matrix<S>::Constant(3, 2, 99);  // of another size, and to be forgotten
    product(a, b, out);
    CHECK(distance(out, expected) <= bound);
    product(at.transpose(), b, out);
    CHECK(distance(out, expected) <= bound);
    product(a, bt.transpose(), out);
    CHECK(distance(out, expected) <= bound);

    Matrix<S> wide = Matrix<S>::Random(inner + 3, cols + 5);
    wide.block(2, 4, inner, cols) = b;
    product(a, wide.block(2, 4, inner, cols), out);
    CHECK(distance(out, expected) <= bound);
    const Batch<S> batch = wide.block(2, 4, inner, cols);
    product(at.transpose(), batch, out);
    CHECK(distance(out, expected) <= bound);
  }
}

TEST_CASE_TEMPLATE("add_product adds the scaled product to what is there", S, float, double) {
  for (const auto& [rows, cols, inner] : product_shapes) {
    const Matrix<S> a = Matrix<S>::Random(rows, inner), b = Matrix<S>::Random(inner, cols);
    const Matrix<S> start = Matrix<S>::Random(rows, cols), expected = start - S(0.25) * (a * b);
    Matrix<S> out = start;
    add_product(S(-0.25), a, b, out);
    CHECK(distance(out, expected) <= rounding_of(a, b) + 4 * std::numeric_limits<S>::epsilon());
    const Matrix<S> at = a.transpose();
    out = start;
    add_product(S(-0.25), at.transpose(), b, out);
    CHECK(distance(out, expected) <= rounding_of(a, b) + 4 * std::numeric_limits<S>::epsilon());
  }
}

TEST_CASE_TEMPLATE("a product has the same bits at any number of threads", S, float, double) {
  for (const auto& [rows, cols, inner] : product_shapes) {
    const Matrix<S> a = Matrix<S>::Random(rows, inner), b = Matrix<S>::Random(inner, cols);
    const Matrix<S> at = a.transpose(), bt = b.transpose();
    const auto products = [&](int count) {
      const ThreadCount set(count);
      std::array<Matrix<S>, 3> out;
      product(a, b, out[0]);
      product(at.transpose(), b, out[1]);
      product(a, bt.transpose(), out[2]);
      return out;
    };
    const auto one = products(1);
    CHECK(products(2) == one);
    CHECK(products(3) == one);
  }
}

TEST_CASE_TEMPLATE("sums over columns are Eigen's products with a vector", S, float, double) {
  for (const auto& [rows, cols, inner] : product_shapes) {
    const Matrix<S> s = Matrix<S>::Random(rows, cols);
    const Vector<S> b = Vector<S>::Random(rows), start = Vector<S>::Random(rows);
    const Row<S> w = Row<S>::Random(cols);
    const double precision = std::numeric_limits<S>::epsilon();
    CHECK(distance(dot_columns<S>(b, s), b.transpose() * s) <=
          precision * static_cast<double>(rows + 2));
    Vector<S> out = start;
    add_weighted_columns<S>(s, w, out);
    CHECK(distance(out, start + s * w.transpose()) <= precision * static_cast<double>(cols + 2));
    if (cols > 0)
      CHECK(distance(mean_column<S>(s), s.rowwise().mean()) <=
            precision * static_cast<double>(cols + 2));
  }
}

TEST_CASE("tiles are whole registers wide, and an even number of them covers a large side") {
  for (Index n = 0; n < 3000; ++n) {
    const Index width = tile_width(n);
    if (n < 64) {
      CHECK(width == std::max<Index>(n, 1));
      continue;
    }
    CHECK(width % 16 == 0);
    CHECK(width <= 400);
    CHECK((n + width - 1) / width % 2 == 0);
  }
}
