// SPDX-License-Identifier: MIT
// Tables of numbers as text, a sample per line: CSV [RFC 4180], and the same with other separators.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "strata/core/samples.hpp"
#include "strata/io/csv_text.hpp"
#include "strata/io/gzip.hpp"

namespace strata {

/// What a file does not say itself.
struct CsvOptions {
  char separator = 0;                  // 0: the tab, semicolon, comma or spaces of the first line
  std::optional<bool> header{};        // a first line of names; unset: one without any number is
  std::string label{};                 // the column of labels, by name or by number from 1
  std::vector<std::string> classes{};  // what labels 0, 1, … are called, as in an earlier table
};

/// A file's samples, one per column, and what it calls things.
template <class S>
struct Table {
  LabelledData<S> data;              // n × N; labels only where there is a column of them
  std::vector<std::string> names;    // of the n rows; empty without a header line
  std::vector<std::string> classes;  // of the labels 0, 1, …
};

namespace detail {

/// The number of a class that is called by it, or −1. "3.0" is 3: some write all numbers so.
inline int class_number(std::string_view name) {
  constexpr double most = 9999;  // beyond are dates and keys
  double number = 0;
  if (parse_number(name, number) != NumberIs::good || !(number >= 0 && number <= most)) return -1;
  return number == std::floor(number) ? static_cast<int>(number) : -1;
}

/// Labels as they come, in the order of their first occurrence.
class CsvClasses {
 public:
  int add(std::string name, Index line) {
    if (const int number = class_number(name); number >= 0) name = std::to_string(number);
    const auto [at, fresh] = numbers_.try_emplace(std::move(name), static_cast<int>(names_.size()));
    if (fresh) names_.push_back(at->first), lines_.push_back(line);
    return at->second;
  }
  const std::vector<std::string>& names() const { return names_; }
  Index line(std::size_t c) const { return lines_[c]; }

  /// The names by class: numbers from 0 are classes themselves, words are in their order.
  std::vector<std::string> in_order() const {
    int highest = -1;
    for (const auto& name : names_) {
      const int number = class_number(name);
      if (number < 0) {
        auto sorted = names_;
        std::ranges::sort(sorted);
        return sorted;
      }
      highest = std::max(highest, number);
    }
    std::vector<std::string> all;
    for (int number = 0; number <= highest; ++number) all.push_back(std::to_string(number));
    return all;
  }

 private:
  std::unordered_map<std::string, int> numbers_;
  std::vector<std::string> names_;
  std::vector<Index> lines_;
};

template <std::floating_point S>
class CsvReader {
 public:
  CsvReader(const std::filesystem::path& path, const CsvOptions& options)
      : path_(path), options_(options), text_(path, options.separator) {}

  Table<S> read() {
    read_first_line();
    const Index n = std::ssize(first_line_) - (label_ >= 0 ? 1 : 0);
    // A field and what ends it take two bytes at least. So a first line cannot ask for more memory than
    // the file is worth: in one of more lines than that, line `most` + 1 or one before it is too short.
    const Index most = text_.bytes_left() / (2 * std::ssize(first_line_)) + 1;
    table_.data.images.resize(n, std::min(text_.lines_left(), most + 1));
    S* out = table_.data.images.data();
    for (; text_.next_line(); out += n) read_line(out);
    number_classes();
    return std::move(table_);
  }

 private:
  /// Names, or the first sample, which is read once more.
  void read_first_line() {
    if (!text_.next_line()) text_.line_error("the end of the file", "numbers");
    while (text_.has_field()) first_line_.push_back(text_.take_field());
    const Index by_number = column_number();
    const bool header = options_.header.value_or(is_header(by_number));
    label_ = find_label(by_number, header);
    if (label_ >= 0 && first_line_.size() == 1)
      text_.line_error("no column but that of the labels", "some beside it");
    if (!header) return text_.rewind();
    for (Index c = 0; c < std::ssize(first_line_); ++c)
      if (c != label_) table_.names.push_back(first_line_[static_cast<std::size_t>(c)]);
    has_header_ = true;
  }

  /// The column of labels where it is given as a number, from 0, else −1.
  Index column_number() const {
    Index number = 0;
    const char* end = options_.label.data() + options_.label.size();
    const auto [stop, failure] = std::from_chars(options_.label.data(), end, number);
    return failure == std::errc() && stop == end && number > 0 ? number - 1 : -1;
  }
  bool is_header(Index label) const {
    if (!options_.label.empty() && label < 0) return true;
    S ignored = 0;
    bool numbers = false, words = false;
    for (Index c = 0; c < std::ssize(first_line_); ++c) {
      if (c == label) continue;
      const auto& field = first_line_[static_cast<std::size_t>(c)];
      words |= !field.empty();
      numbers |= parse_number(field, ignored) != NumberIs::no_number;
    }
    return words && !numbers;
  }
  Index find_label(Index by_number, bool header) const {
    if (options_.label.empty()) return -1;
    const auto named = std::ranges::find(first_line_, options_.label);
    if (header && named != first_line_.end()) return named - first_line_.begin();
    if (by_number < 0)
      text_.line_error("no column " + shown(options_.label),
                       header ? "the label's among the names" : "the label's column by its number");
    if (by_number >= std::ssize(first_line_))
      text_.line_error(text(first_line_.size(), " columns"),
                       text("at least ", by_number + 1, ", the label's"));
    return by_number;
  }

