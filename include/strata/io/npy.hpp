// SPDX-License-Identifier: MIT
// NumPy's .npy files, which `numpy.save` writes and `numpy.load` reads [NumPy Enhancement Proposal 1]:
// "\x93NUMPY", two bytes of version, the length of the header, the header (a dictionary in Python's
// spelling) and the values.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "strata/core/types.hpp"
#include "strata/io/file.hpp"
#include "strata/io/gzip.hpp"

namespace strata {

static_assert(std::endian::native == std::endian::little, ".npy values are taken as little-endian");

/// What stands before the values: the first size counts the samples.
struct NpyHeader {
  std::string dtype;           // "<f4": little-endian floats
  bool fortran_order = false;  // true: the first index is the fastest, false: the last
  std::vector<Index> shape;    // 1 to 32 sizes

  Index samples() const { return shape.at(0); }
  Index sample_size() const {
    Index size = 1;
    for (const Index n : std::span(shape).subspan(1)) size *= n;
    return size;
  }
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
        error(at, text("key '", key, "'"), "'descr', 'fortran_order' and 'shape', once each");
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
    if (name.find('O') != name.npos) error(at, text("dtype ", name, ", Python objects"), numbers);
    if (npy_value_size(name) == 0) error(at, text("dtype ", name), numbers);
    if (name[0] == '|' && npy_value_size(name) > 1)
      error(at, text("dtype ", name), "< or > before the type, its byte order");
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
  /// The product must be addressable even where one of the sizes is zero, so that no product of
  /// some of them overflows later.
  void check_memory(const NpyHeader& header) const {
    const Index most = std::numeric_limits<Index>::max() / 8;
    Index product = 1;
    for (const Index size : header.shape) {
      if (size > most / product)
        error(shape_at_, text("size ", size), "sizes whose product fits into memory");
      product *= std::max<Index>(size, 1);
    }
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

/// A value of a file as S. Throws if S cannot hold it: integers and floats have their limits, and
/// a bool is 0 or 1.
template <class S, class T>
S npy_value(const InputFile& file, std::uint64_t offset, const std::uint8_t* bytes, bool reversed) {
  std::array<std::uint8_t, sizeof(T)> own;
  std::copy_n(bytes, sizeof(T), own.begin());
  if (reversed) std::ranges::reverse(own);
  if constexpr (std::is_same_v<T, bool>) {
    if (own[0] > 1) file_error(file.path(), offset, text("a bool of ", int{own[0]}), "0 or 1");
    return static_cast<S>(own[0]);
  } else {
    const T value = std::bit_cast<T>(own);
    bool holds = true;
    if constexpr (std::integral<S>)
      holds = std::in_range<S>(value);
    else if constexpr (sizeof(T) > sizeof(S) && std::floating_point<T>)
      holds = !(std::abs(value) > std::numeric_limits<S>::max()) || std::isinf(value);
    if (!holds)
      file_error(file.path(), offset, text("value ", value),
                 text(double(std::numeric_limits<S>::lowest()), " to ",
                      double(std::numeric_limits<S>::max())));
    return static_cast<S>(value);
  }
}

/// Where the value k of a sample, as counted with the last index fastest, is if the first is.
inline Index fortran_position(std::span<const Index> sizes, Index k) {
  Index stride = 1, position = 0;
  for (const Index size : sizes) stride *= size;
  for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) {
    stride /= *size;
    position += k % *size * stride;
    k /= *size;
  }
  return position;
}

template <class S, class T>
Matrix<S> read_npy_values(InputFile& file, const NpyHeader& header) {
  const Index n = header.sample_size(), count = header.samples();
  const auto begin = file.offset();
  const Bytes bytes = file.read_exactly(
      static_cast<std::uint64_t>(n) * static_cast<std::uint64_t>(count) * sizeof(T), "values");
  file.expect_end("the values");
  const auto at = [&](Index i) {
    const auto offset = static_cast<std::size_t>(i) * sizeof(T);
    return npy_value<S, T>(file, begin + offset, bytes.data() + offset, header.dtype[0] == '>');
  };
  Matrix<S> x(n, count);
  if (!header.fortran_order) {
    for (Index i = 0; i < x.size(); ++i) x(i) = at(i);
  } else {
    for (Index k = 0; k < n; ++k) {
      const Index position = fortran_position(std::span(header.shape).subspan(1), k);
      for (Index j = 0; j < count; ++j) x(k, j) = at(position * count + j);
    }
  }
  return x;
}

/// The samples after the header. Integers are read from integers alone, so that nothing is rounded.
template <class S>
Matrix<S> read_npy_samples(InputFile& file, const NpyHeader& header) {
  Matrix<S> x;
  visit_npy_type(header.dtype, [&]<class T>(T) {
    if constexpr (std::integral<S> && std::floating_point<T>)
      file_error(file.path(), 8, text("dtype ", header.dtype), "integers or bools");
    else
      x = read_npy_values<S, T>(file, header);
  });
  return x;
}

template <class S>
std::string npy_dtype() {
  static_assert((std::floating_point<S> && (sizeof(S) == 4 || sizeof(S) == 8)) ||
                    (std::integral<S> && !std::is_same_v<S, bool>),
                "an .npy file holds float, double or integers");
  const char kind = std::floating_point<S> ? 'f' : std::unsigned_integral<S> ? 'u' : 'i';
  return text(sizeof(S) == 1 ? "|" : "<", std::string(1, kind), sizeof(S));
}

/// Version 1.0, with spaces after the dictionary so that the values start at a multiple of 64.
inline Bytes npy_bytes(std::string_view dtype, const std::string& shape,
                       std::span<const std::uint8_t> values) {
  std::string header =
      text("{'descr': '", dtype, "', 'fortran_order': False, 'shape': ", shape, ", }");
  constexpr std::size_t before = 10, block = 64;
  header.resize((before + header.size() + block) / block * block - before - 1, ' ');
  header += '\n';
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  bytes.push_back(static_cast<std::uint8_t>(header.size() & 0xFF));
  bytes.push_back(static_cast<std::uint8_t>(header.size() >> 8));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

template <class S>
void write_npy(const std::filesystem::path& path, const std::string& shape, const S* values,
               std::size_t count) {
  const Bytes bytes =
      npy_bytes(npy_dtype<S>(), shape,
                std::span(reinterpret_cast<const std::uint8_t*>(values), count * sizeof(S)));
  write_atomically(path, path.extension() == ".gz" ? gzip(bytes) : bytes);
}

}  // namespace detail

/// What an .npy file holds, from its header alone. Throws like read_npy.
inline NpyHeader read_npy_header(const std::filesystem::path& path) {
  InputFile file(path);
  return detail::read_npy_header(file);
}

/// The samples of an .npy file, plain or gzipped, one per column: an array N × n of numpy, whose rows
/// are samples, becomes n × N, and one of N × 28 × 28 becomes 784 × N, row-major within a sample
/// (either order of Fortran and C). Values come as they are, NaN and infinities too, bytes not
/// scaled. S is float or double; or an integer, then the file must hold integers:
/// `GreyLevels<float>(read_npy<std::uint8_t>(path))`. Throws std::runtime_error with the path, the
/// offset, what was found and what was expected; also where S cannot hold a value.
template <class S>
Matrix<S> read_npy(const std::filesystem::path& path) {
  InputFile file(path);
  const NpyHeader header = detail::read_npy_header(file);
  return detail::read_npy_samples<S>(file, header);
}

/// The labels in an .npy file of integers with one dimension.
inline Labels read_npy_labels(const std::filesystem::path& path) {
  InputFile file(path);
  const NpyHeader header = detail::read_npy_header(file);
  if (header.shape.size() != 1)
    file_error(path, 8, text(header.shape.size(), " dimensions"), "1, the number of labels");
  const Matrix<int> labels = detail::read_npy_samples<int>(file, header);
  return {labels.data(), labels.data() + labels.size()};
}

/// Writes a matrix n × N, one sample per column, as numpy's array N × n, whose rows are samples;
/// packed as gzip if the name ends in .gz; the old file is whole if anything fails. Of floats,
/// doubles or integers.
template <class X>
void write_npy(const std::filesystem::path& path, const Eigen::MatrixBase<X>& x) {
  const Matrix<ScalarOf<X>> values = x;  // by columns, which are numpy's rows
  detail::write_npy(path, text("(", values.cols(), ", ", values.rows(), ")"), values.data(),
                    static_cast<std::size_t>(values.size()));
}

/// Writes labels as an array with one dimension.
inline void write_npy(const std::filesystem::path& path, const Labels& labels) {
  detail::write_npy(path, text("(", labels.size(), ",)"), labels.data(), labels.size());
}

}  // namespace strata
