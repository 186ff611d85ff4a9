// SPDX-License-Identifier: MIT
// What stands before the values of a .npy file [NumPy Enhancement Proposal 1]: "\x93NUMPY", two bytes of
// version, the length of the header, and the header, a dictionary in Python's spelling.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strata/core/types.hpp"
#include "strata/io/file.hpp"
#include "strata/io/printable.hpp"
#include "strata/io/sizes.hpp"

namespace strata {

/// What stands before the values: the first size counts the samples.
struct NpyHeader {
  std::string dtype;           // "<f4": little-endian floats
  bool fortran_order = false;  // true: the first index is the fastest, false: the last
  std::vector<Index> shape;    // 1 to 32 sizes

  Index samples() const { return shape.at(0); }
  Index sample_size() const { return detail::sample_size(shape); }
};

namespace detail {

/// f(T{}) for the type that a dtype stands for, without its byte order; false if it is no number.
template <class F>
bool visit_npy_type(std::string_view dtype, F&& f) {
  const std::string_view type = dtype.substr(std::min<std::size_t>(1, dtype.size()));
  const auto is = [&](std::string_view name, auto value) {
    return type == name && (f(value), true);
  };
  return dtype.find_first_of("<>|") == 0 &&
         (is("f4", float{}) || is("f8", double{}) || is("b1", bool{}) || is("u1", std::uint8_t{}) ||
          is("u2", std::uint16_t{}) || is("u4", std::uint32_t{}) || is("u8", std::uint64_t{}) ||
          is("i1", std::int8_t{}) || is("i2", std::int16_t{}) || is("i4", std::int32_t{}) ||
          is("i8", std::int64_t{}));
}

inline Index npy_value_size(std::string_view dtype) {
  Index size = 0;
  visit_npy_type(dtype, [&](auto value) { size = sizeof(value); });
  return size;
}

/// Reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } and nothing more general: the
/// three keys once each, in any order.
class NpyDictionary {
 public:
  NpyDictionary(const std::filesystem::path& path, std::uint64_t offset, std::string_view words)
      : path_(path), offset_(offset), words_(words) {}

  NpyHeader read() {
    NpyHeader header;
    std::array<bool, 3> seen{};
    expect('{', "a Python dictionary, {");
    while (!take('}')) {
      const auto at = begin_token();
      const std::string key = quoted("a key in quotes, or }");
      const std::array<std::string_view, 3> keys = {"descr", "fortran_order", "shape"};
      const auto k = static_cast<std::size_t>(std::ranges::find(keys, key) - keys.begin());
      if (k == keys.size() || std::exchange(seen[k], true))
        error(at, text("key '", printable(key), "'"),
              "'descr', 'fortran_order' and 'shape', once each");
      expect(':', ":");
      if (k == 0) header.dtype = dtype();
      if (k == 1) header.fortran_order = boolean();
      if (k == 2) header.shape = shape();
      if (take('}')) break;
      expect(',', ", or }");
    }
    const auto end = begin_token();
    if (end < words_.size()) error(end, found(end), "the end of the header");
    if (!(seen[0] && seen[1] && seen[2]))
      error(end,
            text("no ", !seen[0]   ? "descr"
                        : !seen[1] ? "fortran_order"
                                   : "shape"),
            "a header with descr, fortran_order and shape");
    check_memory(header);
    return header;
  }

