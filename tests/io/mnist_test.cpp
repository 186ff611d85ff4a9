// SPDX-License-Identifier: MIT
#include "strata/io/mnist.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Three training images and two test images of 2 × 2 pixels.
void write_small_mnist(const TemporaryFolder& folder) {
  write_idx(folder / "train-images-idx3-ubyte", {3, 2, 2}, Bytes(12, 255));
  write_idx(folder / "train-labels-idx1-ubyte", {3}, Bytes{0, 9, 5});
  write_idx(folder / "t10k-images-idx3-ubyte", {2, 2, 2}, Bytes(8, 0));
  write_idx(folder / "t10k-labels-idx1-ubyte", {2}, Bytes{1, 2});
}

std::string error_reading(const std::filesystem::path& folder) {
  return error_of<std::runtime_error>([&] { read_mnist<float>(folder); });
}

}  // namespace

TEST_CASE("the four files become images with labels") {
  const TemporaryFolder folder;
  CHECK(!has_mnist(folder.path()));
  write_small_mnist(folder);
  CHECK(has_mnist(folder.path()));
  const auto data = read_mnist<double>(folder.path());
  CHECK(data.train.images.numbers() == Matrix<double>::Ones(4, 3));
  CHECK(data.train.labels == Labels{0, 9, 5});
  CHECK(data.test.images.numbers() == Matrix<double>::Zero(4, 2));
  CHECK(data.test.labels == Labels{1, 2});
}

TEST_CASE("each file is found under each of its spellings") {
  for (const std::string images : {"train-images-idx3-ubyte", "train-images.idx3-ubyte"})
    for (const bool packed : {false, true}) {
      const TemporaryFolder folder;
      write_small_mnist(folder);
      const auto bytes = read_bytes(folder / "train-images-idx3-ubyte");
      std::filesystem::remove(folder / "train-images-idx3-ubyte");
      packed ? write_gzip(folder / (images + ".gz"), bytes)
             : write_atomically(folder / images, bytes);
      CHECK(read_mnist<float>(folder.path()).train.size() == 3);
    }
}

TEST_CASE("a missing folder or file says what was looked for") {
  const TemporaryFolder folder;
  const std::string names =
      "expected one of the files train-images-idx3-ubyte, train-images-idx3-ubyte.gz, "
      "train-images.idx3-ubyte, train-images.idx3-ubyte.gz";
  const auto none = folder / "none";
  CHECK(error_reading(none) == none.string() + ": found no such folder, but " + names);
  CHECK(error_reading(folder.path()) ==
        folder.path().string() + ": found no such file, but " + names);
  write_small_mnist(folder);
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte");
  CHECK(contains(error_reading(folder.path()),
                 "no such file, but expected one of the files t10k-labels-idx1-ubyte,"));
  CHECK(!has_mnist(folder.path()));
}

TEST_CASE("files that do not fit together are named") {
  const TemporaryFolder folder;
  const auto images = folder / "train-images-idx3-ubyte",
             labels = folder / "train-labels-idx1-ubyte";
  write_small_mnist(folder);
  SUBCASE("counts") {
    write_idx(labels, {2}, Bytes{0, 9});
    CHECK(error_reading(folder.path()) ==
          labels.string() + ": at byte 4: found 2 labels, but expected 3, one for each image of " +
              images.string());
  }
  SUBCASE("labels") {
    write_idx(labels, {3}, Bytes{0, 10, 5});
    CHECK(error_reading(folder.path()) ==
          labels.string() + ": at byte 9: found label 10, but expected a digit 0 to 9");
  }
  SUBCASE("no images") {
    write_idx(images, {0, 2, 2}, {});
    CHECK(error_reading(folder.path()) ==
          images.string() + ": at byte 4: found 0 images, but expected at least 1");
  }
  SUBCASE("no pixels") {
    write_idx(images, {3, 0, 2}, {});
    CHECK(error_reading(folder.path()) ==
          images.string() +
              ": at byte 8: found images without pixels, but expected at least 1 pixel");
  }
  SUBCASE("labels instead of images") {
    write_idx(images, {3}, Bytes{1, 2, 3});
    CHECK(error_reading(folder.path()) ==
          images.string() +
              ": at byte 3: found 1 dimensions, but expected 3: images, rows, columns");
  }
  SUBCASE("sizes") {
    write_idx(images, {3, 2, 3}, Bytes(18, 0));
    CHECK(error_reading(folder.path()) ==
          folder.path().string() +
              ": the test images have 4 pixels, but the training images have 6");
  }
}

TEST_CASE("MNIST itself has its known counts") {
  const char* data = std::getenv("STRATA_DATA");
  if (!data) {
    MESSAGE("STRATA_DATA is not set: real digits are not read");
    return;
  }
  const auto digits = read_mnist<float>(std::filesystem::path(data) / "mnist");
  CHECK(digits.train.images.rows() == 784);
  CHECK(digits.train.size() == 60000);
  CHECK(digits.test.size() == 10000);
  std::vector<int> counts(10);
  for (const int label : digits.train.labels) ++counts[static_cast<std::size_t>(label)];
  CHECK(counts == std::vector<int>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949});
  CHECK(digits.train.images.numbers().minCoeff() == 0);
  CHECK(digits.train.images.numbers().maxCoeff() == 1);
  CHECK(digits.train.images.numbers().cast<double>().mean() == doctest::Approx(0.1306604762738429));
}
