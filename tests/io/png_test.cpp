// SPDX-License-Identifier: MIT
#include "strata/io/png.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// The picture in a PNG file, as libpng reads it.
Image read_back(const std::filesystem::path& path) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&png, path.c_str()));
  Image image = blank_image(png.width, png.height, png.format & PNG_FORMAT_FLAG_COLOR ? 3 : 1, 0);
  png.format = image.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  REQUIRE(png_image_finish_read(&png, nullptr, image.pixels.data(), 0, nullptr));
  return image;
}

void append_png_number(Bytes& bytes, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<std::uint8_t>(number >> shift));
}

/// A chunk: its size, name, contents and CRC.
void append_png_chunk(Bytes& bytes, const std::string& name, const Bytes& contents) {
  append_png_number(bytes, contents.size());
  Bytes body(name.begin(), name.end());
  body.insert(body.end(), contents.begin(), contents.end());
  bytes.insert(bytes.end(), body.begin(), body.end());
  append_png_number(bytes, crc32(0, body.data(), static_cast<uInt>(body.size())));
}

/// A PNG file of the kinds that write_png does not make, by the specification: lines of bytes, each after
/// a 0 (no filter).
struct PngKind {
  int width = 1, height = 1, depth = 8, color_type = 0;
  Bytes palette{}, transparency{};
};
Bytes png_of_kind(const PngKind& kind, const Bytes& lines) {
  Bytes bytes = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'}, header;
  append_png_number(header, static_cast<std::size_t>(kind.width));
  append_png_number(header, static_cast<std::size_t>(kind.height));
  for (const int value : {kind.depth, kind.color_type, 0, 0, 0})
    header.push_back(static_cast<std::uint8_t>(value));
  append_png_chunk(bytes, "IHDR", header);
  if (!kind.palette.empty()) append_png_chunk(bytes, "PLTE", kind.palette);
  if (!kind.transparency.empty()) append_png_chunk(bytes, "tRNS", kind.transparency);
  Bytes packed(compressBound(lines.size()));
  uLongf size = packed.size();
  REQUIRE(compress(packed.data(), &size, lines.data(), lines.size()) == Z_OK);
  append_png_chunk(bytes, "IDAT", first_bytes(packed, size));
  append_png_chunk(bytes, "IEND", {});
  return bytes;
}

Image read_png_of(const Bytes& bytes, std::uint8_t background = 255) {
  const TemporaryFolder folder;
  write_atomically(folder / "x.png", bytes);
  return read_png(folder / "x.png", background);
}

/// What follows the path in the error.
std::string png_error(const Bytes& bytes) {
  const TemporaryFolder folder;
  write_atomically(folder / "x.png", bytes);
  const auto words = error_of<std::runtime_error>([&] { read_png(folder / "x.png"); });
  const auto path = (folder / "x.png").string() + ": ";
  return words.starts_with(path) ? words.substr(path.size()) : words;
}

}  // namespace

TEST_CASE("png: what is written is read, of any size, grey or coloured, packed once more or not") {
  const TemporaryFolder folder;
  for (const Index channels : {1, 3})
    for (const auto& [width, height] :
         {std::pair<Index, Index>{1, 1}, {13, 7}, {1, 300}, {300, 1}, {257, 129}}) {
      Image image = blank_image(width, height, channels, 0);
      for (std::size_t i = 0; i < image.pixels.size(); ++i)
        image.pixels[i] = static_cast<std::uint8_t>(i * i * 37 + i);
      write_png(folder / "x.png", image);
      write_gzip(folder / "x.png.gz", packed_bytes(folder / "x.png"));
      for (const std::string name : {"x.png", "x.png.gz"}) {
        const Image back = read_png(folder / name);
        CHECK(back.width == width);
        CHECK(back.height == height);
        CHECK(back.channels == channels);
        CHECK(back.pixels == image.pixels);
      }
    }
}

TEST_CASE("png: all kinds are read as bytes: fewer bits, 16 bits, palettes") {
  const auto grey = [](int depth, const Bytes& line) {
    const Image image = read_png_of(png_of_kind({2, 1, depth}, line));
    CHECK(image.channels == 1);
    return image.pixels;
  };
  CHECK(grey(1, {0, 0b10000000}) == Bytes{255, 0});
  CHECK(grey(2, {0, 0b01100000}) == Bytes{85, 170});
  CHECK(grey(4, {0, 0x1F}) == Bytes{17, 255});
  CHECK(grey(8, {0, 3, 250}) == Bytes{3, 250});
  CHECK(grey(16, {0, 0x80, 0x80, 0x12, 0x12}) == Bytes{0x80, 0x12});
  CHECK(grey(16, {0, 0x80, 0xFF, 0x12, 0x13}) == Bytes{0x80, 0x12});  // 128.49 and 18.004

  CHECK(read_png_of(png_of_kind({1, 1, 16, 2}, {0, 1, 1, 2, 2, 3, 3})).pixels == Bytes{1, 2, 3});
  const Image palette = read_png_of(png_of_kind({3, 1, 8, 3, {1, 2, 3, 40, 50, 60}}, {0, 1, 0, 1}));
  CHECK(palette.channels == 3);
  CHECK(palette.pixels == Bytes{40, 50, 60, 1, 2, 3, 40, 50, 60});
  CHECK(read_png_of(png_of_kind({2, 1, 1, 3, {1, 2, 3, 40, 50, 60}}, {0, 0b01000000})).pixels ==
        Bytes{1, 2, 3, 40, 50, 60});
}

