// SPDX-License-Identifier: MIT
#include "support/variations.hpp"

#include <doctest/doctest.h>

#include <numbers>
#include <set>
#include <strata/io/idx.hpp>

#include "fixtures.hpp"
#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;
using support::Picture;

namespace {

constexpr Index width28 = support::variation_side, pixels28 = width28 * width28;

/// A photograph in which the level of a pixel tells where a patch began: they differ by 7 from row
/// to row and by 13 from column to column, modulo 251.
support::Photograph slopes() {
  Image image = blank_image(60, 50, 1, 0);
  for (Index i = 0; i < image.height; ++i)
    for (Index j = 0; j < image.width; ++j)
      image.at(i, j) = static_cast<std::uint8_t>((7 * i + 13 * j) % 251);
  return {"slopes.pgm", image};
}
/// The level of the pixel at which such a patch with `level` at pixel k begins.
Index patch_begin(Index level, Index k) {
  return (level + 251 * width28 - 7 * (k / width28) - 13 * (k % width28)) % 251;
}

Picture random_picture(Random& rng) {
  return (rng.uniform<float>(pixels28, 1) * 256).cast<std::uint8_t>();
}

/// n digits in the middle of black pictures, each different.
support::Sources small_sources(Index n) {
  Random rng(7);
  Matrix<std::uint8_t> images = Matrix<std::uint8_t>::Zero(pixels28, n);
  Labels labels;
  for (Index k = 0; k < n; ++k) {
    const Picture noise = random_picture(rng);
    for (Index i = 6; i < 22; ++i)
      images.col(k).segment(i * width28 + 10, 8) = noise.segment(i * width28 + 10, 8);
    labels.push_back(static_cast<int>(k % 10));
  }
  return {{GreyLevels<float>(images), labels}, {slopes()}};
}

support::DataSet small_variation(std::string_view name, const support::SetSizes& sizes,
                                 const support::Sources& sources, std::uint64_t seed = 1) {
  return support::make_variation(support::variation(name), sizes, sources, seed);
}
Picture image(const LabelledImages<float>& data, Index i) { return data.images.bytes().col(i); }
int label(const LabelledImages<float>& data, Index i) {
  return data.labels[static_cast<std::size_t>(i)];
}

/// The smallest rectangle around the pixels for which it holds.
template <class Predicate>
support::Rectangle bounds_of(Predicate&& holds) {
  Index top = width28, left = width28, bottom = -1, right = -1;
  for (Index k = 0; k < pixels28; ++k)
    if (holds(k)) {
      top = std::min(top, k / width28), bottom = std::max(bottom, k / width28);
      left = std::min(left, k % width28), right = std::max(right, k % width28);
    }
  return {top, left, bottom - top + 1, right - left + 1};
}

/// Whether all pixels in the convex hull of those that are on are on.
bool fills_its_hull(const Picture& picture) {
  std::vector<std::pair<Index, Index>> on, hull;  // columns and rows; Andrew's monotone chain
  for (Index j = 0; j < width28; ++j)
    for (Index i = 0; i < width28; ++i)
      if (picture(i * width28 + j) != 0) on.emplace_back(j, i);
  const auto turn = [](const auto& a, const auto& b, const auto& c) {
    return (b.first - a.first) * (c.second - a.second) -
           (b.second - a.second) * (c.first - a.first);
  };
  for (int half = 0; half < 2; ++half, std::ranges::reverse(on)) {
    const std::size_t begin = hull.size();
    for (const auto& p : on) {
      while (hull.size() >= begin + 2 && turn(*(hull.end() - 2), hull.back(), p) <= 0)
        hull.pop_back();
      hull.push_back(p);
    }
    hull.pop_back();
  }
  std::size_t inside = 0;
  for (Index j = 0; j < width28; ++j)
    for (Index i = 0; i < width28; ++i) {
      bool in = true;
      for (std::size_t k = 0; k < hull.size(); ++k)
        in = in && turn(hull[k], hull[(k + 1) % hull.size()], std::pair(j, i)) >= 0;
      inside += in;
    }
  return inside == on.size();
}

/// A picture with white at these rows and columns.
Picture dots(const std::vector<std::pair<Index, Index>>& places) {
  Picture picture = Picture::Zero(pixels28);
  for (const auto& [i, j] : places) picture(i * width28 + j) = 255;
  return picture;
}

}  // namespace

