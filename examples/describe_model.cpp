// SPDX-License-Identifier: MIT
// Usage:  describe_model FILE...
// Output: what model files hold: format, version, architecture, tensors, whether they are damaged
#include <exception>
#include <iostream>
#include <strata/io/describe_file.hpp>

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "Usage: describe_model FILE...\n";
    return 2;
  }
  try {
    for (int i = 1; i < argc; ++i) std::cout << strata::describe_file(argv[i]);
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << "\n";
    return 1;
  }
}
