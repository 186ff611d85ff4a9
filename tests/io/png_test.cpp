// SPDX-License-Identifier: MIT
#include "strata/io/png.hpp"

#include <doctest/doctest.h>

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

}  // namespace

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