TEST_CASE("examples: each variation is the same from the same seed, at any number of threads") {
  const auto sources = small_sources(20);
  const support::SetSizes sizes{.train = 6, .valid = 2, .test = 9};
  for (const auto& v : support::variations) {
    CAPTURE(v.name);
    const auto set = make_variation(v, sizes, sources, 1);
    CHECK(set.train.size() == 6);
    CHECK(set.valid.size() == 2);
    CHECK(set.test.images.rows() == 784);
    CHECK(std::ssize(set.test.labels) == 9);
    CHECK(make_variation(v, sizes, sources, 2).test.images.bytes() != set.test.images.bytes());
    const ThreadCount three(3);
    const auto fewer = make_variation(v, {.train = 6, .valid = 2, .test = 5}, sources, 1);
    CHECK(fewer.train.images.bytes() == set.train.images.bytes());
    CHECK(fewer.test.images.bytes() == set.test.images.bytes().leftCols(5));
    CHECK(fewer.test.labels == first(set.test, 5).labels);
  }
}

TEST_CASE("examples: a digit turned by right angles has the same pixels elsewhere") {
  Random rng(1);
  const Picture digit = random_picture(rng);
  CHECK(support::turned(digit, 0) == digit);
  const Picture quarter = support::turned(digit, std::numbers::pi / 2);
  for (Index i = 0; i < width28; ++i)
    for (Index j = 0; j < width28; ++j)
      CHECK(quarter(i * width28 + j) == digit((width28 - 1 - j) * width28 + i));
  CHECK(support::turned(digit, std::numbers::pi) == digit.reverse());
  CHECK(support::turned(quarter, 1.5 * std::numbers::pi) == digit);
}

TEST_CASE("examples: a slope turned is a slope, and black where the digit has no pixels") {
  Picture slope(pixels28);
  const auto level = [](double i, double j) { return 20 + 3 * i + 4 * j; };
  for (Index k = 0; k < pixels28; ++k)
    slope(k) = static_cast<std::uint8_t>(
        level(static_cast<double>(k / width28), static_cast<double>(k % width28)));
  const double angle = 0.7, c = std::cos(angle), s = std::sin(angle);
  const Picture result = support::turned(slope, angle);
  for (Index k = 0; k < pixels28; ++k) {
    const double y = static_cast<double>(k / width28) - 13.5;
    const double x = static_cast<double>(k % width28) - 13.5;
    const double i = 13.5 + c * y - s * x, j = 13.5 + s * y + c * x;
    if (std::min(i, j) >= 0 && std::max(i, j) <= 27)
      CHECK(std::abs(result(k) - level(i, j)) < 0.51);
    else if (std::min(i, j) <= -1 || std::max(i, j) >= 28)
      CHECK(result(k) == 0);
  }
}

TEST_CASE("examples: basic and its variations show each digit once, in the same order") {
  const auto sources = small_sources(30);
  const support::SetSizes sizes{.train = 12, .valid = 6, .test = 12};
  const auto basic = small_variation("basic", sizes, sources);
  std::set<Index> seen;
  for (const auto* part : {&basic.train, &basic.valid, &basic.test})
    for (Index i = 0; i < part->size(); ++i)
      for (Index k = 0; k < 30; ++k)
        if (image(sources.digits, k) == image(*part, i)) {
          CHECK(label(*part, i) == label(sources.digits, k));
          seen.insert(k);
        }
  CHECK(seen.size() == 30);
  CHECK(basic.train.images.bytes() != sources.digits.images.bytes().leftCols(12));
  for (const auto* name : {"rot", "bg-rand", "bg-img", "rot-bg-img"})
    CHECK(small_variation(name, sizes, sources).test.labels == basic.test.labels);
}

TEST_CASE("examples: angles are uniform") {
  support::Sources sources = small_sources(200);  // a spot each, eight pixels above the middle
  const Picture spot = dots({{5, 13}, {5, 14}, {6, 13}, {6, 14}});
  sources.digits.images = GreyLevels<float>(spot.replicate(1, 200));
  const auto set = small_variation("rot", {.test = 200}, sources);
  Matrix<double> draws(4, 200);  // of which the means would be 0
  for (Index n = 0; n < 200; ++n) {
    const Picture turned = image(set.test, n);
    double y = 0, x = 0, ink = 0;
    for (Index k = 0; k < pixels28; ++k) {
      y += turned(k) * (static_cast<double>(k / width28) - 13.5);
      x += turned(k) * (static_cast<double>(k % width28) - 13.5);
      ink += turned(k);
    }
    CHECK(std::hypot(y, x) / ink == near(8, 0.05));
    const double angle = std::atan2(y, x);
    draws.col(n) << std::cos(angle), std::sin(angle), std::cos(2 * angle), std::sin(2 * angle);
  }
  CHECK(largest_z(draws, Vector<double>::Zero(4)) < 4);
}

