// SPDX-License-Identifier: MIT
// What the fuzzers share: a file in memory, and what a reader may do with bytes that are no file of
// its own: refuse them in words, and nothing else.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>

#include "strata/io/file.hpp"

namespace strata::fuzzing {

/// Stops the fuzzer, which then keeps the input.
inline void require(bool ok, const std::string& what) {
  if (ok) return;
  std::fprintf(stderr, "not so: %s\n", what.c_str());
  std::abort();
}

/// Bytes with a path that only this process can open: nothing reaches a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::uint8_t> bytes) : file_(memfd_create("input", 0)) {
    require(file_ >= 0, "a file in memory");
    while (!bytes.empty()) {
      const auto count = write(file_, bytes.data(), bytes.size());
      require(count > 0, "bytes written to memory");
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(file_); }

  std::filesystem::path path() const { return text("/proc/self/fd/", file_); }

 private:
  int file_;
};

/// A file of `start`, the length of a header in so many bytes, the header and what follows it, out of an input
/// that has the header up to a zero: so that its length is always right.
inline Bytes with_length(Bytes start, int length_bytes, std::span<const std::uint8_t> input) {
  const auto zero = std::ranges::find(input, std::uint8_t{0});
  const auto length = static_cast<std::uint64_t>(zero - input.begin());
  for (int i = 0; i < length_bytes; ++i)
    start.push_back(static_cast<std::uint8_t>(length >> 8 * i));
  start.insert(start.end(), input.begin(), zero);
  start.insert(start.end(), zero == input.end() ? zero : zero + 1, input.end());
  return start;
}

/// What `read` said of the file, after its path; empty if it read it. Anything but an error in the
/// grammar of files stops the fuzzer, and so does any other exception.
template <class Read>
std::string refusal(const MemoryFile& file, Read&& read) {
  try {
    read(file.path());
    return "";
  } catch (const std::runtime_error& e) {
    const std::string said = e.what(), path = file.path().string() + ": ";
    require(said.starts_with(path + "at byte ") && said.find(": found ") != said.npos &&
                said.find(", but expected ") != said.npos,
            "an error in the grammar of files: " + said);
    return said.substr(path.size());
  }
}

}  // namespace strata::fuzzing

/// What libFuzzer calls, and replay.cpp where there is no libFuzzer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
