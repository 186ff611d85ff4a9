// SPDX-License-Identifier: MIT
#include "support/variations.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <strata/core/checks.hpp>
#include <strata/core/minibatches.hpp>
#include <strata/io/pgm.hpp>

namespace support {

using namespace strata;
namespace fs = std::filesystem;

namespace {

constexpr Index side = variation_side, size = side * side;
constexpr std::uint8_t white = 255;
constexpr double least_deviation = 10;  // of a patch's grey levels: no sky, no shadow
constexpr double convex_planes = 0.195, part_planes = 0.07;
constexpr Index convex_pixels = 19, part_pixels = 10;

void copy_patch(const Image& photograph, Index top, Index left, Pixels pixels) {
  for (Index i = 0; i < side; ++i)
    for (Index j = 0; j < side; ++j) pixels(i * side + j) = photograph.at(top + i, left + j);
}

bool shows_something(const Pixels& pixels) {
  const Eigen::ArrayXd x = pixels.cast<double>().array();
  return (x - x.mean()).square().mean() >= least_deviation * least_deviation;
}

// Else no patch would ever be found.
void check_photographs(const std::vector<Photograph>& photographs) {
  check(!photographs.empty(),
        "make_variations: the list has 0 photographs, but at least 1 is needed");
  Picture patch(size);
  for (const auto& [name, image] : photographs) {
    check(image.channels == 1 && image.width >= side && image.height >= side,
          "make_variations: the photograph ", name, " has ", image.width, " x ", image.height,
          " pixels in ", image.channels, " channels, but 28 x 28 and 1 are needed");
    bool found = false;
    for (Index i = 0; !found && i <= image.height - side; ++i)
      for (Index j = 0; !found && j <= image.width - side; ++j) {
        copy_patch(image, i, j, patch);
        found = shows_something(patch);
      }
    check(found, "make_variations: the photograph ", name,
          " has no patch of 28 x 28 whose grey levels have a standard deviation of ",
          least_deviation, ", but one is needed");
  }
}

Draw digits(const Variation& v, const Sources& sources, std::uint64_t seed) {
  Random rng = stream("digits", seed, 0);
  const auto order = permutation(sources.digits.size(), rng);
  return [v, &sources, order](Index i, Random& own, Pixels pixels) {
    const Index from = order[static_cast<std::size_t>(i)];
    Picture digit = sources.digits.images.bytes().col(from);
    if (v.turned) digit = turned(digit, uniform(own, 0, 2 * std::numbers::pi));
    if (v.noise) pixels = (own.uniform<float>(size, 1) * 256).array().floor().cast<std::uint8_t>();
    if (v.photographs) draw_patch(sources.photographs, own, pixels);
    pixels = pixels.cwiseMax(digit);  // the digit covers what is darker, as white ink does
    return sources.digits.labels[static_cast<std::size_t>(from)];
  };
}

int draw_rectangle(Index, Random& rng, Pixels pixels) {
  const bool tall = rng.below(2) == 1;
  const auto r = random_rectangle(drawn_rectangle, tall, rng);
  for (Index k = 0; k < size; ++k)
    if (r.has_on_border(k / side, k % side)) pixels(k) = white;
  return tall;
}

Draw rectangles_of(const std::vector<Photograph>& photographs) {
  return [&photographs](Index, Random& rng, Pixels pixels) {
    const bool tall = rng.below(2) == 1;
    const auto r = random_rectangle(pasted_rectangle, tall, rng);
    Picture inside(size);
    draw_patch(photographs, rng, pixels);
    draw_patch(photographs, rng, inside);
    for (Index k = 0; k < size; ++k)
      if (r.contains(k / side, k % side)) pixels(k) = inside(k);
    return int{tall};
  };
}

int draw_convex_or_not(Index, Random& rng, Pixels pixels) {
  const bool convex = rng.below(2) == 1;
  if (convex)
    draw_convex(convex_planes, convex_pixels, rng, pixels);
  else
    draw_not_convex(rng, pixels);
  return convex;
}

// Which trial is the first success: 1, 2, …
Index geometric(double p, Random& rng) {
  return 1 + static_cast<Index>(std::log1p(-uniform(rng, 0, 1)) / std::log1p(-p));
}

struct Point {
  double y, x;  // in pixels, from the upper left corner
};

Point place(Random& rng) {
  const double y = uniform(rng, 0, side);
  return {y, uniform(rng, 0, side)};
}

// Blackens what lies across a random line from the point.
void cut(const Point& point, Random& rng, Pixels pixels) {
  const Point through = place(rng);
  const double angle = uniform(rng, 0, 2 * std::numbers::pi);
  const auto across = [&, c = std::cos(angle), s = std::sin(angle)](double y, double x) {
    return s * (y - through.y) + c * (x - through.x) > 0;
  };
  const bool kept = across(point.y, point.x);
  for (Index k = 0; k < size; ++k)
    if (across(static_cast<double>(k / side) + 0.5, static_cast<double>(k % side) + 0.5) != kept)
      pixels(k) = 0;
}

}  // namespace

const Variation& variation(std::string_view name) {
  const auto found = std::ranges::find(variations, name, &Variation::name);
  if (found != variations.end()) return *found;
  std::string names;
  for (const auto& v : variations) names += text(names.empty() ? "" : ", ", v.name);
  throw std::invalid_argument(
      text("make_variations: --sets has ", name, ", but the sets are ", names));
}

std::vector<Photograph> read_photographs(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (name.ends_with(".pgm") || name.ends_with(".pgm.gz")) files.push_back(entry.path());
  }
  if (files.empty())
    throw std::runtime_error(
        text(folder.string(), ": found no photographs, but expected files *.pgm or *.pgm.gz"));
  std::ranges::sort(files);
  std::vector<Photograph> photographs;
  for (const auto& file : files) photographs.push_back({file.filename().string(), read_pgm(file)});
  return photographs;
}

