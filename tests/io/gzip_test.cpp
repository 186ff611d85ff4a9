// SPDX-License-Identifier: MIT
#include "strata/io/gzip.hpp"

#include <doctest/doctest.h>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("what is packed is unpacked again, and is gzip") {
  const TemporaryFolder folder;
  for (const std::size_t count : {0U, 1U, 1000U, 3U << 20}) {
    Bytes bytes(count);  // of no pattern, so that more comes out than one piece holds
    std::uint32_t x = 1;
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>((x = 1664525 * x + 1013904223) >> 24);
    const Bytes packed = gzip(bytes);
    CHECK(first_bytes(packed, 3) == Bytes{0x1F, 0x8B, 8});
    write_atomically(folder / "x.gz", packed);
    CHECK(read_bytes(folder / "x.gz") == bytes);
  }
}

TEST_CASE("packed bytes are fewer if they repeat, and always the same") {
  const Bytes zeros(100000);
  CHECK(gzip(zeros).size() < 1000);
  CHECK(gzip(zeros) == gzip(zeros));
}
