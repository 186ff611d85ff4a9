// SPDX-License-Identifier: MIT
#include "support/patches.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// A grey picture from its levels by row and column.
template <class Level>
support::Photograph photograph(Index width, Index height, Level&& level) {
  support::Photograph p{"a.pgm", blank_image(width, height, 1, 0)};
  for (Index i = 0; i < height; ++i)
    for (Index j = 0; j < width; ++j) p.image.at(i, j) = static_cast<std::uint8_t>(level(i, j));
  return p;
}

/// Grey levels, whatever was drawn within each.
Matrix<float> levels(const Matrix<float>& x) { return x.array().exp() - 10.5F; }

}  // namespace

TEST_CASE("examples: no pixel is in both training and test patches") {
  // What is kept for the test is white.
  std::vector<support::Photograph> photographs;
  for (Index k = 0; k < 7; ++k) {
    const bool wide = k % 2 == 0;
    photographs.push_back(photograph(wide ? 256 : 64, wide ? 64 : 256, [&](Index i, Index j) {
      return support::is_for_test(wide ? j : i, k) ? 255 : 0;
    }));
  }
  const auto patches = support::cut_patches(photographs, {.train = 500, .test = 500}, 1);
  CHECK(patches.train.rows() == 196);
  CHECK(patches.train.cols() == 500);
  CHECK(patches.test.cols() == 500);
  CHECK(levels(patches.train).maxCoeff() < 0.51F);
  CHECK(levels(patches.test).minCoeff() > 254.49F);
}

TEST_CASE("examples: a fifth of each photograph is kept for the test") {
  for (Index k = 0; k < 5; ++k) {
    Index kept = 0;
    for (Index pixel = 0; pixel < 400; ++pixel) kept += support::is_for_test(pixel, k);
    CHECK(kept == 80);
  }
}

TEST_CASE("examples: a patch shows a place of the photograph at half its size, or mirrored") {
  const auto slope = photograph(250, 60, [](Index i, Index j) { return i / 2 + j / 2; });
  const auto patches = support::cut_patches({slope}, {.train = 200, .test = 1}, 1);
  int mirrored = 0;
  for (Index n = 0; n < 200; ++n) {
    // Each value is a level more than the one above, and than that on one side.
    const Matrix<float> patch = levels(patches.train.col(n)).reshaped(14, 14);  // its transpose
    const float down = (patch(0, 13) - patch(0, 0)) / 13, right = (patch(13, 0) - patch(0, 0)) / 13;
    CHECK(std::abs(down - 1) < 0.08F);
    CHECK(std::abs(std::abs(right) - 1) < 0.08F);
    mirrored += right < 0;
  }
  CHECK(std::abs(mirrored - 100) < 5 * std::sqrt(50.0));
}

TEST_CASE("examples: patches depend on the seed, and not on how many follow") {
  Random rng(1);
  const Matrix<float> u = rng.uniform<float>(60, 250);
  const auto noise = photograph(250, 60, [&](Index i, Index j) { return 256 * u(i, j); });
  const auto some = support::cut_patches({noise}, {.train = 20, .test = 3}, 1);
  CHECK(support::cut_patches({noise}, {.train = 10, .test = 3}, 1).train ==
        some.train.leftCols(10));
  CHECK(support::cut_patches({noise}, {.train = 20, .test = 3}, 2).train != some.train);
}

TEST_CASE("examples: whitened patches have mean 0 and unit covariance, and come back") {
  Random rng(1);
  const Matrix<float> mix = rng.normal<float>(9, 9);
  const Matrix<float> x = (mix * rng.normal<float>(9, 500)).array() + 5;
  const auto w = support::whitening(x);
  const Matrix<float> z = support::whiten(w, x);
  const Matrix<double> covariance = (z * z.transpose()).cast<double>() / 500;
  CHECK((covariance - Matrix<double>::Identity(9, 9)).cwiseAbs().maxCoeff() < 1e-4);
  CHECK(z.rowwise().mean().cwiseAbs().maxCoeff() < 1e-4);
  CHECK((support::unwhiten(w, z) - x).cwiseAbs().maxCoeff() < 1e-4);
  CHECK((w.forward - w.forward.transpose()).cwiseAbs().maxCoeff() < 1e-5);  // zero-phase
  CHECK((w.forward * w.inverse - Matrix<float>::Identity(9, 9)).cwiseAbs().maxCoeff() < 1e-4);
}

TEST_CASE("examples: photographs and patches that do not fit are refused") {
  const auto flat = [](Index, Index) { return 7; };
  const auto error = [](const std::vector<support::Photograph>& photographs, Index side) {
    return message_of(
        [&] { support::cut_patches(photographs, {.train = 1, .test = 1, .side = side}, 1); });
  };
  CHECK(error({}, 14) == "cut_patches: the list has 0 photographs, but at least 1 is needed");
  CHECK(error({photograph(200, 27, flat)}, 14) ==
        "cut_patches: the photograph a.pgm has 200 x 27 pixels in 1 channels, but 28 x 200 and 1 "
        "are needed");
  CHECK(error({photograph(199, 60, flat)}, 14) ==
        "cut_patches: the photograph a.pgm has 199 x 60 pixels in 1 channels, but 28 x 200 and 1 "
        "are needed");
  CHECK(error({photograph(200, 60, flat)}, 21) ==
        "cut_patches: a patch has 42 pixels to a side, but 1 to 40 are needed");
  CHECK(message_of([] { support::whitening(Matrix<float>::Ones(4, 10)); }) ==
        "whitening: data has a direction of variance 0, but more is needed beside the largest, 0");
  const support::Whitening w{Vector<float>::Zero(4), Matrix<float>::Identity(4, 4),
                             Matrix<float>::Identity(4, 4)};
  CHECK(message_of([&] { support::whiten(w, Matrix<float>::Ones(5, 1)); }) ==
        "whiten: x has 5 rows, but the model has 4 pixels");
  CHECK(message_of([&] { support::unwhiten(w, Matrix<float>::Ones(3, 1)); }) ==
        "unwhiten: z has 3 rows, but the model has 4 pixels");
}
