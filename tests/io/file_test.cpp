// SPDX-License-Identifier: MIT
#include "strata/io/file.hpp"

#include <doctest/doctest.h>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

Bytes some_bytes(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * i % 251);
  return bytes;
}

}  // namespace

TEST_CASE("what is written is read, plain or gzipped") {
  const TemporaryFolder folder;
  for (const unsigned count : {0U, 1U, 1000U, 3U << 20}) {
    const Bytes bytes = some_bytes(count);
    write_atomically(folder / "plain", bytes);
    write_gzip(folder / "packed.gz", bytes);
    CHECK(read_bytes(folder / "plain") == bytes);
    CHECK(read_bytes(folder / "packed.gz") == bytes);
  }
}

TEST_CASE("a file is replaced, and nothing is left beside it") {
  const TemporaryFolder folder;
  write_atomically(folder / "a", std::string_view("old"));
  write_atomically(folder / "a", std::string_view("newer"));
  CHECK(read_bytes(folder / "a") == Bytes{'n', 'e', 'w', 'e', 'r'});
  CHECK(folder.files() == 1);
}

TEST_CASE("a write that fails leaves the old file whole and nothing beside it") {
  const TemporaryFolder folder;
  write_atomically(folder / "a", std::string_view("old"));
  std::string message;
  {
    const FileSizeLimit full_disk(1000);
    message =
        error_of<std::runtime_error>([&] { write_atomically(folder / "a", some_bytes(5000)); });
  }
  CHECK(message == (folder / "a").string() + ": cannot be written: File too large");
  CHECK(read_bytes(folder / "a") == Bytes{'o', 'l', 'd'});
  CHECK(folder.files() == 1);
}

TEST_CASE("a rename that fails leaves nothing behind") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "taken");
  CHECK_THROWS_AS(write_atomically(folder / "taken", some_bytes(10)), std::runtime_error);
  CHECK(folder.files() == 1);
}

TEST_CASE("writing creates no folders") {
  const TemporaryFolder folder;
  const auto path = folder / "missing/file";
  CHECK(error_of<std::runtime_error>([&] { write_atomically(path, some_bytes(1)); }) ==
        path.string() + ": cannot be written: No such file or directory");
  CHECK(folder.files() == 0);
}

TEST_CASE("what cannot be read says why") {
  const TemporaryFolder folder;
  CHECK(error_of<std::runtime_error>([&] { read_bytes(folder / "none"); }) ==
        (folder / "none").string() + ": cannot be opened: No such file or directory");
  CHECK(error_of<std::runtime_error>([&] { read_bytes(folder.path()); }) ==
        folder.path().string() + ": cannot be read: Is a directory");
}

TEST_CASE("a gzip file cut at any byte is refused") {
  const TemporaryFolder folder;
  const Bytes bytes = some_bytes(300);
  write_gzip(folder / "whole.gz", bytes);
  const Bytes packed = packed_bytes(folder / "whole.gz");
  for (std::size_t size = 2; size < packed.size(); ++size) {  // one byte is not known for gzip yet
    write_atomically(folder / "cut.gz", first_bytes(packed, size));
    const auto message = error_of<std::runtime_error>([&] { read_bytes(folder / "cut.gz"); });
    CAPTURE(size);
    CAPTURE(message);
    CHECK(contains(message, "found the end of the file, but expected the rest of a gzip stream"));
  }
}

TEST_CASE("a gzip file with a wrong bit is refused") {
  const TemporaryFolder folder;
  write_gzip(folder / "whole.gz", some_bytes(300));
  Bytes packed = packed_bytes(folder / "whole.gz");
  packed[packed.size() - 6] ^= 1;  // in the checksum
  write_atomically(folder / "damaged.gz", packed);
  const auto message = error_of<std::runtime_error>([&] { read_bytes(folder / "damaged.gz"); });
  CHECK(contains(message, "found damaged gzip data, but expected an intact gzip stream"));
}

TEST_CASE("asking for more than there is costs no more than there is") {
  const TemporaryFolder folder;
  write_atomically(folder / "small", some_bytes(10));
  InputFile file(folder / "small");
  CHECK(file.read(std::uint64_t{1} << 62).capacity() <= 1 << 21);
  CHECK(file.offset() == 10);
}
