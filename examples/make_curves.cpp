// SPDX-License-Identifier: MIT
// Usage:  make_curves [--out DIR] [--seed 1]
// Output: 20,000 and 10,000 pictures of curves by three random points, as IDX files, and some
//         of them in curves.png.
//         "Reducing the dimensionality of data with neural networks" (Hinton and Salakhutdinov 2006).
#include <strata/io/png.hpp>

#include "support/curves.hpp"
#include "support/program.hpp"
using namespace strata;

int main(int argc, char** argv) {
  support::Program program("make_curves", "Draws curves, for a deep autoencoder.",
                           {.data = "", .models = false});
  return program.run(argc, argv, [&] {
    const auto set = support::make_curves(support::curve_sizes, program.seed);
    support::write_set(program.out, "curves", set);
    write_png(program.announce("curves.png"), support::contact_sheet(set.train));
    program.result("train", set.train.size());
    program.result("test", set.test.size());
    program.result("mean", set.train.images.numbers().mean());
  });
}
