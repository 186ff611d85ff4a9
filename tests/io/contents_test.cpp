// SPDX-License-Identifier: MIT
#include "strata/io/contents.hpp"

#include <doctest/doctest.h>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// What reading a header said, after the path and "at byte ".
std::string error_in_header(const std::string& header, std::size_t size = 0) {
  const TemporaryFolder folder;
  write_file(folder / "x", header, size);
  const auto message = error_of<std::runtime_error>([&] { read_contents(folder / "x"); });
  const auto start = (folder / "x").string() + ": at byte ";
  CHECK(message.starts_with(start));
  return message.substr(std::min(message.size(), start.size()));
}

}  // namespace

TEST_CASE("a header that is not what it should be says what it has") {
  CHECK(contains(error_in_header(R"({"a":})"), "13: found bad JSON"));
  CHECK(contains(error_in_header("{\"\xFF\":1}"), "found bad JSON"));
  CHECK(contains(error_in_header(R"({"a":1e999})"), "found bad JSON"));
  CHECK(contains(error_in_header(std::string(100000, '[')), "found bad JSON"));
  CHECK(error_in_header(std::string("{}\0 ", 4)) ==
        "10: found a zero byte, but expected JSON to the end of the header");
  CHECK(error_in_header("[]") == "8: found a JSON array, but expected a JSON object");
  CHECK(error_in_header(R"({"a":{},"a":{}})") ==
        "8: found the name \"a\" twice in the JSON header, but expected each name once");
  CHECK(error_in_header(R"({"__metadata__":3})") ==
        "8: found __metadata__ that is a JSON number, but expected an object");
  CHECK(error_in_header(R"({"__metadata__":{"a":3}})") ==
        "8: found metadata a that is a JSON number, but expected a string");
  CHECK(error_in_header(R"({"a":null})") ==
        "8: found tensor \"a\" that is a JSON null, but expected an object");
  CHECK(error_in_header(R"({"a":{"dtype":32}})") ==
        "8: found tensor \"a\" without a dtype, but expected one such as F32");
  CHECK(error_in_header(R"({"a":{"dtype":"F33"}})") ==
        "8: found tensor \"a\" with dtype F33, but expected one such as F32");
  for (const std::string shape : {"", R"("shape":3)", R"("shape":[1.5])", R"("shape":[-1])",
                                  R"("shape":["1"])", R"("shape":[1e30])"})
    CHECK(error_in_header(R"({"a":{"dtype":"F32")" + (shape.empty() ? "" : "," + shape) + "}}") ==
          "8: found tensor \"a\" without a good shape, but expected a list of whole numbers");
  CHECK(error_in_header(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296]}})") ==
        "8: found tensor \"a\" with a size of 4294967296, but expected sizes whose product fits "
        "into memory");
}

TEST_CASE("offsets that overlap, leave holes or leave the file are refused") {
  const auto header = [](const std::string& a, const std::string& b) {
    return R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)" + a +
           R"(},"b":{"dtype":"F32","shape":[1],"data_offsets":)" + b + "}}";
  };
  const TemporaryFolder folder;
  write_file(folder / "x", header("[4,12]", "[0,4]"), 12);
  CHECK(read_contents(folder / "x").tensors[0].name == "b");  // any order will do
  CHECK(error_in_header(header("[0,8]", "[4,8]"), 8) ==
        "8: found tensor \"b\" at data_offsets 4 to 8, but expected it to begin at 8, where the "
        "one before it ends");
  CHECK(error_in_header(header("[0,8]", "[12,16]"), 16) ==
        "8: found tensor \"b\" at data_offsets 12 to 16, but expected it to begin at 8, where the "
        "one before it ends");
  CHECK(error_in_header(header("[0,12]", "[12,16]"), 16) ==
        "8: found tensor \"a\" at data_offsets 0 to 12, but expected 8 bytes for its shape and "
        "dtype");
  CHECK(
      error_in_header(header("[8,0]", "[8,12]"), 12) ==
      "8: found tensor \"a\" at data_offsets 8 to 0, but expected 8 bytes for its shape and dtype");
  CHECK(error_in_header(header("[0]", "[8,12]"), 12) ==
        "8: found tensor \"a\" with 1 data_offsets, but expected 2, begin and end");
  CHECK(contains(error_in_header(header("[0,8]", "[8,12]"), 11),
                 "found the end of the file, but expected 1 more bytes of tensors"));
}

TEST_CASE("names are said as JSON has them, so that none ends the message") {
  CHECK(error_in_header(R"({"a\u0000\n":3})") ==
        "8: found tensor \"a\\u0000\\n\" that is a JSON number, but expected an object");
  CHECK(error_in_header(R"({"__metadata__":{"\u0000":3}})") ==
        "8: found metadata \\u0000 that is a JSON number, but expected a string");
}

TEST_CASE("files of others may hold other types, the sizes of which are checked all the same") {
  const TemporaryFolder folder;
  for (const auto& [dtype, size] : {std::pair("BOOL", 1), {"BF16", 2}, {"I32", 4}, {"I64", 8}}) {
    const auto header = [&, type = dtype](int end) {
      return text(R"({"a":{"dtype":")", type, R"(","shape":[3],"data_offsets":[0,)", end, "]}}");
    };
    const auto bytes = static_cast<std::size_t>(3 * size);
    write_file(folder / "x", header(3 * size), bytes);
    CHECK(read_contents(folder / "x").tensors[0].end == bytes);
    CHECK(error_in_header(header(3 * size + 1), bytes + 1) ==
          text("8: found tensor \"a\" at data_offsets 0 to ", bytes + 1, ", but expected ", bytes,
               " bytes for its shape and dtype"));
  }
}
