// SPDX-License-Identifier: MIT
// What a safetensors file holds, read from its header alone: eight bytes of length (little-endian),
// a JSON object, then the values of one tensor after the other without holes
// [huggingface/safetensors, format]. And its checksum, for which the values are read as well.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "strata/core/types.hpp"
#include "strata/io/crc32.hpp"
#include "strata/io/file.hpp"

namespace strata {

/// One tensor of a model file: its values are the bytes begin..end after the header, row-major.
struct Tensor {
  std::string name;
  std::string dtype;  // "F32", "F64", in files of others also "BF16", "I64", …
  std::vector<Index> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// The header of a model file.
struct Contents {
  std::map<std::string, std::string> metadata;
  std::vector<Tensor> tensors;    // in the order of their values
  std::uint64_t data_offset = 0;  // where the values start in the file
  std::uint32_t header_crc = 0;   // CRC-32 of the header but for its entry crc32

  /// What `describe` said of the model that was saved, empty if the file does not say.
  std::string architecture() const { return entry("architecture"); }
  /// An entry of the metadata, empty if there is none.
  std::string entry(const std::string& key) const {
    const auto at = metadata.find(key);
    return at == metadata.end() ? "" : at->second;
  }
  /// The tensor of that name, or null.
  const Tensor* find(const std::string& name) const {
    const auto at = std::ranges::find(tensors, name, &Tensor::name);
    return at == tensors.end() ? nullptr : &*at;
  }
};

namespace detail {

using Json = nlohmann::ordered_json;

/// A name as JSON has it, in quotes: a file may hold any, and a zero would end the message.
inline std::string json_quoted(const std::string& name) {
  return Json(name).dump(-1, ' ', false, Json::error_handler_t::replace);
}
/// The same without the quotes.
inline std::string unquoted(const std::string& words) {
  const std::string all = json_quoted(words);
  return all.substr(1, all.size() - 2);
}

/// The checksum of a header without its entry crc32, written without spaces.
inline std::uint32_t checksum(Json header) {
  if (const auto metadata = header.find("__metadata__");
      metadata != header.end() && metadata->is_object())
    metadata->erase("crc32");
  return checksum(0, bytes_of(header.dump()));
}
/// The JSON of a header. Names that occur twice in an object are an error, of which most parsers
/// keep silent.
inline Json parse_header(const std::filesystem::path& path, const Bytes& header) {
  const auto zero = std::ranges::find(header, std::uint8_t{0});  // where the parser would stop
  if (zero != header.end())
    file_error(path, 8 + static_cast<std::uint64_t>(zero - header.begin()), "a zero byte",
               "JSON to the end of the header");
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
      file_error(path, 8, text("metadata ", unquoted(key), " that is a JSON ", value.type_name()),
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
    file_error(path, 8, text("tensor ", json_quoted(tensor), " without a good ", key),
               "a list of whole numbers");
  return list->get<std::vector<std::uint64_t>>();
}

/// The bytes of one value, 0 for a type that safetensors does not have.
inline std::uint64_t value_size(const std::string& dtype) {
  static const std::map<std::string, std::uint64_t> sizes{
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1},
      {"U16", 2},  {"I16", 2}, {"F16", 2}, {"BF16", 2},    {"U32", 4},     {"I32", 4},
      {"F32", 4},  {"U64", 8}, {"I64", 8}, {"F64", 8},     {"C64", 8}};
  const auto at = sizes.find(dtype);
  return at == sizes.end() ? 0 : at->second;
}

inline Tensor parse_tensor(const std::filesystem::path& path, const std::string& name,
                           const Json& entry) {
  const auto fail = [&](const std::string& found, const std::string& expected) {
    file_error(path, 8, text("tensor ", json_quoted(name), " ", found), expected);
  };
  if (!entry.is_object()) fail(text("that is a JSON ", entry.type_name()), "an object");
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) fail("without a dtype", "one such as F32");
  Tensor tensor{name, dtype->get<std::string>(), {}, 0, 0};
  std::uint64_t bytes = value_size(tensor.dtype);
  if (bytes == 0) fail("with dtype " + unquoted(tensor.dtype), "one such as F32");

  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<Index>::max());
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
      file_error(path, 8,
                 text("tensor ", json_quoted(t.name), " at data_offsets ", t.begin, " to ", t.end),
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
  contents.header_crc = checksum(json);
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

/// That of the header and the values, as `save` keeps it in the metadata.
inline std::uint32_t checksum(const std::filesystem::path& path, std::ifstream& file,
                              const Contents& contents) {
  std::uint32_t crc = contents.header_crc;
  std::uint64_t rest = contents.tensors.empty() ? 0 : contents.tensors.back().end;
  file.seekg(static_cast<std::streamoff>(contents.data_offset));
  for (Bytes piece(std::min<std::uint64_t>(rest, 1 << 20)); rest > 0;) {
    piece.resize(std::min<std::uint64_t>(rest, piece.size()));
    file.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
    if (!file) system_error(path, "read");
    crc = checksum(crc, piece);
    rest -= piece.size();
  }
  return crc;
}

/// Throws if any bit is not as `save` left it. Files that name no strata_version may come without a
/// checksum, since others write them too: for damage to take it away unnoticed, it would have to
/// change both names.
inline void check_checksum(const std::filesystem::path& path, std::ifstream& file,
                           const Contents& contents) {
  const bool by_strata = contents.metadata.contains("strata_version");
  if (!contents.metadata.contains("crc32")) {
    if (by_strata) file_error(path, 8, "a strata_version without a crc32", "both or neither");
    return;
  }
  const std::string crc = hexadecimal(checksum(path, file, contents)),
                    kept = contents.entry("crc32");
  if (crc != kept)
    file_error(path, 8, text("a header and values of CRC-32 ", crc),
               text(unquoted(kept), ", the crc32 in the metadata"));
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
