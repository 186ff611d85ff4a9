// SPDX-License-Identifier: MIT
// The columns of a matrix as a grid of small pictures: digits, filters, samples, reconstructions.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "strata/core/checks.hpp"
#include "strata/core/types.hpp"
#include "strata/io/image.hpp"

namespace strata {

/// How values become grey: pictures keep 0 black and 1 white; each filter has a scale of its own,
/// symmetric about 0, which is mid-grey, so that the sign is seen.
enum class Shades { picture, filter };

struct TileOptions {
  Shades shades = Shades::picture;
  Index columns = 0;  // tiles in a row; 0: as many as make the grid about square
  Index zoom = 1;     // pixels to a side of each value
};

namespace detail {

/// Values in [0, 1] (others are clamped) as grey, row-major.
template <class Values>
Image grey_image(const Values& values, Index height, Index width) {
  Image image = blank_image(width, height, 1, 0);
  for (Index i = 0; i < values.size(); ++i) {
    const double value = std::clamp(static_cast<double>(values(i)), 0.0, 1.0);
    image.pixels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(std::lround(255 * value));
  }
  return image;
}

/// Each column of x as one picture.
template <class Derived>
std::vector<Image> tile_images(const Eigen::MatrixBase<Derived>& x, Index height, Index width,
                               Shades shades = Shades::picture) {
  check(height > 0 && width > 0 && x.rows() == height * width, "tiles: x has ", x.rows(),
        " rows, but a tile has ", height, " x ", width, " values");
  const Matrix<typename Derived::Scalar> values = x;
  check_values("tiles", "x", values);
  std::vector<Image> images;
  for (Index j = 0; j < values.cols(); ++j) {
    const Vector<double> column = values.col(j).template cast<double>();
    const double largest =
        std::max(column.cwiseAbs().maxCoeff(), 1e-300);  // a filter of zeros is grey
    images.push_back(shades == Shades::picture
                         ? grey_image(column, height, width)
                         : grey_image(0.5 + 0.5 * column.array() / largest, height, width));
  }
  return images;
}

}  // namespace detail

/// The columns of x as one image: `tiles(weights.transpose(), 28, 28, {.shades = Shades::filter})`.
/// Throws std::invalid_argument if there are none, if they are not height × width long, or hold a
/// value that is not finite.
template <class Derived>
Image tiles(const Eigen::MatrixBase<Derived>& x, Index height, Index width,
            const TileOptions& options = {}) {
  check(x.cols() > 0, "tiles: x has 0 columns, but at least 1 is needed");
  return enlarged(grid(detail::tile_images(x, height, width, options.shades), options.columns),
                  options.zoom);
}

}  // namespace strata
