// SPDX-License-Identifier: MIT
// MNIST for a program, and a way to choose its options that leaves the test digits alone.
#pragma once

#include <strata/io/mnist.hpp>

#include "support/program.hpp"

namespace support {

/// The digits in the program's folder. Held out, the last sixth of the training digits (10,000)
/// takes the place of the test digits and is not learned from.
inline strata::Mnist<float> read_digits(const Program& program, bool held_out = false) {
  using namespace strata;
  auto mnist = read_mnist<float>(program.mnist_folder());
  if (!held_out) return mnist;
  const Index n = mnist.train.size(), rest = n - n / 6;
  const auto& labels = mnist.train.labels;
  mnist.test = {
      GreyLevels<float>(Matrix<std::uint8_t>(mnist.train.images.bytes().rightCols(n - rest))),
      Labels(labels.begin() + rest, labels.end())};
  mnist.train = first(mnist.train, rest);
  return mnist;
}

}  // namespace support
