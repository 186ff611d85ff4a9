// SPDX-License-Identifier: MIT
#include "support/sets.hpp"

#include <doctest/doctest.h>

#include <strata/io/idx.hpp>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// n pictures of 2 × 2, all different, with labels if so wished.
LabelledImages<float> small_pictures(Index n, std::uint8_t first, bool labelled) {
  Matrix<std::uint8_t> images(4, n);
  for (Index k = 0; k < images.size(); ++k) images(k) = static_cast<std::uint8_t>(first + 7 * k);
  Labels labels;
  for (Index j = 0; labelled && j < n; ++j) labels.push_back(static_cast<int>(j % 3));
  return {GreyLevels<float>(images), labels};
}

support::DataSet small_set(bool labelled, Index valid = 2) {
  return {small_pictures(5, 10, labelled), small_pictures(valid, 20, labelled),
          small_pictures(3, 30, labelled)};
}

std::string error_reading_set(const TemporaryFolder& folder, const std::string& name) {
  return error_of<std::runtime_error>([&] { support::read_set(folder.path(), name); });
}

}  // namespace

TEST_CASE("examples: a set is written and read, with labels, without, and with an empty part") {
  for (const bool labelled : {false, true})
    for (const Index valid : {0, 2}) {
      const TemporaryFolder folder;
      const auto set = small_set(labelled, valid);
      support::write_set(folder / "made/for/it", "some", set);
      const auto back = support::read_set(folder / "made/for/it", "some");
      for (const auto part :
           {&support::DataSet::train, &support::DataSet::valid, &support::DataSet::test}) {
        CHECK((back.*part).images.bytes() == (set.*part).images.bytes());
        CHECK((back.*part).labels == (set.*part).labels);
      }
      CHECK(back.valid.size() == valid);
    }
}

TEST_CASE("examples: the files of a set may be unpacked") {
  const TemporaryFolder folder;
  support::write_set(folder.path(), "some", small_set(true));
  for (const std::string file : {"some-test-images-idx3-ubyte", "some-test-labels-idx1-ubyte"}) {
    write_atomically(folder / file, read_bytes(folder / (file + ".gz")));
    std::filesystem::remove(folder / (file + ".gz"));
  }
  CHECK(support::read_set(folder.path(), "some").test.size() == 3);
}

TEST_CASE("examples: a file that is missing from a set is named, and the program that makes it") {
  const TemporaryFolder folder;
  for (const std::string set : {"curves", "faces", "rot-bg-img"}) {
    const auto file = folder / (set + "-train-images-idx3-ubyte.gz");
    CHECK(error_reading_set(folder, set) ==
          text(file.string(), ": found no such file, packed or not; ",
               set == "rot-bg-img" ? "make_variations" : "make_" + set, " makes it"));
  }
  support::write_set(folder.path(), "rect", small_set(true));
  const auto labels = folder / "rect-valid-labels-idx1-ubyte.gz";
  std::filesystem::remove(labels);
  CHECK(error_reading_set(folder, "rect") ==
        labels.string() + ": found no such file, packed or not; make_variations makes it");
}

TEST_CASE("examples: the files of a set must fit each other") {
  const TemporaryFolder folder;
  const auto images = folder / "some-test-images-idx3-ubyte.gz",
             labels = folder / "some-test-labels-idx1-ubyte.gz";
  support::write_set(folder.path(), "some", small_set(true));
  SUBCASE("labels") {
    write_idx(labels, {2}, Bytes{0, 1});
    CHECK(error_reading_set(folder, "some") ==
          labels.string() + ": at byte 4: found 2 labels, but expected 3, one for each image of " +
              images.string());
  }
  SUBCASE("pixels") {
    write_idx(images, {3, 1, 3}, Bytes(9));
    CHECK(error_reading_set(folder, "some") ==
          images.string() +
              ": at byte 8: found 3 pixels, but expected 4, as the training images "
              "have");
  }
  SUBCASE("dimensions") {
    write_idx(images, {3, 4}, Bytes(12));
    CHECK(error_reading_set(folder, "some") ==
          images.string() +
              ": at byte 3: found 2 dimensions, but expected 3: images, rows, columns");
  }
  SUBCASE("floats") {
    write_idx(images, {{3, 2, 2}, std::vector<float>(12)});
    CHECK(error_reading_set(folder, "some") ==
          images.string() + ": at byte 2: found floats, but expected bytes, the grey levels");
  }
}

TEST_CASE("examples: a contact sheet shows a hundred pictures, or all if they are fewer") {
  CHECK(support::contact_sheet(small_pictures(250, 0, false)).width == 2 * (10 * 3 + 1));
  CHECK(support::contact_sheet(small_pictures(4, 0, false)).width == 2 * (2 * 3 + 1));
}
