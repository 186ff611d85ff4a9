// SPDX-License-Identifier: MIT
#include "strata/io/apng.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

const Bytes apng_signature{137, 'P', 'N', 'G', '\r', '\n', 26, '\n'};

std::uint32_t apng_number(const Bytes& bytes, std::size_t at, std::size_t size = 4) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < size; ++i) number = number << 8 | bytes.at(at + i);
  return number;
}

/// An animation taken apart by this test's own reading of the format.
struct ApngContents {
  std::string order;  // the types of the chunks; of equal ones side by side the first
  Bytes header, animation;
  std::vector<std::uint32_t> sequence;
  std::vector<Bytes> controls, pixels;  // of each frame, still compressed
  int fdats = 0;

  explicit ApngContents(const Bytes& file) {
    REQUIRE(first_bytes(file, 8) == apng_signature);
    for (std::size_t at = 8, size = 0; at < file.size(); at += size + 12) {
      size = apng_number(file, at);
      const std::string type(&file.at(at + 4), &file.at(at + 8));
      const Bytes data(&file.at(at + 8), &file.at(at + 8 + size));
      CHECK(apng_number(file, at + 8 + size) ==
            crc32(0, &file[at + 4], static_cast<uInt>(size + 4)));
      if (!order.ends_with(type)) order += (order.empty() ? "" : " ") + type;
      if (type == "IHDR") header = data;
      if (type == "acTL") animation = data;
      if (type == "fcTL") controls.push_back(data), pixels.emplace_back();
      if (type == "fcTL" || type == "fdAT") sequence.push_back(apng_number(data, 0));
      if (type == "IDAT") pixels.at(0).insert(pixels[0].end(), data.begin(), data.end());
      if (type == "fdAT")
        pixels.back().insert(pixels.back().end(), data.begin() + 4, data.end()), ++fdats;
    }
  }

  /// A frame as a PNG file of its own; libpng checks what is written here.
  Bytes still(std::size_t frame) const {
    Bytes file = apng_signature;
    detail::add_png_chunk(file, "IHDR", {}, header);
    detail::add_png_chunk(file, "IDAT", {}, pixels.at(frame));
    detail::add_png_chunk(file, "IEND", {}, {});
    return file;
  }
};

/// The picture in the bytes of a PNG file, as libpng reads it.
Image apng_picture(const Bytes& file) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&png, file.data(), file.size()));
  Image image = blank_image(png.width, png.height, png.format & PNG_FORMAT_FLAG_COLOR ? 3 : 1, 0);
  png.format = image.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  REQUIRE(png_image_finish_read(&png, nullptr, image.pixels.data(), 0, nullptr));
  return image;
}

std::vector<Image> apng_noise(std::size_t count, Index width, Index height, Index channels) {
  std::mt19937 rng(1);
  std::vector<Image> frames(count, blank_image(width, height, channels, 0));
  for (Image& frame : frames)
    for (auto& value : frame.pixels) value = static_cast<std::uint8_t>(rng());
  return frames;
}

}  // namespace

TEST_CASE("an animation holds every frame's pixels, grey or coloured") {
  for (const Index channels : {1, 3}) {
    // Noise of this size fills more than one of libpng's chunks, of 8 KiB each.
    const auto frames = apng_noise(3, 130, 110, channels);
    const Bytes file = apng_bytes(frames);
    const ApngContents contents(file);
    CHECK(contents.order.starts_with("IHDR "));
    CHECK(contents.order.ends_with(" acTL fcTL IDAT fcTL fdAT fcTL fdAT IEND"));
    CHECK(contents.fdats >= 4);
    for (std::size_t i = 0; i < contents.sequence.size(); ++i) CHECK(contents.sequence[i] == i);
    CHECK(contents.sequence.size() == 3 + static_cast<std::size_t>(contents.fdats));
    REQUIRE(contents.pixels.size() == 3);
    for (std::size_t k = 0; k < 3; ++k) {
      const Image picture = apng_picture(contents.still(k));
      CHECK(picture.width == 130);
      CHECK(picture.height == 110);
      CHECK(picture.channels == channels);
      CHECK(picture.pixels == frames[k].pixels);
    }
    CHECK(apng_picture(file).pixels == frames[0].pixels);  // to who knows nothing of animations
  }
}

