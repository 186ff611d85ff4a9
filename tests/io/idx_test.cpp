// SPDX-License-Identifier: MIT
#include "strata/io/idx.hpp"

#include <doctest/doctest.h>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Two images of 2 × 3 bytes.
const Bytes two_images = {0, 0, 8, 3,  0,   0,   0,   2,   0, 0, 0, 2, 0, 0,
                          0, 3, 0, 51, 102, 153, 204, 255, 6, 5, 4, 3, 2, 1};

std::string error_reading(const TemporaryFolder& folder, const Bytes& bytes) {
  write_atomically(folder / "x.idx", bytes);
  return error_of<std::runtime_error>([&] { read_idx(folder / "x.idx"); });
}

std::string at(const TemporaryFolder& folder, const std::string& what) {
  return (folder / "x.idx").string() + ": at byte " + what;
}

}  // namespace

TEST_CASE("the images of an IDX file become columns in [0, 1], row-major") {
  const TemporaryFolder folder;
  write_atomically(folder / "x.idx", two_images);
  write_gzip(folder / "x.idx.gz", two_images);
  Matrix<double> expected(6, 2);
  expected << 0, 6, 51, 5, 102, 4, 153, 3, 204, 2, 255, 1;
  expected /= 255;
  CHECK(read_images<double>(folder / "x.idx") == expected);
  CHECK(read_images<double>(folder / "x.idx.gz") == expected);
  CHECK(read_images<float>(folder / "x.idx").isApprox(expected.cast<float>(), 1e-7F));
}

TEST_CASE("what write_idx writes, read_idx reads") {
  const TemporaryFolder folder;
  write_idx(folder / "x.idx", {2, 2, 3}, std::span(two_images).subspan(16));
  CHECK(read_bytes(folder / "x.idx") == two_images);
  for (const std::vector<Index>& shape :
       {std::vector<Index>{12}, {2, 6}, {3, 2, 2}, {1, 2, 3, 2}}) {
    write_idx(folder / "x.idx", shape, std::span(two_images).subspan(16));
    CHECK(read_idx(folder / "x.idx").shape == shape);
  }
}

TEST_CASE("an array is written and read, bytes or floats, plain or packed") {
  const TemporaryFolder folder;
  const IdxArray bytes{{2, 3}, Bytes{0, 1, 2, 253, 254, 255}};
  const IdxArray floats{{3, 1, 2}, std::vector<float>{-1.5F, 0, 1e-38F, 3.14159274F, 7, -0.0F}};
  for (const IdxArray& array : {bytes, floats})
    for (const std::string name : {"x.idx", "x.idx.gz"}) {
      write_idx(folder / name, array);
      const IdxArray back = read_idx(folder / name);
      CHECK(back.shape == array.shape);
      CHECK(back.values == array.values);
    }
  CHECK(packed_bytes(folder / "x.idx")[0] == 0);
  CHECK(packed_bytes(folder / "x.idx.gz")[0] == 0x1F);
  CHECK(folder.files() == 2);
}

TEST_CASE("floats are written with their highest byte first") {
  const TemporaryFolder folder;
  write_idx(folder / "x.idx", {{1}, std::vector<float>{-1}});
  CHECK(read_bytes(folder / "x.idx") == Bytes{0, 0, 0x0D, 1, 0, 0, 0, 1, 0xBF, 0x80, 0, 0});
}

TEST_CASE("IDX floats come as they are") {
  const TemporaryFolder folder;
  write_atomically(folder / "x.idx",
                   Bytes{0,    0,    0x0D, 2, 0,    0,    0,    2,   0, 0, 0, 1,  //
                         0xBF, 0x80, 0,    0, 0x40, 0x49, 0x0F, 0xDB});
  Row<float> expected(2);
  expected << -1.0F, 3.14159274F;
  CHECK(read_images<float>(folder / "x.idx") == expected);
}

TEST_CASE("the labels of an IDX file are read") {
  const TemporaryFolder folder;
  write_idx(folder / "x.idx", {3}, Bytes{7, 2, 1});
  CHECK(read_labels(folder / "x.idx") == Labels{7, 2, 1});
}

TEST_CASE("a file without samples is read as such") {
  const TemporaryFolder folder;
  write_idx(folder / "x.idx", {0, 28, 28}, {});
  const auto images = read_images<float>(folder / "x.idx");
  CHECK(images.rows() == 784);
  CHECK(images.cols() == 0);
}

