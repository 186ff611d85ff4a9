// SPDX-License-Identifier: MIT
#include "strata/io/pgm.hpp"

#include <doctest/doctest.h>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// A header, then pixels.
Bytes pgm(const std::string& header, const Bytes& pixels) {
  Bytes bytes(header.begin(), header.end());
  bytes.insert(bytes.end(), pixels.begin(), pixels.end());
  return bytes;
}

std::string error_reading_pgm(const TemporaryFolder& folder, const Bytes& bytes) {
  write_atomically(folder / "x.pgm", bytes);
  return error_of<std::runtime_error>([&] { read_pgm(folder / "x.pgm"); });
}

}  // namespace

TEST_CASE("a grey picture is read, plain or gzipped") {
  const TemporaryFolder folder;
  const Bytes pixels = {0, 10, 255, 9, 32, 35};  // some of them white space and # in a header
  write_atomically(folder / "x.pgm", pgm("P5\n3 2\n255\n", pixels));
  write_gzip(folder / "x.pgm.gz", pgm("P5\n3 2\n255\n", pixels));
  for (const std::string name : {"x.pgm", "x.pgm.gz"}) {
    const Image image = read_pgm(folder / name);
    CHECK(image.width == 3);
    CHECK(image.height == 2);
    CHECK(image.channels == 1);
    CHECK(image.pixels == pixels);
  }
}

TEST_CASE(
    "a PGM header has white space and comments as it likes, and the pixels follow one space") {
  const TemporaryFolder folder;
  write_atomically(folder / "x.pgm",
                   pgm("P5 # a comment 7 8\n#\n\t 2\r\n# 9\n  1 255\n", Bytes{32, 10}));
  const Image image = read_pgm(folder / "x.pgm");
  CHECK(image.width == 2);
  CHECK(image.height == 1);
  CHECK(image.pixels == Bytes{32, 10});
}

TEST_CASE("the level of white becomes 255") {
  const TemporaryFolder folder;
  write_atomically(folder / "x.pgm", pgm("P5 4 1 15 ", Bytes{0, 1, 14, 15}));
  CHECK(read_pgm(folder / "x.pgm").pixels == Bytes{0, 17, 238, 255});
  CHECK(error_reading_pgm(folder, pgm("P5 4 1 15 ", Bytes{0, 1, 16, 15})) ==
        (folder / "x.pgm").string() +
            ": at byte 12: found grey level 16, but expected at most 15, the level of white");
}

TEST_CASE("a PGM file cut at any byte is refused") {
  const TemporaryFolder folder;
  const Bytes whole = pgm("P5\n#x\n3 2\n255\n", Bytes(6));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(contains(error_reading_pgm(folder, first_bytes(whole, size)),
                   text("at byte ", size, ": found the end of the file, but expected ")));
  }
}

TEST_CASE("a malformed PGM file says where, what was found and what was expected") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& header) {
    const auto words = error_reading_pgm(folder, pgm(header, Bytes(6)));
    return words.substr(std::min(words.size(), (folder / "x.pgm: ").string().size()));
  };
  CHECK(error("P2 3 2 255 ") ==
        "at byte 0: found bytes 80 and 50, but expected 80 and 53 (P5), the start of a binary PGM "
        "file");
  CHECK(error("P5 3x 2 255 ") ==
        "at byte 4: found byte 120, but expected white space after the width");
  CHECK(error("P5 3 -2 255 ") == "at byte 5: found byte 45, but expected a digit of the height");
  CHECK(error("P5 0 2 255 ") == "at byte 3: found width 0, but expected 1 to 1048576");
  CHECK(error("P5 3 9999999 255 ") == "at byte 5: found height 9999999, but expected 1 to 1048576");
  CHECK(error("P5 3 2 65535 ") == "at byte 7: found level of white 65535, but expected 1 to 255");
  CHECK(error("P5 99999999999999999999 2 255 ") ==
        "at byte 12: found byte 57, but expected white space after the width");
  CHECK(error("P5 2 2 255 ") ==
        "at byte 15: found more bytes, but expected the end of the file after the pixels");
}

TEST_CASE("a coloured picture is read as one, plain or gzipped") {
  const TemporaryFolder folder;
  const Bytes bytes = pgm("P6\n# two pixels\n2 1\n15\n", Bytes{0, 1, 2, 13, 14, 15});
  write_atomically(folder / "x.ppm", bytes);
  write_gzip(folder / "x.ppm.gz", bytes);
  for (const std::string name : {"x.ppm", "x.ppm.gz"}) {
    const Image image = read_ppm(folder / name);
    CHECK(image.width == 2);
    CHECK(image.height == 1);
    CHECK(image.channels == 3);
    CHECK(image.pixels == Bytes{0, 17, 34, 221, 238, 255});
  }
}

TEST_CASE("a malformed PPM file says where, what was found and what was expected") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& header, std::size_t size) {
    write_atomically(folder / "x.ppm", pgm(header, Bytes(size)));
    const auto words = error_of<std::runtime_error>([&] { read_ppm(folder / "x.ppm"); });
    return words.substr(std::min(words.size(), (folder / "x.ppm: ").string().size()));
  };
  CHECK(error("P5 2 1 255 ", 6) ==
        "at byte 0: found bytes 80 and 53, but expected 80 and 54 (P6), the start of a binary PPM "
        "file");
  CHECK(error("P6 2 1 255 ", 5) ==
        "at byte 16: found the end of the file, but expected 1 more bytes of pixels");
  CHECK(error("P6 2 1 255 ", 7) ==
        "at byte 17: found more bytes, but expected the end of the file after the pixels");
}