DataSet make_variation(const Variation& v, const SetSizes& sizes, const Sources& sources,
                       std::uint64_t seed) {
  if (v.photographs) check_photographs(sources.photographs);
  if (v.digits) {
    check(sources.digits.images.rows() == size, "make_variations: a digit has ",
          sources.digits.images.rows(), " pixels, but 28 x 28 are needed");
    check_labelled("make_variations", sources.digits);
    check(sources.digits.size() >= sizes.total(), "make_variations: data has ",
          sources.digits.size(), " digits, but ", sizes.total(), " are needed");
  }
  const Draw draw = v.digits           ? digits(v, sources, seed)
                    : v.photographs    ? rectangles_of(sources.photographs)
                    : v.name == "rect" ? Draw(draw_rectangle)
                                       : Draw(draw_convex_or_not);
  return generate(v.name, seed, sizes, size, draw);
}

Picture turned(const Picture& digit, double angle) {
  constexpr double middle = (side - 1) / 2.0;
  const auto level = [&](double row, double column) -> double {  // at whole numbers
    const bool inside = row >= 0 && row < side && column >= 0 && column < side;
    return inside ? digit(static_cast<Index>(row) * side + static_cast<Index>(column)) : 0;
  };
  const double c = std::cos(angle), s = std::sin(angle);
  Picture result(size);
  for (Index k = 0; k < size; ++k) {
    const double y = static_cast<double>(k / side) - middle;
    const double x = static_cast<double>(k % side) - middle;
    const double row = middle + c * y - s * x, column = middle + s * y + c * x;
    const double top = std::floor(row), left = std::floor(column);
    const double down = row - top, right = column - left;
    const double above = std::lerp(level(top, left), level(top, left + 1), right);
    const double below = std::lerp(level(top + 1, left), level(top + 1, left + 1), right);
    result(k) = static_cast<std::uint8_t>(std::lround(std::lerp(above, below, down)));
  }
  return result;
}

void draw_patch(const std::vector<Photograph>& photographs, Random& rng, Pixels pixels) {
  do {
    const auto which = static_cast<std::size_t>(rng.below(std::ssize(photographs)));
    const Image& image = photographs[which].image;
    const Index top = whole(rng, 0, image.height - side), left = whole(rng, 0, image.width - side);
    copy_patch(image, top, left, pixels);
  } while (!shows_something(pixels));
}

Rectangle random_rectangle(const RectangleRule& rule, bool tall, Random& rng) {
  Rectangle r;
  const auto follows_rule = [&] {
    const Index area = r.height * r.width, taller_by = r.height - r.width;
    return (tall ? taller_by : -taller_by) >= rule.difference && area >= rule.area &&
           area <= rule.most_area;
  };
  do {
    r.height = whole(rng, rule.side, side);
    r.width = whole(rng, rule.side, side);
  } while (!follows_rule());
  r.top = whole(rng, 0, side - r.height);
  r.left = whole(rng, 0, side - r.width);
  return r;
}

void draw_convex(double p, Index least, Random& rng, Pixels pixels) {
  do {
    pixels.setConstant(white);
    const Point inside = place(rng);
    for (Index n = geometric(p, rng); n > 0; --n) cut(inside, rng, pixels);
  } while ((pixels.array() != 0).count() < least);
}

void draw_not_convex(Random& rng, Pixels pixels) {
  Picture part(size);
  do {
    pixels.setZero();
    for (Index n = whole(rng, 2, 4); n > 0; --n) {
      draw_convex(part_planes, part_pixels, rng, part);
      pixels = pixels.cwiseMax(part);
    }
  } while (is_convex(pixels));
}

bool is_convex(const Picture& pixels) {
  std::vector<Index> on;
  for (Index k = 0; k < size; ++k)
    if (pixels(k) != 0) on.push_back(k);
  if (std::ssize(on) == size) return true;  // many unions are, and have 306,936 pairs
  // Enough is the first on the line from a to b: a black one further on follows on another a.
  for (const Index a : on)
    for (const Index b : on) {
      if (b <= a) continue;
      const Index down = b / side - a / side, right = b % side - a % side;
      const Index n = std::gcd(down, right);
      if (pixels(a + (down * side + right) / n) == 0) return false;
    }
  return true;
}

}  // namespace support
