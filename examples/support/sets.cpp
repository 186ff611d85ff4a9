// SPDX-License-Identifier: MIT
#include "support/sets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <strata/io/idx.hpp>
#include <strata/io/tiles.hpp>

namespace support {

using namespace strata;
namespace fs = std::filesystem;

namespace {

struct Part {
  const char* name;
  LabelledImages<float> DataSet::*images;
};
constexpr std::array<Part, 3> parts = {
    {{"train", &DataSet::train}, {"valid", &DataSet::valid}, {"test", &DataSet::test}}};

fs::path image_file(const fs::path& folder, const std::string& stem) {
  return folder / (stem + "-images-idx3-ubyte.gz");
}
fs::path label_file(const fs::path& folder, const std::string& stem) {
  return folder / (stem + "-labels-idx1-ubyte.gz");
}

// The file, or as it is called unpacked; empty if there is neither.
fs::path packed_or_not(fs::path file) {
  if (fs::exists(file)) return file;
  file.replace_extension();
  return fs::exists(file) ? file : fs::path();
}

[[noreturn]] void missing(const fs::path& file, const std::string& advice) {
  throw std::runtime_error(text(file.string(), ": found no such file, packed or not",
                                advice.empty() ? "" : "; ", advice));
}

GreyLevels<float> grey_levels(const fs::path& file) {
  const IdxArray array = read_idx(file);
  if (array.shape.size() != 3)
    file_error(file, 3, text(array.shape.size(), " dimensions"), "3: images, rows, columns");
  const Bytes* bytes = std::get_if<Bytes>(&array.values);
  if (!bytes) file_error(file, 2, "floats", "bytes, the grey levels");
  using Levels = Matrix<std::uint8_t>;
  return GreyLevels<float>(
      Eigen::Map<const Levels>(bytes->data(), array.sample_size(), array.samples()));
}

}  // namespace

LabelledImages<float> read_pictures(const fs::path& folder, const std::string& stem,
                                    const std::string& advice) {
  const fs::path images = packed_or_not(image_file(folder, stem));
  if (images.empty()) missing(image_file(folder, stem), advice);
  LabelledImages<float> data{grey_levels(images), {}};
  const fs::path labels = packed_or_not(label_file(folder, stem));
  if (labels.empty()) return data;
  data.labels = read_labels(labels);
  if (std::ssize(data.labels) != data.size())
    file_error(labels, 4, text(data.labels.size(), " labels"),
               text(data.size(), ", one for each image of ", images.string()));
  return data;
}

DataSet read_set(const fs::path& folder, const std::string& name) {
  const bool own_program = name == "curves" || name == "faces";
  const auto advice = (own_program ? "make_" + name : "make_variations") + " makes it";
  const auto stem = [&](const Part& part) { return name + "-" + part.name; };
  DataSet set;
  for (const Part& part : parts) set.*part.images = read_pictures(folder, stem(part), advice);

  const auto has_labels = [&](const Part& part) { return !(set.*part.images).labels.empty(); };
  const bool labelled = std::ranges::any_of(parts, has_labels);
  const Index pixels = set.train.images.rows();
  for (const Part& part : parts) {
    const auto& data = set.*part.images;
    if (data.images.rows() != pixels)
      file_error(image_file(folder, stem(part)), 8, text(data.images.rows(), " pixels"),
                 text(pixels, ", as the training images have"));
    if (labelled && data.size() > 0 && !has_labels(part))
      missing(label_file(folder, stem(part)), advice);
  }
  return set;
}

void write_set(const fs::path& folder, const std::string& name, const DataSet& set) {
  fs::create_directories(folder);
  const bool labelled = !set.train.labels.empty();
  for (const Part& part : parts) {
    const auto& data = set.*part.images;
    const auto& pixels = data.images.bytes();
    const auto side = static_cast<Index>(std::lround(std::sqrt(pixels.rows())));
    write_idx(image_file(folder, name + "-" + part.name), {data.size(), side, side},
              {pixels.data(), static_cast<std::size_t>(pixels.size())});
    if (labelled)
      write_idx(label_file(folder, name + "-" + part.name), {data.size()},
                Bytes(data.labels.begin(), data.labels.end()));
  }
}

void hold_out(LabelledImages<float>& train, LabelledImages<float>& test) {
  const Index n = train.size(), rest = n - n / 6;
  test.images = GreyLevels<float>(Matrix<std::uint8_t>(train.images.bytes().rightCols(n - rest)));
  train.images = train.images.leftCols(rest);
  const auto cut = std::min(std::ssize(train.labels), rest);  // there may be none
  test.labels.assign(train.labels.begin() + cut, train.labels.end());
  train.labels.resize(static_cast<std::size_t>(cut));
}

Image contact_sheet(const LabelledImages<float>& part) {
  Matrix<float> some;
  const Samples<float> images(part);
  images.gather(images.spread(100), some);
  const auto side = static_cast<Index>(std::lround(std::sqrt(some.rows())));
  return tiles(some, side, side, {.zoom = 2});
}

}  // namespace support