 private:
  [[noreturn]] void error(std::size_t at, std::string_view what, std::string_view expected) const {
    file_error(path_, offset_ + at, what, expected);
  }
  std::string found(std::size_t at) const {
    if (at >= words_.size()) return "the end of the header";
    const char c = words_[at];
    return c > ' ' && c <= '~' ? std::string(1, c)
                               : text("byte ", int{static_cast<std::uint8_t>(c)});
  }
  std::size_t begin_token() {
    return at_ = std::min(words_.find_first_not_of(" \t\n", at_), words_.size());
  }
  bool take(char c) {
    const auto at = begin_token();
    if (at == words_.size() || words_[at] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c, std::string_view expected) {
    if (!take(c)) error(at_, found(at_), expected);
  }
  bool take_word(std::string_view word) {
    if (!words_.substr(begin_token()).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::string quoted(std::string_view expected) {
    const auto at = begin_token();
    if (at == words_.size() || (words_[at] != '\'' && words_[at] != '"'))
      error(at, found(at), expected);
    const auto end = words_.find(words_[at], at + 1);
    if (end == words_.npos) error(words_.size(), "the end of the header", "a closing quote");
    at_ = end + 1;
    return std::string(words_.substr(at + 1, end - at - 1));
  }
  bool boolean() {
    if (take_word("True")) return true;
    if (!take_word("False")) error(at_, found(at_), "True or False");
    return false;
  }
  std::string dtype() {
    constexpr std::string_view numbers = "f4, f8, b1, u1 to u8 or i1 to i8, the numbers";
    const auto at = begin_token();
    if (at < words_.size() && words_[at] == '[') error(at, "a dtype with fields", numbers);
    std::string name = quoted("a dtype in quotes");
    if (name.find('O') != name.npos)
      error(at, text("dtype ", printable(name), ", Python objects"), numbers);
    if (npy_value_size(name) == 0) error(at, text("dtype ", printable(name)), numbers);
    if (name[0] == '|' && npy_value_size(name) > 1)
      error(at, text("dtype ", printable(name)), "< or > before the type, its byte order");
    return name;
  }
  /// (), (3,) or (3, 4): Python wants the comma after a single size, and allows one after the last.
  std::vector<Index> shape() {
    constexpr std::size_t most = 32;
    shape_at_ = begin_token();
    std::vector<Index> sizes;
    bool comma = true;
    expect('(', "a tuple of sizes, (");
    while (!take(')')) {
      if (!comma) error(at_, found(at_), ", or )");
      sizes.push_back(size());
      comma = take(',');
      if (!comma && sizes.size() == 1) error(at_, found(at_), ", after the first size");
    }
    if (sizes.empty() || sizes.size() > most)
      error(shape_at_, text(sizes.size(), " dimensions"), text("1 to ", most));
    return sizes;
  }
  Index size() {
    const auto at = begin_token();
    Index value = 0;
    const auto [end, failure] =
        std::from_chars(words_.data() + at, words_.data() + words_.size(), value);
    if (failure == std::errc::result_out_of_range)
      error(at, "a size of more than 63 bits", "sizes whose product fits into memory");
    if (failure != std::errc() || value < 0 || words_[at] == '-') error(at, found(at), "a size");
    at_ = static_cast<std::size_t>(end - words_.data());
    return value;
  }
  void check_memory(const NpyHeader& header) const {
    Index product = 1;
    for (const Index size : header.shape)
      if (!multiply_by_size(product, size))
        error(shape_at_, text("size ", size), "sizes whose product fits into memory");
  }

  const std::filesystem::path& path_;
  std::uint64_t offset_;
  std::string_view words_;
  std::size_t at_ = 0, shape_at_ = 0;
};

inline NpyHeader read_npy_header(InputFile& file) {
  constexpr std::string_view start = "\x93NUMPY";
  const Bytes magic = file.read_exactly(8, "the start of an .npy file");
  if (std::memcmp(magic.data(), start.data(), start.size()) != 0)
    file_error(file.path(), 0, "other bytes", "\\x93NUMPY, the start of an .npy file");
  if (magic[6] < 1 || magic[6] > 3 || magic[7] != 0)
    file_error(file.path(), 6, text("version ", int{magic[6]}, ".", int{magic[7]}),
               "1.0, 2.0 or 3.0");
  constexpr std::uint32_t most = 1 << 20;
  const auto at = file.offset();
  const Bytes digits = file.read_exactly(magic[6] == 1 ? 2 : 4, "the header's length");
  std::uint32_t length = 0;
  std::memcpy(&length, digits.data(), digits.size());
  if (length > most)
    file_error(file.path(), at, text("a header of ", length, " bytes"), text("at most ", most));
  const auto begin = file.offset();
  const Bytes words = file.read_exactly(length, "the header");
  return NpyDictionary(file.path(), begin,
                       {reinterpret_cast<const char*>(words.data()), words.size()})
      .read();
}

}  // namespace detail

/// What an .npy file holds, from its header alone. Throws like read_npy.
inline NpyHeader read_npy_header(const std::filesystem::path& path) {
  InputFile file(path);
  return detail::read_npy_header(file);
}

}  // namespace strata
