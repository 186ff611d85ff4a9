// SPDX-License-Identifier: MIT
// Usage:  make_variations [--sets basic,rot,…] [--data DIR] [--photographs DIR] [--out DIR] …
// Output: MNIST turned and before noise and photographs, rectangles and convex shapes, as IDX files
//         SET-train, SET-valid and SET-test, and a hundred pictures of each set in SET.png.
//         "An empirical evaluation of deep architectures on problems with many factors of variation"
//         (Larochelle, Erhan, Courville, Bergstra and Bengio 2007).
#include <algorithm>
#include <iostream>
#include <strata/io/mnist.hpp>
#include <strata/io/png.hpp>

#include "support/program.hpp"
#include "support/variations.hpp"
using namespace strata;

// The training and the test digits.
LabelledImages<float> all_digits(const Mnist<float>& mnist) {
  Matrix<std::uint8_t> images(mnist.train.images.rows(), mnist.train.size() + mnist.test.size());
  images << mnist.train.images.bytes(), mnist.test.images.bytes();
  Labels labels = mnist.train.labels;
  labels.insert(labels.end(), mnist.test.labels.begin(), mnist.test.labels.end());
  return {GreyLevels<float>(std::move(images)), std::move(labels)};
}

int main(int argc, char** argv) {
  support::Program program("make_variations", "Makes the sets of many factors of variation.",
                           {.models = false});
  std::vector<std::string> names;
  for (const auto& v : support::variations) names.emplace_back(v.name);
  std::string photographs;
  int samples = static_cast<int>(support::digit_sizes.test);
  program.option("--sets", names, "some of these");
  program.option("--photographs", photographs,
                 "folder of *.pgm or *.pgm.gz; by default $STRATA_DATA/natural_images or "
                 "data/natural_images");
  program.option("--samples", samples, "at most so many test images");

  return program.run(argc, argv, [&] {
    std::vector<support::Variation> sets;
    for (const auto& name : names) sets.push_back(support::variation(name));
    support::Sources sources;
    if (std::ranges::any_of(sets, &support::Variation::digits))
      sources.digits = all_digits(read_mnist<float>(program.mnist_folder()));
    if (std::ranges::any_of(sets, &support::Variation::photographs))
      sources.photographs = support::read_photographs(
          support::Program::folder(photographs, "natural_images", "--photographs"));

    for (auto& v : sets) {
      const std::string name(v.name);
      v.sizes.test = std::min<Index>(v.sizes.test, samples);
      const auto set = support::make_variation(v, v.sizes, sources, program.seed);
      support::write_set(program.out, name, set);
      write_png(program.announce(name + ".png"), support::contact_sheet(set.train));
      program.result(name, set.train.size() + set.valid.size() + set.test.size());
    }
  });
}
