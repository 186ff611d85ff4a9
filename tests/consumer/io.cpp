// SPDX-License-Identifier: MIT
// strata::io brings its libraries with it: zlib, libpng and nlohmann_json, which here must link.
#include <strata/io/gzip.hpp>
#include <strata/io/png.hpp>
#include <strata/io/safetensors.hpp>

int main() {
  const strata::Image image{1, 1, 1, {255}};
  const auto png = strata::png_bytes(image);
  return strata::gzip(png).empty() || nlohmann::json::parse("[1]").size() != 1 ? 1 : 0;
}
