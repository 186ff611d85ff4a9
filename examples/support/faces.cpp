// SPDX-License-Identifier: MIT
#include "support/faces.hpp"

#include <cmath>
#include <numbers>
#include <strata/core/checks.hpp>

namespace support {

using namespace strata;

Cut random_cut(Random& rng) {
  Cut cut;
  cut.angle = uniform(rng, -std::numbers::pi / 2, std::numbers::pi / 2);
  cut.scale = uniform(rng, 1.4, 1.8);
  const double half = (std::abs(std::cos(cut.angle)) + std::abs(std::sin(cut.angle))) * cut.scale *
                      patch_side / 2;  // of the upright square around the patch
  const double room = face_side / 2.0 - half;
  cut.down = uniform(rng, -room, room);
  cut.right = uniform(rng, -room, room);
  return cut;
}

void cut_patch(const std::uint8_t* face, const Cut& cut, Pixels pixels) {
  constexpr double middle = (face_side - 1) / 2.0;
  constexpr Index samples = 3, steps = samples * patch_side;  // each way
  const double c = std::cos(cut.angle) * cut.scale, s = std::sin(cut.angle) * cut.scale;
  Vector<double> sums = Vector<double>::Zero(pixels.size());
  for (Index i = 0; i < steps; ++i)
    for (Index j = 0; j < steps; ++j) {
      const double y = static_cast<double>(2 * i - steps + 1) / (2 * samples);
      const double x = static_cast<double>(2 * j - steps + 1) / (2 * samples);
      sums(i / samples * patch_side + j / samples) += interpolated(
          face, face_side, middle + cut.down + c * y - s * x, middle + cut.right + s * y + c * x);
    }
  pixels = (sums.array() / (samples * samples)).round().cast<std::uint8_t>();
}

DataSet make_faces(const LabelledImages<float>& faces, const SetSizes& sizes, Index patches,
                   std::uint64_t seed) {
  check(faces.images.rows() == face_side * face_side, "make_faces: a face has ",
        faces.images.rows(), " pixels, but 64 x 64 are needed");
  check_labelled("make_faces", faces);
  check(faces.size() == sizes.total(), "make_faces: data has ", faces.size(), " faces, but ",
        sizes.total(), " are needed");
  const auto person = [&](Index face) { return faces.labels[static_cast<std::size_t>(face)]; };
  for (const Index begin : {sizes.train, sizes.train + sizes.valid})
    for (Index before = 0; before < begin; ++before)
      for (Index after = begin; after < faces.size(); ++after)
        check(person(before) != person(after), "make_faces: person ", person(before), " has face ",
              before, " and face ", after, ", but each person belongs to one part");

  const auto& levels = faces.images.bytes();
  return generate("faces", seed,
                  {sizes.train * patches, sizes.valid * patches, sizes.test * patches},
                  patch_side * patch_side, [&](Index i, Random& rng, Pixels pixels) {
                    cut_patch(levels.col(i / patches).data(), random_cut(rng), pixels);
                    return person(i / patches);
                  });
}

}  // namespace support
