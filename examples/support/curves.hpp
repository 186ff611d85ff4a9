// SPDX-License-Identifier: MIT
// Pictures of curves through three random points, after "Reducing the dimensionality of data with
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

/// The parabola through the points, which it meets at t = 0, ½ and 1.
Point curve(const ThreePoints& points, double t);

/// Three points, uniform in the middle of the picture, whose curve stays there.
ThreePoints random_points(strata::Random& rng);

/// Ink that fades from white on the curve to nothing 2.7 pixels beside it.
void draw_curve(const ThreePoints& points, Pixels pixels);

/// Without labels. The original points and pen are not published: these leave PCA with 18 components
/// a squared error of 6.0 per image, near the 5.90 that the paper has for the original curves.
DataSet make_curves(const SetSizes& sizes, std::uint64_t seed);

}  // namespace support
