// SPDX-License-Identifier: MIT
#include "support/curves.hpp"

#include <algorithm>
#include <cmath>

namespace support {

using namespace strata;

namespace {

constexpr double side = curve_side, margin = 4, reach = 2.5;  // in pixels
constexpr std::size_t pieces = 32;                            // straight ones, that make a curve
using Polyline = std::array<Point, pieces + 1>;

Polyline polyline(const ThreePoints& points) {
  Polyline line;
  for (std::size_t i = 0; i <= pieces; ++i)
    line[i] = curve(points, static_cast<double>(i) / static_cast<double>(pieces));
  return line;
}

double distance(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
  const double along = ((p.x - a.x) * dx + (p.y - a.y) * dy) / std::max(length2, 1e-12);
  const double t = std::clamp(along, 0.0, 1.0);
  return std::hypot(a.x + t * dx - p.x, a.y + t * dy - p.y);
}

}  // namespace

Point curve(const ThreePoints& p, double t) {
  const double a = (1 - t) * (1 - t), b = 2 * t * (1 - t), c = t * t;
  return {a * p[0].x + b * p[1].x + c * p[2].x, a * p[0].y + b * p[1].y + c * p[2].y};
}

ThreePoints random_points(Random& rng) {
  ThreePoints points;
  for (Point& p : points)
    p = {uniform(rng, margin, side - margin), uniform(rng, margin, side - margin)};
  return points;
}

void draw_curve(const ThreePoints& points, Pixels pixels) {
  const Polyline line = polyline(points);
  for (Index i = 0; i < pixels.size(); ++i) {
    const Point middle{static_cast<double>(i % curve_side) + 0.5,
                       static_cast<double>(i / curve_side) + 0.5};
    double nearest = reach;
    for (std::size_t k = 0; k < pieces; ++k)
      nearest = std::min(nearest, distance(middle, line[k], line[k + 1]));
    pixels(i) = static_cast<std::uint8_t>(std::lround(255 * (1 - nearest / reach)));
  }
}

DataSet make_curves(const SetSizes& sizes, std::uint64_t seed) {
  DataSet set = generate("curves", seed, sizes, curve_side * curve_side,
                         [](Index, Random& rng, Pixels pixels) {
                           draw_curve(random_points(rng), pixels);
                           return 0;
                         });
  for (auto part : {&DataSet::train, &DataSet::valid, &DataSet::test}) (set.*part).labels.clear();
  return set;
}

}  // namespace support
