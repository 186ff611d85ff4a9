// SPDX-License-Identifier: MIT
// The IDX reader, plain and gzipped.
#include "strata/io/idx.hpp"

#include "fuzz/testing.hpp"

using namespace strata;
using namespace strata::fuzzing;

namespace {

/// An array has one file only, so what was read, written again, is the file.
void check_array(const IdxArray& array, const Bytes& unpacked) {
  const auto written = [&](const auto& values) {
    Bytes bytes = detail::idx_header(array.shape, values);
    detail::append_big_endian(bytes, values);
    return bytes;
  };
  require(std::visit(written, array.values) == unpacked, "the file that was read, written again");
  const Matrix<float> samples = to_matrix<float>(array);
  require(samples.rows() == array.sample_size() && samples.cols() == array.samples(),
          "one sample a column");
}

/// A gzip stream of less than 64 KiB [RFC 1952] that is not compressed, which would take longer
/// than all that is tested here.
Bytes stored(std::span<const std::uint8_t> bytes) {
  Bytes packed{0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1};  // and the last block begins
  const auto append = [&](std::size_t number, int count) {
    for (int i = 0; i < count; ++i) packed.push_back(static_cast<std::uint8_t>(number >> 8 * i));
  };
  append(bytes.size(), 2), append(~bytes.size(), 2);
  packed.insert(packed.end(), bytes.begin(), bytes.end());
  append(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())), 4), append(bytes.size(), 4);
  return packed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span input(data, size);
  const MemoryFile file(input);
  const auto read = [](const auto& path) {
    const IdxArray array = read_idx(path);
    check_array(array, read_bytes(path));
  };
  const std::string said = refusal(file, read);
  refusal(file, [](const auto& path) { read_labels(path); });

  const bool packed = size >= 2 && data[0] == 0x1F && data[1] == 0x8B;
  if (!packed && size < (1 << 16))  // what is packed twice is unpacked once
    require(refusal(MemoryFile(stored(input)), read) == said, "the same words of the packed file");
  return 0;
}
