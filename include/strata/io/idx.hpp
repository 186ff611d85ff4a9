// SPDX-License-Identifier: MIT
// IDX, the format of MNIST [LeCun, Cortes and Burges 1998]: 0, 0, a type code, the number of
// dimensions, their sizes as 32-bit numbers and the values, all big-endian with the last index
// fastest.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "strata/core/types.hpp"
#include "strata/io/file.hpp"
#include "strata/io/gzip.hpp"
#include "strata/io/sizes.hpp"

namespace strata {

/// The contents of an IDX file: the first size counts the samples.
struct IdxArray {
  std::vector<Index> shape;                        // 1 to 4 sizes
  std::variant<Bytes, std::vector<float>> values;  // type codes 0x08 and 0x0D

  Index samples() const { return shape.at(0); }
  Index sample_size() const { return detail::sample_size(shape); }
};

namespace detail {

constexpr int idx_bytes = 0x08;
constexpr int idx_floats = 0x0D;

inline std::uint32_t big_endian(const std::uint8_t* b) {
  return static_cast<std::uint32_t>(b[0]) << 24 | static_cast<std::uint32_t>(b[1]) << 16 |
         static_cast<std::uint32_t>(b[2]) << 8 | static_cast<std::uint32_t>(b[3]);
}

inline std::string hex(std::span<const std::uint8_t> bytes) {
  std::string s = "0x";
  for (const auto b : bytes) (s += "0123456789abcdef"[b >> 4]) += "0123456789abcdef"[b & 15];
  return s;
}

inline std::vector<float> big_endian_floats(const Bytes& bytes) {
  std::vector<float> values(bytes.size() / 4);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::bit_cast<float>(big_endian(bytes.data() + 4 * i));
  return values;
}

inline std::vector<Index> read_idx_shape(InputFile& file, int dimensions) {
  std::vector<Index> shape;
  for (Index product = 1; dimensions > 0; --dimensions) {
    const auto at = file.offset();
    const Index size = big_endian(file.read_exactly(4, "sizes").data());
    if (!multiply_by_size(product, size))
      file_error(file.path(), at, text("size ", size), "sizes whose product fits into memory");
    shape.push_back(size);
  }
  return shape;
}

inline void append_big_endian(Bytes& bytes, std::uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<std::uint8_t>(word >> shift));
}
inline void append_big_endian(Bytes& bytes, const Bytes& values) {
  bytes.insert(bytes.end(), values.begin(), values.end());
}
inline void append_big_endian(Bytes& bytes, const std::vector<float>& values) {
  bytes.reserve(bytes.size() + 4 * values.size());
  for (const float value : values) append_big_endian(bytes, std::bit_cast<std::uint32_t>(value));
}

/// Throws unless the values fill the shape.
template <class Value>
Bytes idx_header(const std::vector<Index>& shape, const std::vector<Value>& values) {
  check(!shape.empty() && shape.size() <= 4, "write_idx: the shape has ", shape.size(),
        " sizes, but IDX files have 1 to 4");
  constexpr int code = std::is_same_v<Value, float> ? idx_floats : idx_bytes;
  Bytes header = {0, 0, code, static_cast<std::uint8_t>(shape.size())};
  Index count = 1;
  for (const Index size : shape) {
    check(size >= 0 && size <= std::numeric_limits<std::uint32_t>::max(),
          "write_idx: the shape has a size of ", size, ", but IDX files have 32 bits for it");
    append_big_endian(header, static_cast<std::uint32_t>(size));
    count *= size;
  }
  check(std::ssize(values) == count, "write_idx: values has ", values.size(),
        code == idx_bytes ? " bytes, but the shape has " : " floats, but the shape has ", count);
  return header;
}

}  // namespace detail

/// Reads an IDX file of bytes or floats, plain or gzipped. Throws std::runtime_error with the path,
/// the offset, what was found and what was expected.
inline IdxArray read_idx(const std::filesystem::path& path) {
  InputFile file(path);
  const Bytes magic = file.read_exactly(4, "the IDX magic number");
  if (magic[0] != 0 || magic[1] != 0)
    file_error(path, 0, detail::hex(std::span(magic).first(2)), "0x0000, the start of an IDX file");
  if (magic[2] != detail::idx_bytes && magic[2] != detail::idx_floats)
    file_error(path, 2, text("type code ", detail::hex(std::span(magic).subspan(2, 1))),
               "0x08 (bytes) or 0x0d (floats)");
  if (magic[3] < 1 || magic[3] > 4)
    file_error(path, 3, text(int{magic[3]}, " dimensions"), "1 to 4");

  IdxArray array{detail::read_idx_shape(file, magic[3]), {}};
  const bool wide = magic[2] == detail::idx_floats;
  const auto count = static_cast<std::uint64_t>(array.samples() * array.sample_size());
  Bytes bytes = file.read_exactly(wide ? 4 * count : count, "values");
  file.expect_end("the values");
  if (wide)
    array.values = detail::big_endian_floats(bytes);
  else
    array.values = std::move(bytes);
  return array;
}

/// One sample per column, n × N, row-major within a sample: bytes scaled to [0, 1], floats as they
/// are.
template <class S>
Matrix<S> to_matrix(const IdxArray& array) {
  const auto columns = [&](const auto& values) {
    using Value = typename std::decay_t<decltype(values)>::value_type;
    const Eigen::Map<const Matrix<Value>> x(values.data(), array.sample_size(), array.samples());
    constexpr S one = std::is_same_v<Value, std::uint8_t> ? S(255) : S(1);
    return Matrix<S>(x.template cast<S>() / one);
  };
  return std::visit(columns, array.values);
}

/// The samples of an IDX file, one per column.
template <class S>
Matrix<S> read_images(const std::filesystem::path& path) {
  return to_matrix<S>(read_idx(path));
}

/// The labels in an IDX file of bytes with one dimension.
inline Labels read_labels(const std::filesystem::path& path) {
  const IdxArray array = read_idx(path);
  if (!std::holds_alternative<Bytes>(array.values))
    file_error(path, 2, "floats", "bytes, one label each");
  if (array.shape.size() != 1)
    file_error(path, 3, text(array.shape.size(), " dimensions"), "1, the number of labels");
  const auto& bytes = std::get<Bytes>(array.values);
  return {bytes.begin(), bytes.end()};
}

/// Writes bytes or floats, packed as gzip if the name ends in .gz; the old file is whole if anything
/// fails. Throws std::invalid_argument unless the values fill 1 to 4 sizes of at most 32 bits.
inline void write_idx(const std::filesystem::path& path, const IdxArray& array) {
  const auto write = [&](const auto& values) {
    Bytes bytes = detail::idx_header(array.shape, values);
    detail::append_big_endian(bytes, values);
    write_packed(path, bytes);
  };
  std::visit(write, array.values);
}

/// The same for bytes.
inline void write_idx(const std::filesystem::path& path, const std::vector<Index>& shape,
                      std::span<const std::uint8_t> values) {
  write_idx(path, {shape, Bytes(values.begin(), values.end())});
}

}  // namespace strata
