// SPDX-License-Identifier: MIT
#include "strata/io/image_folder.hpp"

#include <doctest/doctest.h>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using Names = std::vector<std::string>;

/// A picture of 3 × 2 with pixels from `first` on.
Image small_picture(std::uint8_t first, Index channels = 1) {
  Image image = blank_image(3, 2, channels, 0);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(first + i);
  return image;
}

void write_netpbm(const std::filesystem::path& path, const Image& image) {
  const std::string header =
      text(image.channels == 1 ? "P5 " : "P6 ", image.width, " ", image.height, " 255\n");
  Bytes bytes(header.begin(), header.end());
  bytes.insert(bytes.end(), image.pixels.begin(), image.pixels.end());
  if (path.extension() == ".gz")
    write_gzip(path, bytes);
  else
    write_atomically(path, bytes);
}

std::string folder_error(const std::filesystem::path& path,
                         const ImageFolderOptions& options = {}) {
  return error_of<std::runtime_error>([&] { read_image_folder<float>(path, options); });
}

}  // namespace

TEST_CASE("a folder of pictures is read by name, and what are no pictures is passed over") {
  const TemporaryFolder folder;
  write_png(folder / "b.png", small_picture(20));
  write_netpbm(folder / "a.pgm", small_picture(10));
  write_netpbm(folder / "c.PGM", small_picture(30));
  write_netpbm(folder / "d.pgm.gz", small_picture(40));
  write_atomically(folder / "README", std::string_view("no picture"));
  write_atomically(folder / ".e.png", std::string_view("hidden"));
  std::filesystem::create_directories(folder / "f.png");

  const auto set = read_image_folder<float>(folder.path());
  CHECK(set.names == Names{"a.pgm", "b.png", "c.PGM", "d.pgm.gz"});
  CHECK(set.width == 3);
  CHECK(set.height == 2);
  CHECK(set.channels == 1);
  CHECK(set.data.labels.empty());
  CHECK(set.classes.empty());
  Matrix<std::uint8_t> expected(6, 4);
  for (Index j = 0; j < 4; ++j)
    for (Index i = 0; i < 6; ++i) expected(i, j) = static_cast<std::uint8_t>(10 * (j + 1) + i);
  CHECK(set.data.images.bytes() == expected);
  CHECK(set.data.images.numbers()(5, 3) == doctest::Approx(45 / 255.0));
}

TEST_CASE("a folder for each class gives labels, by their names") {
  const TemporaryFolder folder;
  for (const std::string name : {"dog", "cat", "ape"})
    std::filesystem::create_directories(folder / name);
  std::filesystem::create_directories(folder / ".git");
  write_png(folder / "dog/1.png", small_picture(1));
  write_png(folder / "dog/0.png", small_picture(2));
  write_png(folder / "cat/5.png", small_picture(3));
  write_png(folder / "above.png", small_picture(4));
  const auto set = read_image_folder<double>(folder.path(), {.labelled = true});
  CHECK(set.classes == Names{"ape", "cat", "dog"});
  CHECK(set.names == Names{"cat/5.png", "dog/0.png", "dog/1.png"});
  CHECK(set.data.labels == Labels{1, 2, 2});
  CHECK(set.data.images.bytes().row(0) == Matrix<std::uint8_t>{{3, 2, 1}});
  CHECK(read_image_folder<double>(folder.path()).names == Names{"above.png"});
}

TEST_CASE("coloured pictures keep the channels of a pixel side by side, or become shades") {
  const TemporaryFolder folder;
  write_png(folder / "a.png", small_picture(10, 3));
  write_netpbm(folder / "b.ppm", small_picture(100, 3));
  const auto set = read_image_folder<float>(folder.path());
  CHECK(set.channels == 3);
  CHECK(set.data.images.rows() == 18);
  CHECK(set.data.images.bytes()(4, 1) == 104);
  const auto grey = read_image_folder<float>(folder.path(), {.grey = true});
  CHECK(grey.channels == 1);
  CHECK(grey.data.images.rows() == 6);
  CHECK(grey.data.images.bytes()(1, 0) == 14);  // 13, 14 and 15
  CHECK(to_grey({4, 1, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255}}).pixels ==
        Bytes{76, 150, 29, 255});
  CHECK(to_grey(small_picture(7)).pixels == small_picture(7).pixels);
}

TEST_CASE("a single picture of a single pixel is a data set") {
  const TemporaryFolder folder;
  write_png(folder / "a.png", {1, 1, 1, {51}});
  const auto set = read_image_folder<double>(folder.path());
  CHECK(set.data.images.numbers()(0, 0) == doctest::Approx(0.2));
}

TEST_CASE("pictures that differ are refused, and the first that does is named") {
  const TemporaryFolder folder;
  write_png(folder / "a.png", small_picture(1));
  write_png(folder / "b.png", small_picture(2));
  write_png(folder / "c.png", blank_image(2, 3, 1, 0));  // as many pixels
  write_png(folder / "d.png", blank_image(9, 9, 1, 0));
  CHECK(folder_error(folder.path()) ==
        (folder / "c.png").string() + ": found 2 x 3 pixels, but expected 3 x 2, as in a.png");
  write_png(folder / "b.png", small_picture(2, 3));
  CHECK(folder_error(folder.path()) ==
        (folder / "b.png").string() +
            ": found a coloured picture, but expected a grey one, as in a.png");
  write_png(folder / "a.png", small_picture(1, 3));
  write_png(folder / "b.png", small_picture(2));
  CHECK(folder_error(folder.path()) ==
        (folder / "b.png").string() +
            ": found a grey picture, but expected a coloured one, as in a.png");
}

TEST_CASE("a folder without pictures, a damaged picture and no folder are refused") {
  const TemporaryFolder folder;
  const auto path = folder.path().string();
  CHECK(folder_error(folder.path()) ==
        path + ": found no pictures, but expected files .png, .pgm or .ppm");
  CHECK(folder_error(folder.path(), {.labelled = true}) ==
        path + ": found no pictures in folders in it, but expected files .png, .pgm or .ppm");
  CHECK(folder_error(folder / "missing") ==
        (folder / "missing").string() + ": cannot be read: No such file or directory");
  CHECK(contains(folder_error(folder / "missing", {.labelled = true}), "cannot be read"));
  write_png(folder / "a.png", small_picture(1));
  write_atomically(folder / "b.png", std::string_view("P5 1 1 255 x"));
  CHECK(folder_error(folder.path()) ==
        (folder / "b.png").string() +
            ": at byte 0: found other bytes, but expected \\x89PNG, the start of a PNG file");
}
