// SPDX-License-Identifier: MIT
// What the programs share on the command line: the same options, the same way to fail, the same
// last line. CLI11 stays in program.cpp.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <strata/core/types.hpp>
#include <strata/io/checkpoint.hpp>
#include <string>
#include <vector>

namespace support {

/// What options a program has beside its own.
struct Common {
  std::string data = "mnist";  // the folder that --data stands for; empty: no such option
  bool models = true;          // --save, --load and --checkpoint
};

class Program {
 public:
  std::filesystem::path data;  // --data
  std::filesystem::path out;   // --out
  std::filesystem::path save;  // --save
  std::filesystem::path load;  // --load
  std::uint64_t seed = 1;      // --seed

  Program(const std::string& name, const std::string& description, const Common& common = {});
  ~Program();

  /// An argument without a name of its own on the command line; it must be there.
  void positional(const std::string& name, std::filesystem::path& value, const std::string& help);
  void flag(const std::string& name, bool& value, const std::string& help);
  void option(const std::string& name, int& value, const std::string& help);
  void option(const std::string& name, double& value, const std::string& help);
  void option(const std::string& name, std::string& value, const std::string& help);
  void option(const std::string& name, std::vector<strata::Index>& value, const std::string& help);
  void option(const std::string& name, std::vector<std::string>& value, const std::string& help);

  /// Parses the command line, sets the threads, runs `body` and says what went wrong, if anything.
  /// The exit status: 0, 1 for an error, 2 for a wrong command line, 130 if it was interrupted and wrote a
  /// checkpoint.
  int run(int argc, char** argv, const std::function<void()>& body);

  /// What --checkpoint asks for, to be passed to all training; it does nothing if that was not given.
  strata::Checkpoint& checkpoint() { return *checkpoint_; }

  /// The folder of MNIST: --data, $STRATA_DATA/mnist or data/mnist, the first that is there.
  std::filesystem::path mnist_folder() const;
  /// The folder that an option gave, else $STRATA_DATA/name or data/name, the first that is there.
  static std::filesystem::path folder(const std::filesystem::path& given, const std::string& name,
                                      const std::string& option);
  /// A path in --out, which is made if need be; announced as written.
  std::filesystem::path announce(const std::string& file) const;

  /// Since the program began.
  double seconds() const;
  long rounded_seconds() const { return std::lround(seconds()); }
  /// Adds key=value to the last line.
  template <class T>
  void result(const std::string& key, const T& value) {
    std::ostringstream line;
    line << " " << key << "=" << value;
    results_ += line.str();
  }

 private:
  struct Parser;
  void open_checkpoint();
  std::string options() const;

  std::unique_ptr<Parser> parser_;
  int threads_ = 0;
  std::filesystem::path checkpoint_file_;
  double checkpoint_minutes_ = 5;
  std::optional<strata::Checkpoint> checkpoint_;
  std::string results_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace support