TEST_CASE("an animation keeps what its first frame says beside the pixels") {
  const auto frames = apng_noise(2, 5, 4, 3);
  const Bytes still = png_bytes(frames[0]), moving = apng_bytes(frames);
  const std::string idat = "IDAT";
  const auto before = std::search(still.begin(), still.end(), idat.begin(), idat.end()) - 4;
  CHECK(std::equal(still.begin(), before, moving.begin()));
}

TEST_CASE("an animation says how often and how long its frames are shown") {
  const auto controls = [](std::size_t count, const AnimationOptions& options, unsigned loops) {
    const ApngContents contents(apng_bytes(apng_noise(count, 7, 5, 1), options));
    CHECK(apng_number(contents.animation, 0) == count);
    CHECK(apng_number(contents.animation, 4) == loops);
    CHECK(contents.animation.size() == 8);
    std::vector<unsigned> delays;
    for (const Bytes& control : contents.controls) {
      CHECK(control.size() == 26);
      const std::vector<std::uint32_t> place{7, 5, 0, 0};  // width, height, column, row
      for (std::size_t i = 0; i < 4; ++i) CHECK(apng_number(control, 4 + 4 * i) == place[i]);
      CHECK(apng_number(control, 22, 2) == 1000);
      CHECK(apng_number(control, 24, 2) == 0);  // leave it in place, replace what is below
      delays.push_back(apng_number(control, 20, 2));
    }
    return delays;
  };
  CHECK(controls(3, {}, 0) == std::vector<unsigned>{100, 100, 100});
  CHECK(controls(1, {.milliseconds = 1, .loops = 2}, 2) == std::vector<unsigned>{1});
  CHECK(controls(2, {.milliseconds = 65535, .loops = 2147483647, .last_milliseconds = 40000},
                 2147483647) == std::vector<unsigned>{65535, 40000});
}

TEST_CASE("what an animation cannot hold is refused") {
  const auto error = [](const std::vector<Image>& frames, const AnimationOptions& options = {}) {
    return error_of<std::invalid_argument>([&] { apng_bytes(frames, options); });
  };
  const Image dot{1, 1, 1, {42}};
  CHECK(error({}) == "apng: the list has 0 frames, but at least 1 is needed");
  CHECK(error({dot, {2, 2, 1, {1, 2, 3}}}) ==
        "apng: frame 1: the image has 3 bytes, but 2 x 2 x 1 are needed");
  CHECK(error({dot, dot, {2, 1, 1, {1, 2}}}) ==
        "apng: frame 2 has 2 x 1 pixels, but frame 0 has 1 x 1");
  CHECK(error({dot, {1, 2, 1, {1, 2}}}) == "apng: frame 1 has 1 x 2 pixels, but frame 0 has 1 x 1");
  CHECK(error({dot, {1, 1, 3, {1, 2, 3}}}) == "apng: frame 1 has 3 channels, but frame 0 has 1");
  CHECK(error({dot}, {.milliseconds = 0}) ==
        "apng: milliseconds has the value 0, but 1 to 65535 are possible");
  CHECK(error({dot}, {.milliseconds = 65536}) ==
        "apng: milliseconds has the value 65536, but 1 to 65535 are possible");
  for (const int last : {-1, 65536})
    CHECK(error({dot}, {.last_milliseconds = last}) ==
          text("apng: last_milliseconds has the value ", last,
               ", but 0 (as the others) to 65535 are possible"));
  CHECK(error({dot}, {.loops = -1}) == "apng: loops has the value -1, but it may not be negative");
  // No images bring libpng to this; the files of two kinds of images stand for it.
  CHECK(error_of<std::runtime_error>([&] {
          detail::joined_pngs({png_bytes(dot), png_bytes({1, 1, 3, {1, 2, 3}})}, {});
        }) == "apng: frame 1 has another PNG header than frame 0, but the file has only one");
}

TEST_CASE("an animation is written as a file, or says where it cannot be") {
  const TemporaryFolder folder;
  const auto frames = apng_noise(2, 4, 3, 3);
  write_apng(folder / "x.png", frames, {.loops = 1});
  CHECK(read_bytes(folder / "x.png") == apng_bytes(frames, {.loops = 1}));
  CHECK(folder.files() == 1);
  const auto path = folder / "missing/x.png";
  CHECK(error_of<std::runtime_error>([&] { write_apng(path, frames); }) ==
        path.string() + ": cannot be written: No such file or directory");
}
