// SPDX-License-Identifier: MIT
// What a model file holds, in words and a table, for people.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "strata/io/contents.hpp"

namespace strata {

namespace detail {

/// `500 × 784`
inline std::string tensor_sizes(const Tensor& tensor) {
  std::string all;
  for (const Index n : tensor.shape) all += text(all.empty() ? "" : " × ", n);
  return all.empty() ? "one value" : all;
}

/// The cells of each column one below the other, two spaces apart; no cell has letters outside
/// ASCII but ×.
inline std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  const auto width = [](const std::string& cell) {
    return static_cast<std::size_t>(
        std::ranges::count_if(cell, [](char c) { return (c & 0xC0) != 0x80; }));
  };
  std::vector<std::size_t> widest(rows.at(0).size());
  for (const auto& row : rows)
    for (std::size_t j = 0; j < row.size(); ++j) widest[j] = std::max(widest[j], width(row[j]));
  std::string all;
  for (const auto& row : rows) {
    for (std::size_t j = 0; j < row.size(); ++j) {
      all += "  " + row[j];
      if (j + 1 < row.size()) all.append(widest[j] - width(row[j]), ' ');
    }
    all += "\n";
  }
  return all;
}

inline std::string kind_of_file(const Contents& contents) {
  if (contents.entry("format") != "strata") return "safetensors, not of strata";
  const std::string by = contents.entry("strata_version");
  return text("strata model, version ", detail::unquoted(contents.entry("version")),
              by.empty() ? "" : ", written by strata " + detail::unquoted(by));
}

}  // namespace detail

/// The format and who wrote it, the architecture, what else the metadata say, and a table of all
/// tensors; of any safetensors file. Ends with a new line.
inline std::string describe(const Contents& contents) {
  std::vector<std::vector<std::string>> lines{{"format", detail::kind_of_file(contents)}};
  for (const auto& [key, value] : contents.metadata)
    if (contents.entry("format") != "strata" ||
        (key != "format" && key != "version" && key != "strata_version"))
      lines.push_back({detail::unquoted(key), detail::unquoted(value)});
  std::vector<std::vector<std::string>> tensors{{"tensor", "type", "shape", "parameters", "bytes"}};
  std::uint64_t parameters = 0, bytes = 0;
  for (const Tensor& t : contents.tensors) {
    const std::uint64_t size = t.end - t.begin, count = size / detail::value_size(t.dtype);
    tensors.push_back(
        {detail::unquoted(t.name), t.dtype, detail::tensor_sizes(t), text(count), text(size)});
    parameters += count, bytes += size;
  }
  tensors.push_back({text("all ", contents.tensors.size()), "", "", text(parameters), text(bytes)});
  return detail::text_table(lines) + detail::text_table(tensors);
}

/// The same of a file, and whether its values are those that were saved. Throws std::runtime_error
/// if it is no safetensors file.
inline std::string describe_file(const std::filesystem::path& path) {
  auto file = detail::open_model_file(path);
  const Contents contents = detail::read_contents(path, file);
  std::string checksum = contents.metadata.contains("strata_version")
                             ? "MISSING: it was saved with one"
                             : "none: damage would not be noticed";
  if (contents.metadata.contains("crc32") && contents.entry("format") == "strata") {
    const auto crc = detail::hexadecimal(detail::checksum(path, file, contents));
    checksum = crc == contents.entry("crc32")
                   ? "as it was saved"
                   : "DAMAGED: the header and values have the CRC-32 " + crc;
  }
  return text(path.string(), "\n", describe(contents), "  values  ", checksum, "\n");
}

}  // namespace strata
