// SPDX-License-Identifier: MIT
// The reader of model files. An input that begins with { is a header and, after a zero, the values,
// so that its length is always right; any other is a whole file. Where a checksum is wrong, the
// file is read once more with the right one.
#include "strata/io/safetensors.hpp"

#include "fuzz/testing.hpp"
#include "strata/io/describe_file.hpp"
#include "strata/rbm/rbm.hpp"

using namespace strata;
using namespace strata::fuzzing;

namespace {

Bytes model_file(std::span<const std::uint8_t> input) {
  if (input.empty() || input[0] != '{') return {input.begin(), input.end()};
  return with_length({}, 8, input);
}

/// The same file with the checksum that it should have.
Bytes with_checksum(const std::filesystem::path& path) {
  auto file = detail::open_model_file(path);
  const Contents contents = detail::read_contents(path, file);
  const Bytes bytes{std::istreambuf_iterator<char>(std::ifstream(path, std::ios::binary).rdbuf()),
                    {}};
  const auto values = bytes.begin() + static_cast<std::ptrdiff_t>(contents.data_offset);
  auto header = detail::parse_header(path, Bytes(bytes.begin() + 8, values));
  header["__metadata__"]["crc32"] = detail::hexadecimal(detail::checksum(path, file, contents));
  Bytes mended = detail::header_bytes(header);
  mended.insert(mended.end(), values, bytes.end());
  return mended;
}

/// Loads the file, or leaves the model as it is.
std::string load_or_not(const MemoryFile& file) {
  RBM<float> model(3, 2);
  const std::string said = refusal(file, [&](const auto& path) { load(path, model); });
  require(said.empty() || is_new(model), "a model that is as it was after an error");
  for (const auto& p : parameters(model)) require(p.value.allFinite(), "finite values in a model");
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(model_file({data, size}));
  Contents contents;
  const bool good =
      refusal(file, [&](const auto& path) { contents = read_contents(path); }).empty();
  const std::string said = load_or_not(file);
  if (!good) return 0;

  layer_sizes(contents);
  const std::string words = describe_file(file.path());
  require(words.find('\0') == words.npos, "words without zeros");
  if (said.ends_with("the crc32 in the metadata")) {
    const MemoryFile mended(with_checksum(file.path()));
    require(!load_or_not(mended).ends_with("the crc32 in the metadata"),
            "a checksum that is right");
  }
  return 0;
}
