// SPDX-License-Identifier: MIT
// Data sets that are folders of pictures, all of one size, perhaps with a folder for each class.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "strata/core/samples.hpp"
#include "strata/io/pgm.hpp"
#include "strata/io/png.hpp"

namespace strata {

struct ImageFolderOptions {
  bool labelled = false;  // the pictures are in folders in the folder, one for each class
  bool grey = false;      // colours become shades
  std::vector<std::string> classes =
      {};  // of labelled ones, by folder: those of another set; else all
};

/// The pictures of a folder, one per column, row-major, the channels of a pixel side by side.
template <class S>
struct ImageFolder {
  LabelledImages<S> data;  // height · width · channels × N; labels only if they are asked for
  Index width = 0, height = 0, channels = 0;
  std::vector<std::string> names;    // of the files, from the folder on
  std::vector<std::string> classes;  // of the labels 0, 1, …: the names of their folders
};

/// Red, green and blue as bright as they look [ITU-R BT.601].
inline Image to_grey(const Image& image) {
  check_image("to_grey", image);
  if (image.channels == 1) return image;
  Image shades = blank_image(image.width, image.height, 1, 0);
  for (std::size_t i = 0; i < shades.pixels.size(); ++i) {
    const auto* rgb = image.pixels.data() + 3 * i;
    shades.pixels[i] =
        static_cast<std::uint8_t>((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
  }
  return shades;
}

namespace detail {

/// A file of pictures is known by its name: "1.png", "1.PGM" or "1.ppm.gz" ends in .png, .pgm, .ppm.
inline std::string picture_ending(const std::filesystem::path& path) {
  const auto lower = [](std::string words) {
    for (char& c : words) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return words;
  };
  const auto ending = lower(path.extension().string());
  return ending == ".gz" ? lower(path.stem().extension().string()) : ending;
}

inline Image read_picture(const std::filesystem::path& path) {
  const auto ending = picture_ending(path);
  return ending == ".png" ? read_png(path) : ending == ".pgm" ? read_pgm(path) : read_ppm(path);
}

/// The names in a folder of pictures or of folders, sorted; but not those that begin with a dot.
inline std::vector<std::string> names_in(const std::filesystem::path& folder, bool folders) {
  std::vector<std::string> names;
  std::error_code failure;
  std::filesystem::directory_iterator entry(folder, failure);
  for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    std::error_code ignored;  // what cannot be looked at is neither
    const auto name = entry->path().filename().string();
    const auto ending = picture_ending(name);
    const bool picture = ending == ".png" || ending == ".pgm" || ending == ".ppm";
    if (!name.starts_with('.') &&
        (folders ? entry->is_directory(ignored) : picture && entry->is_regular_file(ignored)))
      names.push_back(name);
  }
  if (failure)
    throw std::runtime_error(text(folder.string(), ": cannot be read: ", failure.message()));
  std::ranges::sort(names);
  return names;
}

/// Throws unless a picture has the size and the channels of the first: `faces/b.png: found 9 x 8
/// pixels, but expected 8 x 8, as in a.png`
template <class S>
void check_same_kind(const std::filesystem::path& path, const Image& image,
                     const ImageFolder<S>& set) {
  const auto fail = [&](const std::string& found, const std::string& expected) {
    throw std::runtime_error(text(path.string(), ": found ", found, ", but expected ", expected,
                                  ", as in ", set.names[0]));
  };
  if (image.width != set.width || image.height != set.height)
    fail(text(image.width, " x ", image.height, " pixels"), text(set.width, " x ", set.height));
  if (image.channels != set.channels)
    fail(image.channels == 1 ? "a grey picture" : "a coloured picture",
         image.channels == 1 ? "a coloured one" : "a grey one");
}

}  // namespace detail

/// Reads all PNG, PGM and PPM files of a folder, sorted by name (letter by letter: 10.png before
/// 2.png), as grey levels: the same kind of data as MNIST's. Other files are passed over. Throws
/// std::runtime_error if there is no picture, with the first that is damaged, or that differs from
/// those before it in size or in having colours.
template <class S>
ImageFolder<S> read_image_folder(const std::filesystem::path& path,
                                 const ImageFolderOptions& options = {}) {
  ImageFolder<S> set;
  if (options.labelled)
    set.classes = options.classes.empty() ? detail::names_in(path, true) : options.classes;
  const auto folders = options.labelled ? set.classes : std::vector<std::string>{""};
  for (std::size_t c = 0; c < folders.size(); ++c)
    for (const auto& name : detail::names_in(options.labelled ? path / folders[c] : path, false)) {
      set.names.push_back((std::filesystem::path(folders[c]) / name).string());
      if (options.labelled) set.data.labels.push_back(static_cast<int>(c));
    }
  if (set.names.empty())
    throw std::runtime_error(text(path.string(), ": found no pictures",
                                  options.labelled ? " in folders in it" : "",
                                  ", but expected files .png, .pgm or .ppm"));

  Matrix<std::uint8_t> levels;
  for (Index j = 0; j < std::ssize(set.names); ++j) {
    const auto file = path / set.names[static_cast<std::size_t>(j)];
    Image image = detail::read_picture(file);
    if (options.grey) image = to_grey(image);
    if (j == 0) {
      set.width = image.width, set.height = image.height, set.channels = image.channels;
      levels.resize(std::ssize(image.pixels), std::ssize(set.names));
    }
    detail::check_same_kind(file, image, set);
    levels.col(j) = Eigen::Map<const Vector<std::uint8_t>>(image.pixels.data(), levels.rows());
  }
  set.data.images = GreyLevels<S>(std::move(levels));
  return set;
}

}  // namespace strata