TEST_CASE("png: what is transparent lies on white, or on what is asked for") {
  const Bytes grey = png_of_kind({2, 1, 8, 4}, {0, 7, 0, 7, 255});
  CHECK(read_png_of(grey).channels == 1);
  CHECK(read_png_of(grey).pixels == Bytes{255, 7});
  CHECK(read_png_of(grey, 0).pixels == Bytes{0, 7});
  const Bytes colour = png_of_kind({2, 1, 8, 6}, {0, 7, 8, 9, 0, 7, 8, 9, 255});
  CHECK(read_png_of(colour).channels == 3);
  CHECK(read_png_of(colour, 40).pixels == Bytes{40, 40, 40, 7, 8, 9});
  const Bytes palette = png_of_kind({2, 1, 8, 3, {1, 2, 3, 4, 5, 6}, {255, 0}}, {0, 0, 1});
  CHECK(read_png_of(palette).pixels == Bytes{1, 2, 3, 255, 255, 255});
}

TEST_CASE("png: a file cut at any byte, or followed by more, is refused") {
  const Bytes whole = png_bytes({3, 2, 1, {1, 2, 3, 4, 5, 6}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(contains(png_error(first_bytes(whole, size)), ": found other bytes, but expected "));
  }
  Bytes more = whole;
  more.push_back(0);
  CHECK(png_error(more) ==
        text("at byte ", whole.size() - 11,
             ": found other bytes, but expected IEND, the last chunk of a PNG file"));
  CHECK(png_error({1}) ==
        "at byte 0: found other bytes, but expected \\x89PNG, the start of a PNG file");
}

TEST_CASE("png: no bit that a picture is made of may flip") {
  const Image image{3, 2, 1, {1, 2, 3, 4, 5, 6}};
  const Bytes whole = png_of_kind({3, 2}, {0, 1, 2, 3, 0, 4, 5, 6});
  CHECK(read_png_of(whole).pixels == image.pixels);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    CAPTURE(bit);
    Bytes bytes = whole;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    CHECK(contains(png_error(bytes), "found "));
  }
}

TEST_CASE("png: what libpng says of a damaged file, and sizes that lie") {
  CHECK(contains(png_error(png_of_kind({2, 1, 3}, {0, 0})),
                 "at byte 8: found what libpng refuses ("));
  CHECK(contains(png_error(png_of_kind({2, 1, 8, 3}, {0, 0, 0})),
                 "), but expected an intact PNG file"));
  const Bytes large = png_of_kind({1000000, 1000000}, {0, 0});
  CHECK(png_error(large) ==
        text("at byte 16: found 1000000 x 1000000 pixels, but expected no more than ", large.size(),
             " bytes can hold"));
  CHECK(contains(png_error(png_of_kind({1000001, 1}, {0, 0})),
                 "at byte 8: found what libpng refuses ("));
  CHECK(contains(png_error(png_of_kind({300, 300}, {0, 0})),
                 "at byte 8: found what libpng refuses ("));
  const TemporaryFolder folder;
  CHECK(error_of<std::runtime_error>([&] { read_png(folder / "x.png"); }) ==
        (folder / "x.png").string() + ": cannot be opened: No such file or directory");
}

TEST_CASE("a PNG file holds the picture, grey or coloured") {
  const TemporaryFolder folder;
  for (const Index channels : {1, 3}) {
    Image image = blank_image(13, 7, channels, 0);
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
      image.pixels[i] = static_cast<std::uint8_t>(i * 37);
    write_png(folder / "x.png", image);
    const Image back = read_back(folder / "x.png");
    CHECK(back.width == 13);
    CHECK(back.height == 7);
    CHECK(back.channels == channels);
    CHECK(back.pixels == image.pixels);
  }
  CHECK(folder.files() == 1);
}

TEST_CASE("an image that does not hold what it says is refused, and the old file stays") {
  const TemporaryFolder folder;
  write_png(folder / "x.png", {1, 1, 1, {42}});
  const auto error = [&](const Image& image) {
    return error_of<std::invalid_argument>([&] { write_png(folder / "x.png", image); });
  };
  CHECK(error({0, 3, 1, {}}) == "png: the image has 0 x 3 pixels, but at least 1 x 1 is needed");
  CHECK(error({1, 1, 4, {1, 2, 3, 4}}) ==
        "png: the image has 4 channels, but 1 (grey) or 3 (RGB) are possible");
  CHECK(error({2, 2, 1, {1, 2, 3}}) == "png: the image has 3 bytes, but 2 x 2 x 1 are needed");
  CHECK(read_back(folder / "x.png").pixels == Bytes{42});
}

TEST_CASE("what libpng says reaches the caller") {
  const TemporaryFolder folder;
  const auto error = error_of<std::runtime_error>(
      [&] { write_png(folder / "x.png", blank_image(1000001, 1, 1, 0)); });
  CHECK(error.starts_with("png: libpng refused an image of 1000001 x 1 pixels: "));
  CHECK(folder.files() == 0);
}

TEST_CASE("a PNG that cannot be written says where") {
  const TemporaryFolder folder;
  const auto path = folder / "missing/x.png";
  CHECK(error_of<std::runtime_error>([&] {
          write_png(path, {1, 1, 1, {0}});
        }) == path.string() + ": cannot be written: No such file or directory");
}
