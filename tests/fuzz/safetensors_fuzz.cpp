// SPDX-License-Identifier: MIT
// The reader of model files. An input that begins with { is a header and, after a zero, the values,
// so that its length is always right; any other is a whole file.
#include "strata/io/safetensors.hpp"

#include <algorithm>

#include "fuzz/testing.hpp"
#include "strata/rbm/rbm.hpp"

using namespace strata;
using namespace strata::fuzzing;

namespace {

Bytes model_file(std::span<const std::uint8_t> input) {
  if (input.empty() || input[0] != '{') return {input.begin(), input.end()};
  const auto zero = std::ranges::find(input, std::uint8_t{0});
  const auto length = static_cast<std::size_t>(zero - input.begin());
  Bytes bytes(8);
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(length >> 8 * i);
  bytes.insert(bytes.end(), input.begin(), zero);
  bytes.insert(bytes.end(), zero == input.end() ? zero : zero + 1, input.end());
  return bytes;
}

/// Loads the file or leaves the model as it is.
void load_or_not(const MemoryFile& file) {
  RBM<float> model(3, 2);
  const bool loaded = refusal(file, [&](const auto& path) { load(path, model); }).empty();
  require(loaded || is_new(model), "a model that is as it was after an error");
  for (const auto& p : parameters(model)) require(p.value.allFinite(), "finite values in a model");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(model_file({data, size}));
  refusal(file, [](const auto& path) { layer_sizes(read_contents(path)); });
  load_or_not(file);
  return 0;
}
