// SPDX-License-Identifier: MIT
#include "support/generate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <strata/core/parallel.hpp>

namespace support {

using namespace strata;

Random stream(std::string_view name, std::uint64_t seed, Index i) {
  std::uint64_t first = 0xCBF29CE484222325;  // FNV-1a: sets begin far apart
  for (const char c : name) first = (first ^ static_cast<std::uint8_t>(c)) * 0x100000001B3;
  const auto x = Threefry::blocks(seed, first + static_cast<std::uint64_t>(i));
  return Random(std::uint64_t{x[0]} << 32 | x[Threefry::lanes]);
}

double uniform(Random& rng, double from, double to) {
  return from + (to - from) * rng.uniform<double>(1, 1)(0);
}

Index whole(Random& rng, Index from, Index to) { return from + rng.below(to - from + 1); }

namespace {
// What the pixels at -1, 0, 1 and 2 count for at t in [0, 1].
std::array<double, 4> catmull_rom(double t) {
  const double t2 = t * t, t3 = t2 * t;
  return {t2 - (t + t3) / 2, 1 - 2.5 * t2 + 1.5 * t3, t / 2 + 2 * t2 - 1.5 * t3, (t3 - t2) / 2};
}
}  // namespace

double interpolated(const std::uint8_t* picture, Index side, double row, double column) {
  const double top = std::floor(row), left = std::floor(column);
  const auto down = catmull_rom(row - top), right = catmull_rom(column - left);
  const auto nearest = [side](double at, Index k) {
    return std::clamp<Index>(static_cast<Index>(at) + k - 1, 0, side - 1);
  };
  double sum = 0;
  for (Index i = 0; i < 4; ++i)
    for (Index j = 0; j < 4; ++j)
      sum += down[static_cast<std::size_t>(i)] * right[static_cast<std::size_t>(j)] *
             picture[nearest(top, i) * side + nearest(left, j)];
  return std::clamp(sum, 0.0, 255.0);
}

DataSet generate(std::string_view name, std::uint64_t seed, const SetSizes& sizes, Index pixels,
                 const Draw& draw) {
  Index first = 0;
  const auto part = [&](Index n) {
    Matrix<std::uint8_t> images = Matrix<std::uint8_t>::Zero(pixels, n);
    Labels labels(static_cast<std::size_t>(n));
    parallel_for(n, [&](Index j) {
      Random rng = stream(name, seed, first + j);
      labels[static_cast<std::size_t>(j)] = draw(first + j, rng, images.col(j));
    });
    first += n;
    return LabelledImages<float>{GreyLevels<float>(std::move(images)), std::move(labels)};
  };
  DataSet set;
  set.train = part(sizes.train);
  set.valid = part(sizes.valid);
  set.test = part(sizes.test);
  return set;
}

}  // namespace support
