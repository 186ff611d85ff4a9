// SPDX-License-Identifier: MIT
// The command lines of the example programs, one argument a line.
#include <iostream>

#include "fuzz/testing.hpp"
#include "support/program.cpp"  // compiled here, so that the fuzzer sees into it

using strata::fuzzing::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::cout.rdbuf(nullptr), std::cerr.rdbuf(nullptr);
  std::vector<std::string> arguments{"program"};
  std::istringstream lines(std::string(data, data + size));
  for (std::string line; std::getline(lines, line);) arguments.push_back(line.c_str());
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());

  // Without --save, the folder of which would be made.
  support::Program program("program", "What it does", {.data = "mnist", .models = false});
  bool quick = false, ran = false;
  int epochs = 10;
  double rate = 0.1;
  std::string optimiser = "adam";
  std::vector<strata::Index> layers{500, 2000};
  std::vector<std::string> sets{"basic"};
  program.flag("--quick", quick, "less");
  program.option("--epochs", epochs, "of training");
  program.option("--rate", rate, "of learning");
  program.option("--optimiser", optimiser, "adam or sgd");
  program.option("--layers", layers, "sizes of the hidden layers");
  program.option("--sets", sets, "names");

  const int status = program.run(static_cast<int>(argv.size()), argv.data(), [&] { ran = true; });
  require(status == 0 || status == 2, "an empty program that fails at its options alone");
  require(!ran || status == 0, "no body after a wrong command line");
  require(!ran || epochs >= 0, "numbers from 0");
  require(!ran || (rate >= 0 && std::isfinite(rate)), "finite numbers from 0");
  for (const auto size_of_layer : layers) require(!ran || size_of_layer > 0, "layers with units");
  return 0;
}
