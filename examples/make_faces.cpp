// SPDX-License-Identifier: MIT
// Usage:  make_faces [--data DIR] [--out DIR] [--seed 1]
// Output: 165,600 patches of 25 × 25 pixels, cut from turned and shrunk faces of Olivetti, as IDX
//         files (103,500 of 25 people to learn from, 20,700 of 5 to choose by, 41,400 of 10 to test
//         on, labelled by person), and some of them in faces.png.
//         "Reducing the dimensionality of data with neural networks" (Hinton and Salakhutdinov 2006).
#include <strata/io/png.hpp>

#include "support/faces.hpp"
#include "support/program.hpp"
using namespace strata;

int main(int argc, char** argv) {
  support::Program program("make_faces", "Cuts patches from faces, for a deep autoencoder.",
                           {.data = "olivetti", .models = false});
  return program.run(argc, argv, [&] {
    const auto folder = support::Program::folder(program.data, "olivetti", "--data");
    const auto faces = support::read_pictures(folder, "olivetti_faces");
    const auto set =
        support::make_faces(faces, support::face_sizes, support::patches_per_face, program.seed);
    support::write_set(program.out, "faces", set);
    write_png(program.announce("faces.png"), support::contact_sheet(set.train));
    program.result("train", set.train.size());
    program.result("valid", set.valid.size());
    program.result("test", set.test.size());
  });
}
