// SPDX-License-Identifier: MIT
// NumPy's .npy files, which `numpy.save` writes and `numpy.load` reads: a header, then the values of an
// array.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "strata/core/types.hpp"
#include "strata/io/file.hpp"
#include "strata/io/gzip.hpp"
#include "strata/io/npy_header.hpp"

namespace strata {

namespace detail {

static_assert(std::endian::native == std::endian::little, ".npy values are taken as little-endian");

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
  write_packed(
      path, npy_bytes(npy_dtype<S>(), shape,
                      std::span(reinterpret_cast<const std::uint8_t*>(values), count * sizeof(S))));
}

}  // namespace detail

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
