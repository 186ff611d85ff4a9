// SPDX-License-Identifier: MIT
#include "strata/io/describe_file.hpp"

#include <doctest/doctest.h>

#include "io/testing.hpp"
#include "strata/io/safetensors.hpp"
#include "strata/rbm/rbm.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("a model file is described in words and a table") {
  const TemporaryFolder folder;
  const auto path = folder / "x";
  save(path, RBM<float>(784, 5));
  const std::string crc = read_contents(path).entry("crc32");
  const std::string words =
      text("  format        strata model, version 1, written by strata ", library_version, "\n",
           "  architecture  RBM 784-5 (Bernoulli, Bernoulli)\n"
           "  crc32         ",
           crc,
           "\n"
           "  tensor        type  shape    parameters  bytes\n"
           "  weights       F32   5 × 784  3920        15680\n"
           "  visible.bias  F32   784      784         3136\n"
           "  hidden.bias   F32   5        5           20\n"
           "  all 3                        4709        18836\n");
  CHECK(describe(read_contents(path)) == words);
  CHECK(describe_file(path) == path.string() + "\n" + words + "  values  as it was saved\n");

  Bytes bytes = read_bytes(path);
  bytes.back() ^= 1;
  write_atomically(path, bytes);
  CHECK(contains(describe_file(path), words + "  values  DAMAGED: the header and values have the"));
}

TEST_CASE("safetensors of others are described as well") {
  const TemporaryFolder folder;
  const auto path = folder / "x";
  write_file(path,
             R"({"__metadata__":{"format":"pt","crc32":"?","by\n":"me"},)"
             R"("a":{"dtype":"BF16","shape":[2,0,3],"data_offsets":[0,0]},)"
             R"("b\u0000":{"dtype":"I64","shape":[],"data_offsets":[0,8]}})",
             8);
  CHECK(describe_file(path) == path.string() +
                                   "\n"
                                   "  format  safetensors, not of strata\n"
                                   "  by\\n    me\n"
                                   "  crc32   ?\n"
                                   "  format  pt\n"
                                   "  tensor   type  shape      parameters  bytes\n"
                                   "  a        BF16  2 × 0 × 3  0           0\n"
                                   "  b\\u0000  I64   one value  1           8\n"
                                   "  all 2                     1           8\n"
                                   "  values  none: damage would not be noticed\n");
  write_file(path, "{}", 0);
  CHECK(contains(describe_file(path), "  all 0                0           0\n"));
}
