// SPDX-License-Identifier: MIT
// strata::io brings its libraries with it.
#include <strata/io/mnist.hpp>

int main() { return strata::has_mnist("a folder that is not there") ? 1 : 0; }
