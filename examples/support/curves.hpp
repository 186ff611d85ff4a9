// SPDX-License-Identifier: MIT
// Pictures of curves by three random points, after "Reducing the dimensionality of data with
// neural networks" (Hinton and Salakhutdinov 2006): 784 pixels, of which six numbers are the cause.
#pragma once

#include <array>
#include <cstdint>

#include "support/generate.hpp"

namespace support {

constexpr strata::Index curve_side = 28;
constexpr SetSizes curve_sizes{.train = 20000, .test = 10000};

/// A place in the plane, in pixels from the corner of a picture.
struct Point {
  double x = 0, y = 0;
};
using ThreePoints = std::array<Point, 3>;

/// The quadratic Bézier curve from the first point to the last, drawn towards the one between.
Point curve(const ThreePoints& points, double t);

/// Three points, uniform in the picture but for 4 pixels at each edge. Their curve stays there too.
ThreePoints random_points(strata::Random& rng);

/// Ink that fades from white on the curve to nothing 2.5 pixels beside it.
void draw_curve(const ThreePoints& points, Pixels pixels);

/// Without labels. How the original curves come of their points is not published: these leave PCA
/// with 18 components a squared error of 6.1 per image, near the 5.90 that the paper has.
DataSet make_curves(const SetSizes& sizes, std::uint64_t seed);

}  // namespace support
