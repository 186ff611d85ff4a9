// SPDX-License-Identifier: MIT
// The reader of .npy files. An input that begins with { is a header and, after a zero, the values, so
// that its length is always right; any other is a whole file.
#include "strata/io/npy.hpp"

#include <algorithm>

#include "fuzz/testing.hpp"

using namespace strata;
using namespace strata::fuzzing;

namespace {

Bytes npy_file(std::span<const std::uint8_t> input) {
  if (input.empty() || input[0] != '{') return {input.begin(), input.end()};
  return with_length({0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0}, 4, input);
}

/// Written again, in the order of C, it is the same array.
void check_array(const Matrix<double>& x) {
  const std::span values(reinterpret_cast<const std::uint8_t*>(x.data()),
                         static_cast<std::size_t>(x.size()) * sizeof(double));
  const MemoryFile again(
      detail::npy_bytes("<f8", text("(", x.cols(), ", ", x.rows(), ")"), values));
  const Matrix<double> back = read_npy<double>(again.path());
  require(back.rows() == x.rows() && back.cols() == x.cols(), "the same shape");
  require(
      std::equal(values.begin(), values.end(), reinterpret_cast<const std::uint8_t*>(back.data())),
      "the same bits");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(npy_file({data, size}));
  NpyHeader header;
  const bool good =
      refusal(file, [&](const auto& path) { header = read_npy_header(path); }).empty();
  refusal(file, [&](const auto& path) {
    const Matrix<double> x = read_npy<double>(path);
    require(good, "a header that is right where the array is");
    require(x.rows() == header.sample_size() && x.cols() == header.samples(),
            "one sample a column");
    check_array(x);
  });
  refusal(file, [](const auto& path) { read_npy<float>(path); });
  refusal(file, [](const auto& path) { read_npy<std::uint8_t>(path); });
  refusal(file, [](const auto& path) { read_npy_labels(path); });
  return 0;
}
