// SPDX-License-Identifier: MIT
// Data sets drawn image by image, each with random numbers of its own: the same bytes at any number
// of threads, and an image does not depend on how many follow.
#pragma once

#include <cstdint>
#include <functional>
#include <strata/core/random.hpp>
#include <string_view>

#include "support/sets.hpp"

namespace support {

/// Numbers of images.
struct SetSizes {
  strata::Index train = 0, valid = 0, test = 0;

  strata::Index total() const { return train + valid + test; }
};

/// The grey levels of a picture, row-major.
using Picture = strata::Vector<std::uint8_t>;
using Pixels = Eigen::Ref<Picture>;

/// Draws image i, counted through the three parts, and returns its label. Must not throw.
using Draw = std::function<int(strata::Index i, strata::Random& rng, Pixels pixels)>;

/// The set of that name and seed. Pixels that `draw` leaves alone are 0.
DataSet generate(std::string_view name, std::uint64_t seed, const SetSizes& sizes,
                 strata::Index pixels, const Draw& draw);

/// Image i's random numbers in that set: a stream whose seed is a random number itself.
strata::Random stream(std::string_view name, std::uint64_t seed, strata::Index i);

/// Uniform in [from, to).
double uniform(strata::Random& rng, double from, double to);

/// A uniform whole number in from..to.
strata::Index whole(strata::Random& rng, strata::Index from, strata::Index to);

/// The grey level, 0 to 255, of a square picture at a place between its pixels, whose middles lie at
/// whole numbers: by cubics through the four nearest pixels each way (Catmull and Rom). Beyond its
/// edges the picture goes on as the nearest pixel is.
double interpolated(const std::uint8_t* picture, strata::Index side, double row, double column);

}  // namespace support
