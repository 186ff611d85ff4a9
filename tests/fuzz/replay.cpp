// SPDX-License-Identifier: MIT
// Usage:  replay_idx FILE|FOLDER...    (replay_safetensors, …)
// Output: the inputs that a fuzzer kept, one a line, each run as the fuzzer ran it
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "fuzz/testing.hpp"

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  std::vector<fs::path> inputs;
  for (int i = 1; i < argc; ++i)
    if (fs::is_directory(argv[i]))
      for (const auto& entry : fs::directory_iterator(argv[i])) inputs.push_back(entry.path());
    else
      inputs.emplace_back(argv[i]);
  std::ranges::sort(inputs);
  std::ostream said(std::cout.rdbuf());  // a fuzzer may silence what programs print
  for (const auto& path : inputs) {
    said << path.string() << std::endl;  // before it runs: the last one is the one that failed
    std::ifstream file(path, std::ios::binary);
    if (!file) return said << "cannot be opened\n", 1;
    const strata::Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  said << inputs.size() << " inputs\n";
  return inputs.empty();
}
