// SPDX-License-Identifier: MIT
// What the benchmarks wrote, as rows to choose from.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace benchmarks {

inline const double missing = std::nan("");

/// "persistent_contrastive_divergence/visible:784/hidden:500/batch:100/k:1/binary", and what was
/// measured.
struct Row {
  std::string name;
  std::string threads;
  nlohmann::json fields;

  bool is(std::string_view prefix) const { return name.starts_with(prefix); }
  bool ends(std::string_view suffix) const { return name.ends_with(suffix); }
  double number(const char* key) const { return fields.value(key, missing); }
  /// What the name says of a size: part("batch") is "100".
  std::string part(const std::string& key) const {
    const auto at = name.find("/" + key + ":");
    if (at == std::string::npos) return "";
    const auto begin = at + key.size() + 2;
    return name.substr(begin, name.find('/', begin) - begin);
  }
  std::string batch() const { return part("batch"); }
  std::string units() const { return part("visible") + "-" + part("hidden"); }
};

using Rows = std::vector<Row>;

inline Rows where(const Rows& rows, const std::function<bool(const Row&)>& condition) {
  Rows chosen;
  std::ranges::copy_if(rows, std::back_inserter(chosen), condition);
  return chosen;
}

/// Different values of f, in the order of the rows.
inline std::vector<std::string> values(const Rows& rows,
                                       const std::function<std::string(const Row&)>& f) {
  std::vector<std::string> found;
  for (const Row& row : rows)
    if (std::ranges::find(found, f(row)) == found.end()) found.push_back(f(row));
  return found;
}

inline const Row* find(const Rows& rows, const std::function<bool(const Row&)>& condition) {
  const auto row = std::ranges::find_if(rows, condition);
  return row == rows.end() ? nullptr : &*row;
}

/// A file of Google Benchmark's; of repeated runs the median.
inline void read(const std::filesystem::path& path, Rows& rows, std::string& cpu) {
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (json.is_discarded()) return;  // empty: nothing ran
  const auto& context = json.at("context");
  if (context.contains("cpu")) cpu = context["cpu"];
  for (const auto& fields : json.at("benchmarks")) {
    if (fields.value("error_occurred", false)) continue;
    if (fields.value("aggregate_name", "median") != "median") continue;
    std::string name = fields.value("run_name", fields.at("name"));
    name = name.substr(0, name.find("/manual_time"));
    const Row row{name, context.value("threads", "1"), fields};
    const auto same = std::ranges::find_if(
        rows, [&](const Row& r) { return r.name == row.name && r.threads == row.threads; });
    if (same == rows.end())
      rows.push_back(row);
    else
      *same = row;
  }
}

}  // namespace benchmarks
