// SPDX-License-Identifier: MIT
// Patches of faces, turned and shrunk, after "Reducing the dimensionality of data with neural
// networks" (Hinton and Salakhutdinov 2006): the 400 faces of Olivetti make 165,600 patches of
// 25 × 25, of which the nets see 25 people, choices 5 and the test the other 10.
#pragma once

#include <cstdint>

#include "support/generate.hpp"

namespace support {

constexpr strata::Index face_side = 64, patch_side = 25, patches_per_face = 414;
constexpr SetSizes face_sizes{.train = 250, .valid = 50, .test = 100};  // whole faces

/// How a patch is cut from a face.
struct Cut {
  double angle = 0;            // radians, clockwise
  double scale = 1;            // pixels of the face for one of the patch
  double down = 0, right = 0;  // from the middle of the face to that of the patch, in its pixels
};

/// Turned by −90° to 90°, shrunk 1.4 to 1.8 times, and anywhere in the picture: 35 to 45 of the 64
/// pixels each way, such as an eye, the nose and the mouth. (So the paper's "scaling (1.4 to 1.8)" is
/// read here: 1.8 is the most at which 25 × 25 pixels fit at every angle, and PCA with 30 components
/// then leaves 136 of the variance of 625, as it does of the original patches, 135.)
Cut random_cut(strata::Random& rng);

/// Each pixel is the mean of 3 × 3 places in the face.
void cut_patch(const std::uint8_t* face, const Cut& cut, Pixels pixels);

/// `patches` of each face, side by side, labelled as the face is. The faces are counted by `sizes`.
/// Throws std::invalid_argument unless there are so many of 64 × 64, and each person's lie in one
/// part.
DataSet make_faces(const strata::LabelledImages<float>& faces, const SetSizes& sizes,
                   strata::Index patches, std::uint64_t seed);

}  // namespace support
