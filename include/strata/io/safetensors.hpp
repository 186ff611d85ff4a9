// SPDX-License-Identifier: MIT
// Models saved to and loaded from safetensors files, bit for bit; Python reads them with the
// package of that name.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "strata/core/checks.hpp"
#include "strata/core/parameters.hpp"
#include "strata/core/types.hpp"
#include "strata/core/version.hpp"
#include "strata/io/contents.hpp"
#include "strata/io/file.hpp"

namespace strata {

namespace detail {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

/// As numpy keeps it, so that W has the same rows and columns there.
template <class S>
using RowMajor = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <std::floating_point S>
const char* dtype() {
  static_assert(sizeof(S) == 4 || sizeof(S) == 8, "a model file holds float or double");
  return sizeof(S) == 4 ? "F32" : "F64";
}

template <class S>
std::vector<Index> shape(const Parameter<S>& p) {
  if (p.value.cols() == 1) return {p.value.rows()};
  return {p.value.rows(), p.value.cols()};
}

inline std::string shape_text(const std::vector<Index>& shape) { return Json(shape).dump(); }

template <class S>
Json header_json(const Parameters<S>& list, const std::string& architecture) {
  Json header;
  header["__metadata__"] = {{"format", "strata"},
                            {"version", "1"},
                            {"strata_version", library_version},
                            {"architecture", architecture}};
  std::uint64_t end = 0;
  for (const auto& p : list) {
    check(!header.contains(p.name), "save: the model has two parameters \"", p.name,
          "\", but their names must differ");
    const std::uint64_t begin = end;
    end += static_cast<std::uint64_t>(p.value.size()) * sizeof(S);
    header[p.name] = {{"dtype", dtype<S>()}, {"shape", shape(p)}, {"data_offsets", {begin, end}}};
  }
  try {
    header.dump();
  } catch (const Json::exception& e) {
    throw std::invalid_argument(text("save: the model has a name that is not UTF-8: ", e.what()));
  }
  return header;
}

/// The length and the JSON, with spaces after it so that the values start at a multiple of 8.
inline Bytes header_bytes(const Json& header) {
  std::string json = header.dump();
  json.resize((json.size() + 7) / 8 * 8, ' ');
  Bytes bytes;
  for (int shift = 0; shift < 64; shift += 8)
    bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{json.size()} >> shift & 0xFF));
  bytes.insert(bytes.end(), json.begin(), json.end());
  return bytes;
}

inline void check_format(const std::filesystem::path& path, const Contents& contents) {
  const auto entry = [&](const char* key) {
    return contents.metadata.contains(key) ? unquoted(contents.entry(key)) : "none";
  };
  if (entry("format") != "strata")
    file_error(path, 8, "a safetensors file of format " + entry("format"), "format strata");
  if (entry("version") != "1") file_error(path, 8, "version " + entry("version"), "version 1");
}

/// A file of another kind of model fits in no way, even if some of its tensors would.
inline void check_architecture(const std::filesystem::path& path, const Contents& contents,
                               const std::string& expected) {
  const std::string found = contents.architecture();
  if (found != expected)
    file_error(path, 8, found.empty() ? "no architecture" : "the architecture " + unquoted(found),
               text("that of the model, ", expected));
}

/// `"weights", "bias"`
template <class List, class Name>
std::string names(const List& list, Name&& name) {
  std::string all;
  for (const auto& item : list)
    all += (all.empty() ? "" : ", ") + json_quoted(std::invoke(name, item));
  return all.empty() ? "none" : all;
}

template <class S>
void check_tensors(const std::filesystem::path& path, const Contents& contents,
                   const Parameters<S>& list) {
  for (const auto& p : list) {
    const Tensor* t = contents.find(p.name);
    if (!t)
      file_error(
          path, 8, text("the tensors ", names(contents.tensors, &Tensor::name)),
          text(json_quoted(p.name), " of shape ", shape_text(shape(p)), " too, as in the model"));
    if (t->dtype != dtype<S>())
      file_error(path, 8, text("tensor ", json_quoted(p.name), " with dtype ", t->dtype),
                 text(dtype<S>(), ", as in the model"));
    if (t->shape != shape(p))
      file_error(path, 8, text("tensor ", json_quoted(p.name), " of shape ", shape_text(t->shape)),
                 shape_text(shape(p)) + ", as in the model");
  }
  for (const Tensor& t : contents.tensors)
    if (std::ranges::find(list, t.name, &Parameter<S>::name) == list.end())
      file_error(path, 8, text("tensor ", json_quoted(t.name), " of shape ", shape_text(t.shape)),
                 text("only those of the model, ", names(list, &Parameter<S>::name)));
}

