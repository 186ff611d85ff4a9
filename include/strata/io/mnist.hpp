// SPDX-License-Identifier: MIT
// MNIST [LeCun, Cortes and Burges 1998] and the sets that come as the same four files, like
// Fashion-MNIST.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "strata/core/samples.hpp"
#include "strata/io/idx.hpp"

namespace strata {

/// Images in [0, 1], one per column, with labels 0..9.
template <class S>
struct Mnist {
  LabelledImages<S> train;  // 784 × 60,000
  LabelledImages<S> test;   // 784 × 10,000
};

namespace detail {

/// The spellings of "train-images-idx3-ubyte" in use: plain or gzipped, with a hyphen or a dot.
inline std::vector<std::string> mnist_spellings(const std::string& stem,
                                                const std::string& ending) {
  return {stem + "-" + ending, stem + "-" + ending + ".gz", stem + "." + ending,
          stem + "." + ending + ".gz"};
}

inline std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder,
                                                      const std::vector<std::string>& names) {
  for (const auto& name : names) {
    std::error_code ignored;  // what cannot be looked at is not there
    if (std::filesystem::is_regular_file(folder / name, ignored)) return folder / name;
  }
  return std::nullopt;
}

inline std::filesystem::path require_file(const std::filesystem::path& folder,
                                          const std::vector<std::string>& names) {
  if (const auto path = find_file(folder, names)) return *path;
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  std::error_code ignored;
  const bool folder_exists = std::filesystem::is_directory(folder, ignored);
  throw std::runtime_error(text(folder.string(), ": found no such ",
                                folder_exists ? "file" : "folder",
                                ", but expected one of the files ", list));
}

template <class S>
LabelledImages<S> read_mnist_part(const std::filesystem::path& folder, const std::string& part) {
  const auto image_path = require_file(folder, mnist_spellings(part + "-images", "idx3-ubyte"));
  const auto label_path = require_file(folder, mnist_spellings(part + "-labels", "idx1-ubyte"));
  const IdxArray images = read_idx(image_path);
  if (images.shape.size() != 3)
    file_error(image_path, 3, text(images.shape.size(), " dimensions"), "3: images, rows, columns");
  if (images.samples() == 0) file_error(image_path, 4, "0 images", "at least 1");
  if (images.sample_size() == 0)
    file_error(image_path, 8, "images without pixels", "at least 1 pixel");

  Labels labels = read_labels(label_path);
  if (std::ssize(labels) != images.samples())
    file_error(label_path, 4, text(labels.size(), " labels"),
               text(images.samples(), ", one for each image of ", image_path.string()));
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] > 9) file_error(label_path, 8 + i, text("label ", labels[i]), "a digit 0 to 9");
  const Bytes* bytes = std::get_if<Bytes>(&images.values);
  if (!bytes) file_error(image_path, 2, "floats", "bytes, the grey levels");
  using Levels = Matrix<std::uint8_t>;
  const Eigen::Map<const Levels> levels(bytes->data(), images.sample_size(), images.samples());
  return {GreyLevels<S>(Levels(levels)), std::move(labels)};
}

}  // namespace detail

/// True if the four files are in the folder; says nothing of what is in them.
inline bool has_mnist(const std::filesystem::path& folder) {
  for (const std::string part : {"train", "t10k"})
    if (!detail::find_file(folder, detail::mnist_spellings(part + "-images", "idx3-ubyte")) ||
        !detail::find_file(folder, detail::mnist_spellings(part + "-labels", "idx1-ubyte")))
      return false;
  return true;
}

/// Reads the four files, each plain or gzipped. Throws std::runtime_error naming the file that is
/// missing, malformed, empty, or does not fit the others.
template <class S>
Mnist<S> read_mnist(const std::filesystem::path& folder) {
  Mnist<S> data{detail::read_mnist_part<S>(folder, "train"),
                detail::read_mnist_part<S>(folder, "t10k")};
  if (data.train.images.rows() != data.test.images.rows())
    throw std::runtime_error(text(folder.string(), ": the test images have ",
                                  data.test.images.rows(), " pixels, but the training images have ",
                                  data.train.images.rows()));
  return data;
}

}  // namespace strata
