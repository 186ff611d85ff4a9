// SPDX-License-Identifier: MIT
// strata::io brings its libraries with it: zlib, libpng and nlohmann_json, which here must link.
// All of its headers, in no order that they could rely on.
// clang-format off
#include <strata/io/tiles.hpp>
#include <strata/io/scatter.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/io/printable.hpp>
#include <strata/io/png.hpp>
#include <strata/io/pgm.hpp>
#include <strata/io/npy_header.hpp>
#include <strata/io/npy.hpp>
#include <strata/io/mnist.hpp>
#include <strata/io/mistakes.hpp>
#include <strata/io/image_folder.hpp>
#include <strata/io/image.hpp>
#include <strata/io/idx.hpp>
#include <strata/io/gzip.hpp>
#include <strata/io/file.hpp>
#include <strata/io/describe_file.hpp>
#include <strata/io/csv_text.hpp>
#include <strata/io/csv.hpp>
#include <strata/io/contents.hpp>
#include <strata/io/checkpoint.hpp>
#include <strata/io/chart.hpp>
#include <strata/io/apng.hpp>
// clang-format on

int main() {
  const strata::Image image{1, 1, 1, {255}};
  const auto png = strata::png_bytes(image);
  return strata::gzip(png).empty() || nlohmann::json::parse("[1]").size() != 1 ? 1 : 0;
}