TEST_CASE("examples: before noise a digit covers what is darker, and the noise is uniform") {
  const auto sources = small_sources(40);
  const auto digits = small_variation("basic", {.test = 40}, sources);
  const auto noisy = small_variation("bg-rand", {.test = 40}, sources);
  const auto& ink = digits.test.images.bytes();
  const auto& levels = noisy.test.images.bytes();
  CHECK((levels.array() >= ink.array()).all());
  std::vector<double> noise, square;
  Index kept = 0;
  for (Index k = 0; k < levels.size(); ++k) {
    kept += ink(k) > 0 && levels(k) == ink(k);
    if (ink(k) == 0) noise.push_back(levels(k)), square.push_back(levels(k) * levels(k));
  }
  CHECK(kept > 2000);  // about half of 40 × 128
  const auto n = static_cast<Index>(noise.size());
  Matrix<double> draws(2, n);
  draws.row(0) = Eigen::Map<Row<double>>(noise.data(), n);
  draws.row(1) = Eigen::Map<Row<double>>(square.data(), n);
  CHECK(largest_z(draws, Vector<double>{{127.5, 255 * 511 / 6.0}}) < 4);
}

TEST_CASE("examples: a digit before a photograph covers what is darker of one patch") {
  const auto sources = small_sources(20);
  const auto digits = small_variation("basic", {.test = 20}, sources);
  const auto both = small_variation("bg-img", {.test = 20}, sources);
  std::set<Index> begins;
  for (Index n = 0; n < 20; ++n) {
    const Picture ink = image(digits.test, n), picture = image(both.test, n);
    const Index begin = patch_begin(picture(0), 0);
    for (Index k = 0; k < pixels28; ++k) {
      const Index level = (begin + 7 * (k / width28) + 13 * (k % width28)) % 251;
      CHECK(picture(k) == std::max<Index>(ink(k), level));
    }
    begins.insert(begin);
  }
  CHECK(begins.size() > 10);
}

TEST_CASE("examples: patches of low variance are skipped") {
  Image image = blank_image(80, 28, 1, 90);
  for (Index i = 0; i < 28; ++i)
    for (Index j = 40; j < 80; ++j) image.at(i, j) = (i + j) % 2 == 0 ? 80 : 110;
  Random rng(1);
  Picture patch(pixels28);
  for (int n = 0; n < 200; ++n) {
    support::draw_patch({{"half", image}}, rng, patch);
    const Eigen::ArrayXd x = patch.cast<double>().array();
    CHECK((x - x.mean()).square().mean() >= 100);
  }
}

TEST_CASE("examples: a rectangle's label says what its measures do") {
  const auto set = small_variation("rect", {.test = 400}, {});
  int tall = 0;
  for (Index n = 0; n < 400; ++n) {
    const Picture picture = image(set.test, n);
    const auto r = bounds_of([&](Index k) { return picture(k) != 0; });
    for (Index k = 0; k < pixels28; ++k)
      CHECK(picture(k) == (r.has_on_border(k / width28, k % width28) ? 255 : 0));
    CHECK(std::abs(r.height - r.width) >= 3);
    CHECK(label(set.test, n) == int{r.height > r.width});
    tall += label(set.test, n);
  }
  CHECK(std::abs(tall - 200) < 40);  // 4 deviations of a fair coin
}

TEST_CASE("examples: within a rectangle is one patch, and without another") {
  const auto set = small_variation("rect-img", {.test = 100}, small_sources(1));
  int seen = 0;
  for (Index n = 0; n < 100; ++n) {
    const Picture picture = image(set.test, n);
    std::set<Index> begins;
    for (Index k = 0; k < pixels28; ++k) begins.insert(patch_begin(picture(k), k));
    if (begins.size() == 1) continue;  // both patches begin alike, as one in 250 does
    REQUIRE(begins.size() == 2);
    int rectangles = 0;  // both are where the one inside is as wide or high as the picture
    for (const Index begin : begins) {
      const auto is = [&](Index k) { return patch_begin(picture(k), k) == begin; };
      const auto r = bounds_of(is);
      Index count = 0;
      for (Index k = 0; k < pixels28; ++k) count += is(k);
      const bool fits = std::min(r.height, r.width) >= 10 && count >= 196 && count <= 588 &&
                        std::abs(r.height - r.width) >= 5;
      if (count != r.height * r.width || !fits) continue;
      CHECK(label(set.test, n) == int{r.height > r.width});
      ++rectangles;
    }
    CHECK(rectangles >= 1);
    ++seen;
  }
  CHECK(seen > 90);
}

