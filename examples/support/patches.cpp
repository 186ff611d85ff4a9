// SPDX-License-Identifier: MIT
#include "support/patches.hpp"

#include <algorithm>
#include <strata/core/checks.hpp>
#include <strata/evaluate/pca.hpp>

namespace support {

using namespace strata;

namespace {

constexpr Index width = 40;  // of a strip
constexpr Index cycle = 5;   // of strips, one for the test
constexpr float dark = 10;   // a level below which the logarithm bends

void check_photographs(const std::vector<Photograph>& photographs, Index pixels) {
  check(pixels >= 1 && pixels <= width, "cut_patches: a patch has ", pixels,
        " pixels to a side, but 1 to ", width, " are needed");
  check(!photographs.empty(), "cut_patches: the list has 0 photographs, but at least 1 is needed");
  for (const auto& [name, image] : photographs)
    check(image.channels == 1 && std::min(image.width, image.height) >= pixels &&
              std::max(image.width, image.height) >= cycle * width,
          "cut_patches: the photograph ", name, " has ", image.width, " x ", image.height,
          " pixels in ", image.channels, " channels, but ", pixels, " x ", cycle * width,
          " and 1 are needed");
}

// Where a patch begins on the longer side. A strip is as wide as a patch, so both ends tell.
Index place(Index length, Index k, bool test, Index pixels, Random& rng) {
  Index first, last;
  do {
    first = whole(rng, 0, length - pixels);
    last = first + pixels - 1;
  } while (is_for_test(first, k) != test || is_for_test(last, k) != test);
  return first;
}

void cut(const std::vector<Photograph>& photographs, bool test, Index side, Random& rng,
         Eigen::Ref<Vector<float>> patch) {
  const Index k = rng.below(std::ssize(photographs)), pixels = shrunk * side;
  const Image& image = photographs[static_cast<std::size_t>(k)].image;
  const bool wide = image.width >= image.height, mirrored = rng.below(2) == 1;
  const Index along = place(std::max(image.width, image.height), k, test, pixels, rng);
  const Index across = whole(rng, 0, std::min(image.width, image.height) - pixels);
  const Index top = wide ? across : along, left = wide ? along : across;
  const Vector<float> within = rng.uniform<float>(pixels * pixels, 1);  // a level
  patch.setZero();
  for (Index i = 0; i < pixels; ++i)
    for (Index j = 0; j < pixels; ++j) {
      const float light = image.at(top + i, left + j) + within(i * pixels + j);
      const Index column = (mirrored ? pixels - 1 - j : j) / shrunk;
      patch(i / shrunk * side + column) += light;
    }
  patch = (dark + patch.array() / (shrunk * shrunk)).log();
}

}  // namespace

bool is_for_test(Index pixel, Index k) { return (pixel / width + k) % cycle == 0; }

Patches cut_patches(const std::vector<Photograph>& photographs, const PatchCounts& counts,
                    std::uint64_t seed) {
  const auto& [train, test, side] = counts;
  check_photographs(photographs, shrunk * side);
  Patches patches{Matrix<float>(side * side, train), Matrix<float>(side * side, test)};
  for (Index i = 0; i < train + test; ++i) {
    Random rng = stream("patches", seed, i);
    cut(photographs, i >= train, side, rng,
        i < train ? patches.train.col(i) : patches.test.col(i - train));
  }
  return patches;
}

Whitening whitening(const Matrix<float>& x) {
  const Matrix<double> numbers = x.cast<double>();
  const PCA<double> p = pca(numbers, x.rows());
  const double largest = p.variances(0), least = p.variances(x.rows() - 1);
  check(least > 1e-12 * largest, "whitening: data has a direction of variance ", least,
        ", but more is needed beside the largest, ", largest);
  const auto along = [&](const Vector<double>& scale) -> Matrix<float> {
    return (p.components * scale.asDiagonal() * p.components.transpose()).cast<float>();
  };
  const Vector<double> deviations = p.variances.cwiseSqrt();
  return {p.mean.cast<float>(), along(deviations.cwiseInverse()), along(deviations)};
}

Matrix<float> whiten(const Whitening& w, const Matrix<float>& x) {
  check_rows("whiten", "x", x.rows(), w.mean.size(), "pixels");
  return w.forward * (x.colwise() - w.mean);
}

Matrix<float> unwhiten(const Whitening& w, const Matrix<float>& z) {
  check_rows("unwhiten", "z", z.rows(), w.mean.size(), "pixels");
  return (w.inverse * z).colwise() + w.mean;
}

}  // namespace support