TEST_CASE("an IDX file cut at any byte is refused") {
  const TemporaryFolder folder;
  for (std::size_t size = 0; size < two_images.size(); ++size) {
    CAPTURE(size);
    const auto message = error_reading(folder, first_bytes(two_images, size));
    CHECK(
        message.starts_with(at(folder, text(size, ": found the end of the file, but expected "))));
  }
  CHECK(error_reading(folder, first_bytes(two_images, 20)) ==
        at(folder, "20: found the end of the file, but expected 8 more bytes of values"));
}

TEST_CASE("a gzipped IDX file cut at any byte is refused") {
  const TemporaryFolder folder;
  write_gzip(folder / "whole.gz", two_images);
  const Bytes packed = packed_bytes(folder / "whole.gz");
  for (std::size_t size = 0; size < packed.size(); ++size) {
    CAPTURE(size);
    CHECK(error_reading(folder, first_bytes(packed, size)) != "no error");
  }
}

TEST_CASE("a malformed IDX file says where, what was found and what was expected") {
  const TemporaryFolder folder;
  const auto with = [](std::size_t i, std::uint8_t value) {
    Bytes bytes = two_images;
    bytes[i] = value;
    return bytes;
  };
  CHECK(error_reading(folder, with(1, 0x1F)) ==
        at(folder, "0: found 0x001f, but expected 0x0000, the start of an IDX file"));
  CHECK(error_reading(folder, with(2, 0x0B)) ==
        at(folder, "2: found type code 0x0b, but expected 0x08 (bytes) or 0x0d (floats)"));
  CHECK(error_reading(folder, with(3, 0)) ==
        at(folder, "3: found 0 dimensions, but expected 1 to 4"));
  CHECK(error_reading(folder, with(3, 5)) ==
        at(folder, "3: found 5 dimensions, but expected 1 to 4"));
  CHECK(error_reading(folder, with(7, 1)) ==
        at(folder, "22: found more bytes, but expected the end of the file after the values"));
  CHECK(error_reading(folder, with(7, 3)) ==
        at(folder, "28: found the end of the file, but expected 6 more bytes of values"));
  CHECK(error_reading(folder, with(2, 0x0D)) ==
        at(folder, "28: found the end of the file, but expected 36 more bytes of values"));
}

TEST_CASE("sizes that lie are refused without memory for them") {
  const TemporaryFolder folder;
  Bytes bytes = two_images;
  std::fill_n(bytes.begin() + 4, 4, std::uint8_t{0xFF});
  CHECK(contains(error_reading(folder, bytes),
                 "28: found the end of the file, but expected 25769803758 more"));
  std::fill_n(bytes.begin() + 4, 12, std::uint8_t{0xFF});
  CHECK(error_reading(folder, bytes) ==
        at(folder, "8: found size 4294967295, but expected sizes whose product fits into memory"));
}

TEST_CASE("labels must be bytes in one dimension") {
  const TemporaryFolder folder;
  write_atomically(folder / "x.idx", two_images);
  CHECK(error_of<std::runtime_error>([&] { read_labels(folder / "x.idx"); }) ==
        at(folder, "3: found 3 dimensions, but expected 1, the number of labels"));
  write_atomically(folder / "x.idx", Bytes{0, 0, 0x0D, 1, 0, 0, 0, 0});
  CHECK(error_of<std::runtime_error>([&] { read_labels(folder / "x.idx"); }) ==
        at(folder, "2: found floats, but expected bytes, one label each"));
}

TEST_CASE("write_idx refuses values that do not fill the shape") {
  const TemporaryFolder folder;
  const auto error = [&](const std::vector<Index>& shape) {
    return error_of<std::invalid_argument>([&] {
      write_idx(folder / "x.idx", shape, Bytes{1, 2, 3});
    });
  };
  CHECK(error({2, 2}) == "write_idx: values has 3 bytes, but the shape has 4");
  CHECK(error_of<std::invalid_argument>([&] {
          write_idx(folder / "x.idx", {{2}, std::vector<float>{1}});
        }) == "write_idx: values has 1 floats, but the shape has 2");
  CHECK(error({}) == "write_idx: the shape has 0 sizes, but IDX files have 1 to 4");
  CHECK(error({-3}) == "write_idx: the shape has a size of -3, but IDX files have 32 bits for it");
}