TEST_CASE("examples: convex pictures fill their hulls, and others do not") {
  const auto set = small_variation("convex", {.test = 250}, {});
  Matrix<double> shares = Matrix<double>::Zero(3, 250);
  int all_white = 0;
  for (Index n = 0; n < 250; ++n) {
    const Picture picture = image(set.test, n);
    CHECK((picture.array() == 0 || picture.array() == 255).all());
    CHECK((picture.array() != 0).count() >= (label(set.test, n) == 1 ? 19 : 10));
    CHECK(fills_its_hull(picture) == (label(set.test, n) == 1));
    CHECK(support::is_convex(picture) == (label(set.test, n) == 1));
    all_white += picture.minCoeff() == 255;
    const double white = picture.cast<double>().mean() / 255;
    shares(0, n) = label(set.test, n) - 0.5;
    shares(1, n) = label(set.test, n) * (white - 0.357);
    shares(2, n) = (1 - label(set.test, n)) * (white - 0.449);
  }
  // A fair coin, on both its sides the share of white that 4,000 other pictures have.
  CHECK(largest_z(shares, Vector<double>::Zero(3)) < 4);
  CHECK(all_white < 3);
}

TEST_CASE("examples: what is convex") {
  CHECK(support::is_convex(dots({})));
  CHECK(support::is_convex(dots({{3, 4}})));
  CHECK(support::is_convex(dots({{3, 4}, {4, 5}})));
  CHECK(support::is_convex(dots({{3, 4}, {4, 6}})));
  CHECK(support::is_convex(dots({{0, 2}, {1, 1}, {2, 0}})));
  CHECK_FALSE(support::is_convex(dots({{3, 4}, {3, 6}})));
  CHECK_FALSE(support::is_convex(dots({{3, 4}, {6, 4}})));
  CHECK_FALSE(support::is_convex(dots({{0, 27}, {3, 21}})));
  CHECK_FALSE(support::is_convex(dots({{0, 0}, {1, 0}, {2, 0}, {2, 1}, {2, 2}})));
  Picture hole = Picture::Constant(pixels28, 255);
  CHECK(support::is_convex(hole));
  hole(400) = 0;
  CHECK_FALSE(support::is_convex(hole));
}

TEST_CASE("examples: photographs are read by name, plain or gzipped") {
  const TemporaryFolder folder;
  const auto error = [&] { return message_of([&] { support::read_photographs(folder.path()); }); };
  CHECK(error() ==
        folder.path().string() + ": found no photographs, but expected files *.pgm or *.pgm.gz");
  const std::string pgm = "P5 1 1 255 ";
  Bytes bytes(pgm.begin(), pgm.end());
  for (const std::string name : {"b.pgm.gz", "c.pgm", "a.pgm", "notes.txt"}) {
    bytes.resize(pgm.size());
    bytes.push_back(static_cast<std::uint8_t>(name[0]));
    name.ends_with("gz") ? write_gzip(folder / name, bytes)
                         : write_atomically(folder / name, bytes);
  }
  const auto photographs = support::read_photographs(folder.path());
  REQUIRE(photographs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(photographs[i].image.pixels == Bytes{static_cast<std::uint8_t>('a' + i)});
  CHECK(photographs[1].name == "b.pgm.gz");
}

TEST_CASE("examples: what a variation cannot be made of is refused") {
  const auto error = [](std::string_view name, const support::Sources& sources) {
    return message_of([&] { small_variation(name, {.train = 2, .test = 2}, sources); });
  };
  auto sources = small_sources(3);
  CHECK(error("basic", sources) == "make_variations: data has 3 digits, but 4 are needed");
  sources.digits.images = GreyLevels<float>(sources.digits.images.bytes().topRows(600));
  CHECK(error("rot", sources) == "make_variations: a digit has 600 pixels, but 28 x 28 are needed");
  sources.photographs[0].image = blank_image(40, 28, 1, 9);
  CHECK(error("rect-img", sources) ==
        "make_variations: the photograph slopes.pgm has no patch of 28 x 28 whose grey levels have "
        "a standard deviation of 10, but one is needed");
  sources.photographs[0].image = blank_image(40, 27, 1, 9);
  CHECK(error("rect-img", sources) ==
        "make_variations: the photograph slopes.pgm has 40 x 27 pixels in 1 channels, but 28 x 28 "
        "and 1 are needed");
  CHECK(error("bg-img", {}) ==
        "make_variations: the list has 0 photographs, but at least 1 is needed");
  CHECK(error("bg", {}) ==
        "make_variations: --sets has bg, but the sets are basic, rot, bg-rand, bg-img, "
        "rot-bg-img, rect, rect-img, convex");
}
