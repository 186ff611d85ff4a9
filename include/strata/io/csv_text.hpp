// SPDX-License-Identifier: MIT
// The lines and fields of a text of numbers, read from front to back, with errors that say where.
#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "strata/core/checks.hpp"
#include "strata/io/file.hpp"
#include "strata/io/printable.hpp"

namespace strata::detail {

/// Whether a number that is out of range is too small, "0.00…01", or too large, "1e999".
inline bool lies_near_zero(std::string_view number) {
  const auto mantissa = number.substr(0, number.find_first_of("eE"));
  const auto first = static_cast<std::int64_t>(mantissa.find_first_of("123456789"));
  const auto point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
  std::int64_t exponent = 0;
  if (mantissa.size() < number.size()) {
    const auto digits =
        number.substr(mantissa.size() + (number[mantissa.size() + 1] == '+' ? 2 : 1));
    if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc())
      return digits[0] == '-';
  }
  return exponent < first - point;  // or by one more, which tells no more of what is out of range
}

enum class NumberIs { good, too_large, no_number };

/// A whole field as the nearest S, whatever the locale: also "+1", "nan" and "inf". What is too small
/// for S becomes 0.
template <std::floating_point S>
NumberIs parse_number(std::string_view field, S& value) {
  if (field.size() > 1 && field[0] == '+' && field[1] != '-') field.remove_prefix(1);
  const char* end = field.data() + field.size();
  const auto [stop, failure] = std::from_chars(field.data(), end, value);
  if (stop != end || field.empty() || failure == std::errc::invalid_argument)
    return NumberIs::no_number;
  if (failure != std::errc()) {
    if (!lies_near_zero(field)) return NumberIs::too_large;
    value = 0;
  }
  return NumberIs::good;
}

inline std::string shown(std::string_view field) {
  return field.empty() ? "nothing" : "\"" + printable(field) + "\"";
}

/// A text in memory and a place in it. `next_line` goes to a line, of which fields are taken while
/// `has_field`.
class CsvText {
 public:
  /// 0 for the separator: found in the first line. Empty lines at the end are left out.
  CsvText(std::filesystem::path path, char separator)
      : path_(std::move(path)), bytes_(read_bytes(path_)) {
    std::string_view all(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
    if (all.starts_with("\xEF\xBB\xBF")) all.remove_prefix(3);  // the mark that it is UTF-8
    all_ = all.substr(0, all.find_last_not_of(" \r\n") + 1);
    separator_ = separator != 0 ? separator : find_separator(all_.substr(0, all_.find('\n')));
    rewind();
  }

  void rewind() { left_ = all_, line_ = 0; }
  /// Of lines, and of their bytes.
  Index lines_left() const {
    return left_.empty() ? 0 : 1 + static_cast<Index>(std::ranges::count(left_, '\n'));
  }
  Index bytes_left() const { return std::ssize(left_); }

  bool next_line() {
    ++line_, column_ = 0;
    if (left_.empty()) return has_field_ = false;
    const auto end = left_.find('\n');
    rest_ = left_.substr(0, end);
    left_ = end == left_.npos ? std::string_view() : left_.substr(end + 1);
    if (rest_.ends_with('\r')) rest_.remove_suffix(1);
    if (separator_ == ' ') rest_ = rest_.substr(0, rest_.find_last_not_of(' ') + 1);
    skip_blanks();
    if (rest_.empty()) line_error("an empty line", "numbers");
    return has_field_ = true;
  }

  bool has_field() const { return has_field_; }
  Index line() const { return line_; }
  /// Of the field taken last, from 1.
  Index column() const { return column_; }

  /// Takes the next field if it is a bare number, which it nearly always is: its end is found and
  /// its value read in one pass.
  template <std::floating_point S>
  bool take_number(S& value) {
    const char* end = rest_.data() + rest_.size();
    const auto [stop, failure] = std::from_chars(rest_.data(), end, value);
    if (failure != std::errc() || (stop != end && *stop != separator_)) return false;
    go_past(static_cast<std::size_t>(stop - rest_.data()));
    return true;
  }

  /// Takes the next field, without spaces around it and without its quotes.
  std::string take_field() {
    if (rest_.starts_with('"')) return take_quoted();
    const auto size = std::min(rest_.find(separator_), rest_.size());
    auto field = rest_.substr(0, size);
    field = field.substr(0, field.find_last_not_of(blanks()) + 1);
    go_past(size);
    return std::string(field);
  }

  [[noreturn]] void line_error(std::string_view found, std::string_view expected) const {
    throw std::runtime_error(
        text(path_.string(), ": at line ", line_, ": found ", found, ", but expected ", expected));
  }
  /// Of the field taken last: `height.csv: at line 3, column 2 (cm): found "tall", but expected a
  /// number`
  [[noreturn]] void field_error(const std::string& name, std::string_view found,
                                std::string_view expected) const {
    throw std::runtime_error(text(path_.string(), ": at line ", line_, ", column ", column_,
                                  name.empty() ? "" : " (" + printable(name) + ")", ": found ",
                                  found, ", but expected ", expected));
  }

 private:
  static char find_separator(std::string_view line) {
    std::string bare;  // without what is in quotes, and spaces at either end
    bool quotes = false;
    for (const char c : line)
      if (c == '"')
        quotes = !quotes, bare += c;
      else if (!quotes)
        bare += c;
    bare.resize(bare.find_last_not_of(" \r") + 1);
    bare.erase(0, bare.find_first_not_of(' '));
    for (const char c : {'\t', ';', ',', ' '})
      if (bare.find(c) != bare.npos) return c;
    return ',';
  }

  std::string_view blanks() const { return separator_ == '\t' ? " " : " \t"; }
  void skip_blanks() {
    if (!rest_.empty() && rest_[0] > ' ') return;  // nearly always
    rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks()), rest_.size()));
  }

  /// Past a field of that many bytes, the separator after it, and spaces.
  void go_past(std::size_t size) {
    ++column_;
    has_field_ = size < rest_.size();
    rest_.remove_prefix(std::min(size + 1, rest_.size()));
    skip_blanks();
  }

  /// A quote within quotes is doubled.
  std::string take_quoted() {
    std::string field;
    for (std::size_t i = 1;; ++i) {
      if (i == rest_.size()) {
        ++column_;
        field_error("", "the end of the line", "a closing quote");
      }
      if (rest_[i] == '"' && (++i == rest_.size() || rest_[i] != '"')) {
        rest_.remove_prefix(i);
        break;
      }
      field += rest_[i];
    }
    if (separator_ != ' ') skip_blanks();
    if (!rest_.empty() && rest_[0] != separator_) {
      ++column_;
      field_error("", shown(rest_.substr(0, 1)), "the end of the field after its closing quote");
    }
    go_past(0);
    return field;
  }

  std::filesystem::path path_;
  Bytes bytes_;
  std::string_view all_, left_, rest_;  // from the first line; after this line; of this line
  char separator_ = ',';
  bool has_field_ = false;
  Index line_ = 0, column_ = 0;
};

}  // namespace strata::detail
