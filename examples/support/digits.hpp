// SPDX-License-Identifier: MIT
// MNIST for a program, and a way to choose its options that leaves the test digits alone.
#pragma once

#include <strata/io/mnist.hpp>

#include "support/program.hpp"
#include "support/sets.hpp"

namespace support {

/// The digits in the program's folder. Held out, the last sixth of the training digits (10,000)
/// takes the place of the test digits and is not learned from.
inline strata::Mnist<float> read_digits(const Program& program, bool held_out = false) {
  auto mnist = strata::read_mnist<float>(program.mnist_folder());
  if (held_out) hold_out(mnist.train, mnist.test);
  return mnist;
}

}  // namespace support