  void read_line(S* out) {
    const Index columns = std::ssize(first_line_);
    for (Index c = 0; c < columns && text_.has_field(); ++c)
      if (c == label_)
        read_label();
      else if (S& value = *out++; !text_.take_number(value))
        read_unusual(value);
    if (text_.column() == columns && !text_.has_field()) return;
    while (text_.has_field()) text_.take_field();
    text_.line_error(text(text_.column(), text_.column() == 1 ? " field" : " fields"),
                     text(columns, ", as in line 1"));
  }
  void read_unusual(S& value) {
    const auto field = text_.take_field();
    const auto is = parse_number(field, value);
    if (is == NumberIs::good) return;
    const std::string number = std::is_same_v<S, float> ? "a float" : "a double";
    text_.field_error(name(text_.column() - 1), shown(field),
                      is == NumberIs::too_large ? "a number that " + number + " holds"
                      : text_.line() == 1       ? "a number, or names in all of line 1"
                                                : "a number");
  }
  void read_label() {
    auto field = text_.take_field();
    if (field.empty()) text_.field_error(name(label_), "nothing", "a label");
    table_.data.labels.push_back(classes_.add(std::move(field), text_.line()));
  }
  std::string name(Index column) const {
    return has_header_ ? first_line_[static_cast<std::size_t>(column)] : std::string();
  }

  /// From the order of their first occurrence to that of the classes.
  void number_classes() {
    table_.classes = options_.classes.empty() ? classes_.in_order() : options_.classes;
    Labels numbers;
    for (std::size_t c = 0; c < classes_.names().size(); ++c) {
      const auto at = std::ranges::find(table_.classes, classes_.names()[c]);
      if (at == table_.classes.end())
        throw std::runtime_error(text(path_.string(), ": at line ", classes_.line(c),
                                      ": found label ", shown(classes_.names()[c]),
                                      ", but expected one of the ", table_.classes.size(),
                                      " classes given"));
      numbers.push_back(static_cast<int>(at - table_.classes.begin()));
    }
    for (int& label : table_.data.labels) label = numbers[static_cast<std::size_t>(label)];
  }

  const std::filesystem::path& path_;
  const CsvOptions& options_;
  CsvText text_;
  std::vector<std::string> first_line_;
  Index label_ = -1;  // its column, from 0
  bool has_header_ = false;
  CsvClasses classes_;
  Table<S> table_;
};

/// In quotes where it would not be one field otherwise.
inline std::string csv_field(const std::string& words) {
  if (!words.empty() && words.find_first_of(" \t,;\"") == words.npos) return words;
  std::string quoted = "\"";
  for (const char c : words) (quoted += c) += c == '"' ? "\"" : "";
  return quoted + "\"";
}

template <class S>
std::string csv_lines(const Matrix<S>& x, const std::vector<std::string>& names) {
  check(x.rows() > 0, "write_csv: x has 0 rows, but at least 1 is needed");
  check(names.empty() || std::ssize(names) == x.rows(), "write_csv: names has ", names.size(),
        " names, but x has ", x.rows(), " rows");
  std::string lines;
  for (std::size_t i = 0; i < names.size(); ++i) {
    check(names[i].find_first_of("\r\n") == std::string::npos, "write_csv: name ", i,
          " has an end of line, but names are in one line");
    lines += csv_field(names[i]) + (i + 1 < names.size() ? "," : "\n");
  }
  char digits[64];
  for (Index j = 0; j < x.cols(); ++j)
    for (Index i = 0; i < x.rows(); ++i) {
      lines.append(digits, std::to_chars(digits, digits + sizeof digits, x(i, j)).ptr);
      lines += i + 1 < x.rows() ? ',' : '\n';
    }
  return lines;
}

}  // namespace detail

/// A table of numbers, plain or gzipped, one sample per line, which becomes a column: N lines of n
/// numbers are n × N. Numbers come as they are, to the last bit, "nan" and "inf" too; the decimal point
/// is a point. Any field may be in quotes, but ends on its line. With a column of labels, all of
/// whole numbers from 0 are the labels; words are numbered in the order of the alphabet. Throws
/// std::runtime_error with the path, the line, the column (from 1), what was found and what was
/// expected: of a field that is no number, or is missing, and of lines that differ in length.
template <std::floating_point S>
Table<S> read_csv(const std::filesystem::path& path, const CsvOptions& options = {}) {
  check(options.separator == 0 ||
            std::string_view("\t;, |:").find(options.separator) != std::string_view::npos,
        "read_csv: separator has the value ", std::string(1, options.separator),
        ", but tab, space or one of ; , | : is expected");
  return detail::CsvReader<S>(path, options).read();
}

/// Writes samples, one per column, as lines of numbers with commas between them, which are read as they
/// were to the last bit; packed as gzip if the name ends in .gz; the old file is whole if anything
/// fails. Names, one for each row, are the first line.
template <class X>
void write_csv(const std::filesystem::path& path, const Eigen::MatrixBase<X>& x,
               const std::vector<std::string>& names = {}) {
  const std::string lines = detail::csv_lines<ScalarOf<X>>(x, names);
  write_packed(path, bytes_of(lines));
}

}  // namespace strata