template <class S>
Matrix<S> read_tensor(const std::filesystem::path& path, std::ifstream& file, std::uint64_t offset,
                      const Parameter<S>& p) {
  RowMajor<S> value(p.value.rows(), p.value.cols());
  const auto size = value.size() * static_cast<std::streamsize>(sizeof(S));
  file.seekg(static_cast<std::streamoff>(offset));
  if (!file.read(reinterpret_cast<char*>(value.data()), size))
    file_error(path, offset, text(file.gcount(), " bytes of tensor ", json_quoted(p.name)),
               text(size));
  for (Index i = 0; i < value.rows(); ++i)
    for (Index j = 0; j < value.cols(); ++j)
      if (!std::isfinite(value(i, j)))
        file_error(
            path, offset + static_cast<std::uint64_t>(i * value.cols() + j) * sizeof(S),
            text(value(i, j), " in tensor ", json_quoted(p.name), " at row ", i, ", column ", j),
            "finite values");
  return value;
}

}  // namespace detail

/// Saves the parameters of a model and what `describe(model)` says of it, with a checksum; the old
/// file is whole if anything fails. Throws std::invalid_argument if a value is not finite, since
/// `load` would refuse it.
template <class Model>
void save(const std::filesystem::path& path, const Model& model) {
  using S = ScalarOf<Model>;
  Model copy = model;  // `parameters` gives views to write through
  const auto list = parameters(copy);
  auto header = detail::header_json(list, describe(model));
  std::uint32_t crc = detail::checksum(header);
  Bytes values;
  for (const auto& p : list) {
    check_values("save", p.name, Matrix<S>(p.value));
    const detail::RowMajor<S> value = p.value;
    const auto* first = reinterpret_cast<const std::uint8_t*>(value.data());
    values.insert(values.end(), first, first + static_cast<std::size_t>(value.size()) * sizeof(S));
  }
  crc = detail::checksum(crc, values);
  header["__metadata__"]["crc32"] = detail::hexadecimal(crc);
  PartFile file(path);
  file.write(detail::header_bytes(header));
  file.write(values);
  file.replace_target();
}

/// The sizes of the layers of a stored stack, {784, 500, 2000}, to build one to load into: those of
/// the tensors "0.weights", "1.weights", …, or of directed layers "0.recognition.weights".
inline std::vector<Index> layer_sizes(const Contents& contents) {
  std::vector<Index> sizes;
  for (int i = 0;; ++i) {
    const Tensor* t = contents.find(text(i, ".recognition.weights"));
    if (!t) t = contents.find(text(i, ".weights"));
    if (!t || t->shape.size() != 2) break;
    if (i == 0) sizes.push_back(t->shape[1]);
    sizes.push_back(t->shape[0]);
  }
  return sizes;
}

/// Loads the parameters of a model that has its shape already. Throws std::runtime_error if the
/// file holds anything but finite values for exactly this architecture, or is damaged; the model
/// then keeps its own. A file that another program wrote or changed has neither strata_version nor
/// crc32 in its metadata, and is taken as it is.
template <class Model>
void load(const std::filesystem::path& path, Model& model) {
  auto list = parameters(model);
  auto file = detail::open_model_file(path);
  const Contents contents = detail::read_contents(path, file);
  detail::check_format(path, contents);
  detail::check_checksum(path, file, contents);
  detail::check_architecture(path, contents, describe(model));
  detail::check_tensors(path, contents, list);
  std::vector<Matrix<ScalarOf<Model>>> loaded;
  for (const auto& p : list)
    loaded.push_back(
        detail::read_tensor(path, file, contents.data_offset + contents.find(p.name)->begin, p));
  assign(list, loaded);
}

}  // namespace strata
