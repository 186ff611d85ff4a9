// SPDX-License-Identifier: MIT
#include "support/faces.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

constexpr Index face_side = support::face_side, patch_side = support::patch_side;

/// A picture of 64 × 64 from its levels by row and column.
template <class Level>
support::Picture face(Level&& level) {
  support::Picture pixels(face_side * face_side);
  for (Index k = 0; k < pixels.size(); ++k)
    pixels(k) = static_cast<std::uint8_t>(level(k / face_side, k % face_side));
  return pixels;
}

support::Picture patch(const support::Picture& from, const support::Cut& cut) {
  support::Picture pixels(patch_side * patch_side);
  support::cut_patch(from.data(), cut, pixels);
  return pixels;
}

/// Noise: two faces of each person.
LabelledImages<float> small_faces(Index people) {
  Random rng(1);
  const Matrix<float> u = rng.uniform<float>(face_side * face_side, 2 * people);
  Labels labels;
  for (int i = 0; i < 2 * people; ++i) labels.push_back(i / 2);
  return {GreyLevels<float>((u * 256).cast<std::uint8_t>()), labels};
}

}  // namespace

TEST_CASE("examples: an upright patch is the middle of the face, at its scale") {
  const auto rows = face([](Index i, Index) { return 3 * i; });
  const auto columns = face([](Index, Index j) { return 3 * j; });
  for (const double scale : {1.0, 1.4, 1.8})
    for (Index i = 0; i < patch_side; ++i) {
      const double level = 3 * (31.5 + scale * static_cast<double>(i - 12));
      const support::Cut cut{.scale = scale};
      CHECK(std::abs(patch(rows, cut)(i * patch_side + 7) - level) < 0.51);
      CHECK(std::abs(patch(columns, cut)(7 * patch_side + i) - level) < 0.51);
      const support::Cut off{.scale = scale, .down = 2, .right = -5};
      CHECK(std::abs(patch(rows, off)(i * patch_side + 7) - level - 6) < 0.51);
      CHECK(std::abs(patch(columns, off)(7 * patch_side + i) - level + 15) < 0.51);
    }
}

TEST_CASE("examples: a patch turned by a right angle has the same pixels elsewhere") {
  const support::Picture noise = small_faces(1).images.bytes().col(0);
  const auto upright = patch(noise, {.scale = 1.4});
  const auto turned = patch(noise, {.angle = std::numbers::pi / 2, .scale = 1.4});
  for (Index i = 0; i < patch_side; ++i)
    for (Index j = 0; j < patch_side; ++j)
      CHECK(turned(i * patch_side + j) == upright(i + (patch_side - 1 - j) * patch_side));
}

TEST_CASE("examples: random patches are turned and shrunk as they should, and stay in the face") {
  constexpr double half_turn = std::numbers::pi / 2, half_face = face_side / 2.0;
  double least = 2, most = 0, nearest = half_face;
  for (Index k = 0; k < 2000; ++k) {
    Random rng = support::stream("test", 1, k);
    const auto cut = support::random_cut(rng);
    CHECK(std::abs(cut.angle) <= half_turn);
    least = std::min(least, cut.scale);
    most = std::max(most, cut.scale);
    for (const double y : {-patch_side / 2.0, patch_side / 2.0})
      for (const double x : {-patch_side / 2.0, patch_side / 2.0}) {
        const double c = std::cos(cut.angle) * cut.scale, s = std::sin(cut.angle) * cut.scale;
        const double away =
            std::max(std::abs(cut.down + c * y - s * x), std::abs(cut.right + s * y + c * x));
        CHECK(away <= half_face + 1e-9);
        nearest = std::min(nearest, half_face - away);
      }
  }
  CHECK(least >= 1.4);
  CHECK(least < 1.41);
  CHECK(most <= 1.8);
  CHECK(most > 1.79);
  CHECK(nearest < 0.1);  // they reach its edges
}

TEST_CASE("examples: each face has as many patches, and no person is in two parts") {
  const auto faces = small_faces(6);
  const support::SetSizes sizes{.train = 6, .valid = 2, .test = 4};
  const auto set = support::make_faces(faces, sizes, 3, 1);
  CHECK(set.train.images.rows() == 625);
  CHECK(set.train.labels == Labels{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2});
  CHECK(set.valid.labels == Labels{3, 3, 3, 3, 3, 3});
  CHECK(set.test.labels == Labels{4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5});
  CHECK(set.train.size() == 18);
  CHECK(set.test.images.cols() == 12);

  const ThreadCount three(3);
  CHECK(support::make_faces(faces, sizes, 3, 1).test.images.bytes() == set.test.images.bytes());
  CHECK(support::make_faces(faces, sizes, 3, 2).test.images.bytes() != set.test.images.bytes());
}

TEST_CASE("examples: patches lie in the order of the faces that they show") {
  Matrix<std::uint8_t> levels(face_side * face_side, 3);
  for (Index j = 0; j < 3; ++j) levels.col(j).setConstant(static_cast<std::uint8_t>(50 + 70 * j));
  const auto set = support::make_faces({GreyLevels<float>(levels), {0, 1, 2}},
                                       {.train = 1, .valid = 1, .test = 1}, 2, 1);
  CHECK((set.train.images.bytes().array() == 50).all());
  CHECK((set.valid.images.bytes().array() == 120).all());
  CHECK((set.test.images.bytes().array() == 190).all());
}

TEST_CASE("examples: of the faces of Olivetti come as many patches as of the original's") {
  const auto& faces = support::face_sizes;
  CHECK(faces.train * support::patches_per_face == 103500);
  CHECK(faces.valid * support::patches_per_face == 20700);
  CHECK(faces.test * support::patches_per_face == 41400);
}

TEST_CASE("examples: faces that do not fit are refused") {
  const auto error = [](const LabelledImages<float>& faces, const support::SetSizes& sizes) {
    return message_of([&] { support::make_faces(faces, sizes, 1, 1); });
  };
  const auto faces = small_faces(3);
  CHECK(error(faces, {.train = 2, .test = 2}) == "make_faces: data has 6 faces, but 4 are needed");
  CHECK(error(faces, {.train = 3, .test = 3}) ==
        "make_faces: person 1 has face 2 and face 3, but each person belongs to one part");
  CHECK(error({GreyLevels<float>(faces.images.bytes().topRows(784)), faces.labels},
              {.train = 4, .test = 2}) ==
        "make_faces: a face has 784 pixels, but 64 x 64 are needed");
}
