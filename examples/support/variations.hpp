// SPDX-License-Identifier: MIT
// Digits, rectangles and convex shapes with more and more factors of variation, after "An empirical
// evaluation of deep architectures on problems with many factors of variation" (Larochelle, Erhan,
// Courville, Bergstra and Bengio 2007). Their split of MNIST, their way to turn a digit and their
// photographs are not published, so error rates compare roughly, not exactly.
#pragma once

#include <array>
#include <cstdint>
#include <strata/io/image.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/generate.hpp"

namespace support {

constexpr strata::Index variation_side = 28;

/// One of the sets, and what it is made of.
struct Variation {
  std::string_view name;
  SetSizes sizes;
  bool digits = false;
  bool turned = false;       // by an angle uniform in [0, 2π)
  bool noise = false;        // behind the digit: uniform in 0..255, each pixel by itself
  bool photographs = false;  // behind the digit; inside and outside a rectangle
};
constexpr SetSizes digit_sizes{.train = 10000, .valid = 2000, .test = 50000};
constexpr std::array<Variation, 8> variations = {{
    {.name = "basic", .sizes = digit_sizes, .digits = true},
    {.name = "rot", .sizes = digit_sizes, .digits = true, .turned = true},
    {.name = "bg-rand", .sizes = digit_sizes, .digits = true, .noise = true},
    {.name = "bg-img", .sizes = digit_sizes, .digits = true, .photographs = true},
    {.name = "rot-bg-img",
     .sizes = digit_sizes,
     .digits = true,
     .turned = true,
     .photographs = true},
    {.name = "rect", .sizes = {.train = 1000, .valid = 200, .test = 50000}},
    {.name = "rect-img", .sizes = digit_sizes, .photographs = true},
    {.name = "convex", .sizes = {.train = 6000, .valid = 2000, .test = 50000}},
}};

/// Throws std::invalid_argument with the names there are.
const Variation& variation(std::string_view name);

struct Photograph {
  std::string name;
  strata::Image image;  // grey
};

/// All *.pgm and *.pgm.gz of the folder, by name. Throws std::runtime_error if there are none or if
/// one is malformed.
std::vector<Photograph> read_photographs(const std::filesystem::path& folder);

/// What a set may be made of.
struct Sources {
  strata::LabelledImages<float> digits;
  std::vector<Photograph> photographs;
};

/// The set with so many images, 28 × 28. All sets of digits show the same ones in the same order, so
/// that their error rates differ by the variation alone. Throws std::invalid_argument if there are
/// too few digits, or if a photograph has no patch to show.
DataSet make_variation(const Variation& variation, const SetSizes& sizes, const Sources& sources,
                       std::uint64_t seed);

/// The digit turned clockwise about its middle by an angle in radians: each pixel from the four
/// nearest (bilinear), black where the digit has none.
Picture turned(const Picture& digit, double angle);

/// A random patch of a random photograph whose variance is large enough to show something.
void draw_patch(const std::vector<Photograph>& photographs, strata::Random& rng, Pixels pixels);

struct Rectangle {
  strata::Index top = 0, left = 0, height = 0, width = 0;

  bool contains(strata::Index row, strata::Index column) const {
    return row >= top && row < top + height && column >= left && column < left + width;
  }
  bool has_on_border(strata::Index row, strata::Index column) const {
    return contains(row, column) &&
           (row == top || row == top + height - 1 || column == left || column == left + width - 1);
  }
};

/// Which rectangles may be drawn.
struct RectangleRule {
  strata::Index side = 1;        // the shortest
  strata::Index difference = 3;  // the least, of height and width
  strata::Index area = 1;        // the least
  strata::Index most_area = variation_side * variation_side;
};
constexpr RectangleRule drawn_rectangle{.difference = 3};
constexpr RectangleRule pasted_rectangle{
    .side = 10, .difference = 5, .area = 196, .most_area = 588};  // 25 % to 75 % of the picture

/// Height and width uniform among those that follow the rule, its place uniform where it fits.
Rectangle random_rectangle(const RectangleRule& rule, bool tall, strata::Random& rng);

/// A white intersection of half-planes. Each has its edge through a uniform place in a uniform direction
/// and faces one uniform place, the same for all; there are n with P(n) = p (1 − p)ⁿ⁻¹, n ≥ 1. Redrawn
/// until it has `least` pixels. (The paper says neither which side is kept nor from where it counts. With
/// either side, counted from 0, a third of the pictures is white all over and a guess by the share of
/// white errs on 26 %; counted from 1 on 31 %; so drawn on 38 %.)
void draw_convex(double p, strata::Index least, strata::Random& rng, Pixels pixels);

/// The union of two to four that is not convex.
void draw_not_convex(strata::Random& rng, Pixels pixels);

/// Whether the pixels in a straight line between any two that are not black are not black either:
/// those whose middles lie on it. No intersection of half-planes fails this.
bool is_convex(const Picture& pixels);

}  // namespace support
