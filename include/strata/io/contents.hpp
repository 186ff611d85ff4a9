// SPDX-License-Identifier: MIT
// What a safetensors file holds, read from its header alone: eight bytes of length (little-endian),
// a JSON object, then the values of one tensor after the other without holes
// [huggingface/safetensors, format].
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "strata/core/types.hpp"
#include "strata/io/file.hpp"

namespace strata {

/// One tensor of a model file: its values are the bytes begin..end after the header, row-major.
struct Tensor {
  std::string name;
  std::string dtype;  // "F32" or "F64"
  std::vector<Index> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// The header of a model file.
struct Contents {
  std::map<std::string, std::string> metadata;
  std::vector<Tensor> tensors;    // in the order of their values
  std::uint64_t data_offset = 0;  // where the values start in the file

  /// What `describe` said of the model that was saved, empty if the file does not say.
  std::string architecture() const {
    const auto entry = metadata.find("architecture");
    return entry == metadata.end() ? "" : entry->second;
  }
  /// The tensor of that name, or null.
  const Tensor* find(const std::string& name) const {
    const auto at = std::ranges::find(tensors, name, &Tensor::name);
    return at == tensors.end() ? nullptr : &*at;
  }
};

namespace detail {

using Json = nlohmann::ordered_json;

/// The JSON of a header. Names that occur twice in an object are an error, of which most parsers
/// keep silent.
inline Json parse_header(const std::filesystem::path& path, const Bytes& header) {
  std::vector<std::set<std::string>> names;  // of the objects that are open
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key && !names.back().insert(value.get<std::string>()).second)
      file_error(path, 8, text("the name ", value.dump(), " twice in the JSON header"),
                 "each name once");
    return true;
  };
  try {
    Json json = Json::parse(header.begin(), header.end(), watch);
    if (!json.is_object()) file_error(path, 8, text("a JSON ", json.type_name()), "a JSON object");
    return json;
  } catch (const Json::parse_error& e) {
    file_error(path, 7 + e.byte, text("bad JSON (", e.what(), ")"), "a JSON object");
  } catch (const Json::exception& e) {
    file_error(path, 8, text("bad JSON (", e.what(), ")"), "a JSON object");
  }
}

inline std::map<std::string, std::string> parse_metadata(const std::filesystem::path& path,
                                                         const Json& json) {
  std::map<std::string, std::string> metadata;
  if (!json.is_object())
    file_error(path, 8, text("__metadata__ that is a JSON ", json.type_name()), "an object");
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string())
      file_error(path, 8, text("metadata ", key, " that is a JSON ", value.type_name()),
                 "a string");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

/// A list of whole numbers from 0, such as a shape.
inline std::vector<std::uint64_t> parse_numbers(const std::filesystem::path& path,
                                                const std::string& tensor, const Json& entry,
                                                const char* key) {
  const auto list = entry.find(key);
  if (list == entry.end() || !list->is_array() ||
      !std::ranges::all_of(*list, [](const Json& n) { return n.is_number_unsigned(); }))
    file_error(path, 8, text("tensor \"", tensor, "\" without a good ", key),
               "a list of whole numbers");
  return list->get<std::vector<std::uint64_t>>();
}

inline Tensor parse_tensor(const std::filesystem::path& path, const std::string& name,
                           const Json& entry) {
  const auto fail = [&](const std::string& found, const std::string& expected) {
    file_error(path, 8, text("tensor \"", name, "\" ", found), expected);
  };
  if (!entry.is_object()) fail(text("that is a JSON ", entry.type_name()), "an object");
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) fail("without a dtype", "F32 or F64");
  Tensor tensor{name, dtype->get<std::string>(), {}, 0, 0};
  if (tensor.dtype != "F32" && tensor.dtype != "F64")
    fail("with dtype " + tensor.dtype, "F32 or F64");

  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<Index>::max());
  std::uint64_t bytes = tensor.dtype == "F32" ? 4 : 8;
  for (const auto n : parse_numbers(path, name, entry, "shape")) {
    if (n > most / std::max<std::uint64_t>(bytes, 1))
      fail(text("with a size of ", n), "sizes whose product fits into memory");
    bytes *= n;
    tensor.shape.push_back(static_cast<Index>(n));
  }
  const auto offsets = parse_numbers(path, name, entry, "data_offsets");
  if (offsets.size() != 2) fail(text("with ", offsets.size(), " data_offsets"), "2, begin and end");
  tensor.begin = offsets[0], tensor.end = offsets[1];
  if (tensor.end < tensor.begin || tensor.end - tensor.begin != bytes)
    fail(text("at data_offsets ", tensor.begin, " to ", tensor.end),
         text(bytes, " bytes for its shape and dtype"));
  return tensor;
}

/// The tensors must follow one another from 0 and end with the file.
inline void check_offsets(const std::filesystem::path& path, const Contents& contents,
                          std::uint64_t data_size) {
  std::uint64_t end = 0;
  for (const Tensor& t : contents.tensors) {
    if (t.begin != end)
      file_error(path, 8, text("tensor \"", t.name, "\" at data_offsets ", t.begin, " to ", t.end),
                 text("it to begin at ", end, ", where the one before it ends"));
    end = t.end;
  }
  if (end > data_size)
    file_error(path, contents.data_offset + data_size, "the end of the file",
               text(end - data_size, " more bytes of tensors"));
  if (end < data_size)
    file_error(path, contents.data_offset + end, text(data_size - end, " more bytes"),
               "the end of the file after the tensors");
}

/// Opens a model file. Not through zlib, which would take a header of 0x…8b1f bytes for gzip.
inline std::ifstream open_model_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) system_error(path, "opened");
  if (std::filesystem::is_directory(path)) file_error(path, 0, "a folder", "a model file");
  return file;
}

inline Bytes read_header(const std::filesystem::path& path, std::ifstream& file,
                         std::uint64_t file_size) {
  if (file_size < 8)
    file_error(path, file_size, "the end of the file", "8 bytes, the length of the header");
  Bytes length_bytes(8);
  file.read(reinterpret_cast<char*>(length_bytes.data()), 8);
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | length_bytes[i];
  if (length > file_size - 8)  // asked before anything of that size is allocated
    file_error(path, 0, text("a header length of ", length),
               text("at most ", file_size - 8, ", the bytes that follow"));
  Bytes header(length);
  file.read(reinterpret_cast<char*>(header.data()), static_cast<std::streamsize>(length));
  if (!file) file_error(path, 8, "the end of the file", "the header");
  return header;
}

inline Contents read_contents(const std::filesystem::path& path, std::ifstream& file) {
  const std::uint64_t file_size = std::filesystem::file_size(path);
  const Bytes header = read_header(path, file, file_size);
  Contents contents;
  contents.data_offset = 8 + header.size();
  const Json json = parse_header(path, header);
  for (const auto& [name, entry] : json.items())
    if (name == "__metadata__")
      contents.metadata = parse_metadata(path, entry);
    else
      contents.tensors.push_back(parse_tensor(path, name, entry));
  std::ranges::stable_sort(contents.tensors, {},
                           [](const Tensor& t) { return std::pair(t.begin, t.end); });
  check_offsets(path, contents, file_size - contents.data_offset);
  return contents;
}

}  // namespace detail

/// Reads and checks the header of a safetensors file, not its values: with it a net of the right
/// sizes can be built before `load`. Throws std::runtime_error with path, offset, found and
/// expected.
inline Contents read_contents(const std::filesystem::path& path) {
  auto file = detail::open_model_file(path);
  return detail::read_contents(path, file);
}

}  // namespace strata
