// SPDX-License-Identifier: MIT
#include "strata/io/safetensors.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>
#include <limits>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// A model as `save` and `load` see one.
template <class S>
struct Toy {
  using Scalar = S;
  Matrix<S> weights;
  Vector<S> bias;
  std::string name = "toy";
  std::string bias_name = "bias";

  template <class F>
  void visit(F&& f) {
    f("weights", weights, Role::weights);
    f(bias_name, bias, Role::bias);
  }
};

template <class S>
std::string describe(const Toy<S>& toy) {
  return toy.name;
}

template <class S>
Toy<S> random_toy(Index rows, Index cols) {
  return {Matrix<S>::Random(rows, cols), Vector<S>::Random(rows)};
}

template <class S>
bool same(const Toy<S>& a, const Toy<S>& b) {
  return a.weights == b.weights && a.bias == b.bias;
}

/// What loading said, after the path; it must leave the model as it was.
template <class S>
std::string error_loading(const std::filesystem::path& path, const Toy<S>& model) {
  Toy<S> loaded = model;
  const auto message = error_of<std::runtime_error>([&] { load(path, loaded); });
  CHECK(same(loaded, model));
  CHECK(message.starts_with(path.string() + ": "));
  return message.substr(std::min(message.size(), path.string().size() + 2));
}

}  // namespace

TEST_CASE_TEMPLATE("what is saved is loaded bit for bit", S, float, double) {
  const TemporaryFolder folder;
  auto saved = random_toy<S>(3, 5);
  saved.weights(1, 2) = std::numeric_limits<S>::denorm_min();
  saved.weights(2, 2) = -std::numeric_limits<S>::max();
  saved.bias(0) = -S(0);
  save(folder / "x", saved);
  auto loaded = random_toy<S>(3, 5);
  load(folder / "x", loaded);
  CHECK(same(loaded, saved));
  CHECK(std::signbit(loaded.bias(0)));
  CHECK(folder.files() == 1);
}

TEST_CASE("parameters without values are saved and loaded as well") {
  const TemporaryFolder folder;
  auto model = random_toy<float>(0, 5);
  save(folder / "x", model);
  load(folder / "x", model);
  CHECK(read_contents(folder / "x").find("weights")->shape == std::vector<Index>{0, 5});
}

TEST_CASE("the file is the format, byte for byte") {
  const TemporaryFolder folder;
  Toy<float> model{Matrix<float>{{1, 2, 3}, {4, 5, 6}}, Vector<float>{{7, 8}}};
  save(folder / "x", model);
  const Bytes bytes = read_bytes(folder / "x");
  const std::string metadata =
      text(R"("__metadata__":{"format":"strata","version":"1","strata_version":")", library_version,
           R"(","architecture":"toy")");
  const std::string tensors = R"("weights":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                              R"("bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}})";
  // The CRC-32 of the header without that entry, and of the values.
  const std::string before = "{" + metadata + "}," + tensors;
  const Bytes summed = [&] {
    Bytes all(before.begin(), before.end());
    all.insert(all.end(), bytes.end() - 32, bytes.end());
    return all;
  }();
  char crc[9];
  std::snprintf(crc, sizeof crc, "%08lx",
                crc32(0, summed.data(), static_cast<uInt>(summed.size())));
  std::string json = "{" + metadata + R"(,"crc32":")" + crc + "\"}," + tensors;
  json.resize((json.size() + 7) / 8 * 8, ' ');
  CHECK(std::string(bytes.begin() + 8, bytes.end() - 32) == json);
  CHECK(bytes[0] + 256 * bytes[1] == static_cast<int>(json.size()));
  float values[8];
  std::memcpy(values, bytes.data() + 8 + json.size(), 32);
  for (int i = 0; i < 8; ++i)
    CHECK(values[i] == static_cast<float>(i + 1));  // rows after one another
}

TEST_CASE("the contents tell what a file holds without loading it") {
  const TemporaryFolder folder;
  save(folder / "x", random_toy<double>(3, 5));
  const Contents contents = read_contents(folder / "x");
  CHECK(contents.architecture() == "toy");
  CHECK(contents.metadata.at("format") == "strata");
  REQUIRE(contents.tensors.size() == 2);
  CHECK(contents.tensors[0].name == "weights");
  CHECK(contents.tensors[0].dtype == "F64");
  CHECK(contents.tensors[0].shape == std::vector<Index>{3, 5});
  CHECK(contents.find("bias")->shape == std::vector<Index>{3});
  CHECK(contents.find("none") == nullptr);
}

TEST_CASE("a file of another model is refused, and both sides are named") {
  const TemporaryFolder folder;
  const auto path = folder / "x";
  save(path, random_toy<float>(3, 5));
  auto model = random_toy<float>(3, 5);
  SUBCASE("architecture") {
    model.name = "train";
    CHECK(error_loading(path, model) ==
          "at byte 8: found the architecture toy, but expected that of the model, train");
  }
  SUBCASE("shape") {
    CHECK(
        error_loading(path, random_toy<float>(3, 4)) ==
        "at byte 8: found tensor \"weights\" of shape [3,5], but expected [3,4], as in the model");
  }
  SUBCASE("type") {
    CHECK(error_loading(path, random_toy<double>(3, 5)) ==
          "at byte 8: found tensor \"weights\" with dtype F32, but expected F64, as in the model");
  }
  SUBCASE("missing") {
    model.bias_name = "visible";
    CHECK(error_loading(path, model) ==
          "at byte 8: found the tensors \"weights\", \"bias\", but expected \"visible\" of shape "
          "[3] too, as in the model");
  }
  SUBCASE("extra") {
    write_file(path,
               R"({"__metadata__":{"format":"strata","version":"1","architecture":"toy"},)"
               R"("weights":{"dtype":"F32","shape":[3,5],"data_offsets":[0,60]},)"
               R"("more":{"dtype":"F32","shape":[1,2],"data_offsets":[72,80]},)"
               R"("bias":{"dtype":"F32","shape":[3],"data_offsets":[60,72]}})",
               80);
    CHECK(error_loading(path, model) ==
          "at byte 8: found tensor \"more\" of shape [1,2], but expected only those of the model, "
          "\"weights\", \"bias\"");
  }
  SUBCASE("format") {
    write_file(path, R"({"__metadata__":{"format":"pt"}})", 0);
    CHECK(error_loading(path, model) ==
          "at byte 8: found a safetensors file of format pt, but expected format strata");
    write_file(path, "{}", 0);
    CHECK(error_loading(path, model) ==
          "at byte 8: found a safetensors file of format none, but expected format strata");
    write_file(path, R"({"__metadata__":{"format":"strata","version":"2"}})", 0);
    CHECK(error_loading(path, model) == "at byte 8: found version 2, but expected version 1");
  }
}

TEST_CASE("a model file cut at any byte is refused") {
  const TemporaryFolder folder;
  const auto model = random_toy<float>(2, 3);
  save(folder / "whole", model);
  const Bytes whole = read_bytes(folder / "whole");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_atomically(folder / "cut", first_bytes(whole, size));
    CAPTURE(size);
    CHECK(contains(error_loading(folder / "cut", model), ", but expected "));
  }
  write_atomically(folder / "cut", first_bytes(whole, whole.size() - 5));
  CHECK(error_loading(folder / "cut", model) ==
        text("at byte ", whole.size() - 5,
             ": found the end of the file, but expected 5 more bytes of tensors"));
}

TEST_CASE("a model file with bytes after its end is refused") {
  const TemporaryFolder folder;
  const auto model = random_toy<float>(2, 3);
  save(folder / "x", model);
  Bytes bytes = read_bytes(folder / "x");
  bytes.resize(bytes.size() + 3);
  write_atomically(folder / "x", bytes);
  CHECK(error_loading(folder / "x", model) ==
        text("at byte ", bytes.size() - 3,
             ": found 3 more bytes, but expected the end of the file after the tensors"));
}

TEST_CASE("any other length of the header is refused") {
  const TemporaryFolder folder;
  const auto model = random_toy<float>(2, 3);
  save(folder / "x", model);
  Bytes bytes = read_bytes(folder / "x");
  const int length = bytes[0] + 256 * bytes[1];
  for (int lie = 0; lie < 600; ++lie) {
    bytes[0] = static_cast<std::uint8_t>(lie % 256),
    bytes[1] = static_cast<std::uint8_t>(lie / 256);
    write_atomically(folder / "y", bytes);
    CAPTURE(lie);
    if (lie != length) CHECK(error_loading(folder / "y", model) != "");
  }
  bytes[7] = 0xFF;
  write_atomically(folder / "y", bytes);
  CHECK(contains(error_loading(folder / "y", model),
                 "at byte 0: found a header length of 1837468647967"));
}

TEST_CASE("values that are not finite are found by name, row and column") {
  const TemporaryFolder folder;
  const auto model = random_toy<float>(2, 3);
  write_file(folder / "x",
             R"({"__metadata__":{"format":"strata","version":"1","architecture":"toy"},)"
             R"("weights":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
             R"("bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}})",
             32);
  Bytes bytes = read_bytes(folder / "x");
  const std::size_t offset = bytes.size() - 8 - 24 + 5 * sizeof(float);  // of weights(1, 2)
  const float infinity = -std::numeric_limits<float>::infinity();
  std::memcpy(bytes.data() + offset, &infinity, 4);
  write_atomically(folder / "x", bytes);
  CHECK(error_loading(folder / "x", model) ==
        text("at byte ", offset,
             ": found -inf in tensor \"weights\" at row 1, column 2, but expected finite values"));
}

TEST_CASE("a model file with any one bit flipped is refused") {
  const TemporaryFolder folder;
  const auto model = random_toy<float>(2, 3);
  save(folder / "x", model);
  const Bytes whole = read_bytes(folder / "x");
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes bytes = whole;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    write_atomically(folder / "y", bytes);
    CAPTURE(bit);
    CHECK(contains(error_loading(folder / "y", model), ", but expected "));
  }
  Bytes bytes = whole;
  bytes.back() ^= 1;
  write_atomically(folder / "y", bytes);
  const std::string crc = read_contents(folder / "x").entry("crc32");
  const auto error = error_loading(folder / "y", model);
  CHECK(error.starts_with("at byte 8: found a header and values of CRC-32 "));
  CHECK(error.ends_with(", but expected " + crc + ", the crc32 in the metadata"));
}

TEST_CASE("a file without a checksum is loaded, unless it says that strata wrote it") {
  const TemporaryFolder folder;
  auto model = random_toy<float>(2, 3);
  const auto write = [&](const std::string& metadata) {
    write_file(folder / "x",
               R"({"__metadata__":{)" + metadata +
                   R"("format":"strata","version":"1","architecture":"toy"},)"
                   R"("weights":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                   R"("bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}})",
               32);
  };
  write(R"("strata_version":"0.1.0",)");
  CHECK(error_loading(folder / "x", model) ==
        "at byte 8: found a strata_version without a crc32, but expected both or neither");
  write("");
  load(folder / "x", model);
  CHECK(model.weights.isZero(0));
  write(R"("crc32":"00000000",)");
  CHECK(contains(error_loading(folder / "x", model),
                 ", but expected 00000000, the crc32 in the metadata"));
}

TEST_CASE("the checksum of a large file is that of all its values") {
  const TemporaryFolder folder;
  auto model = random_toy<float>(700, 1000);  // more than is summed at a time
  save(folder / "x", model);
  load(folder / "x", model);
  Bytes bytes = read_bytes(folder / "x");
  bytes[bytes.size() / 2] ^= 1;
  write_atomically(folder / "x", bytes);
  CHECK(contains(error_loading(folder / "x", model), "the crc32 in the metadata"));
}

TEST_CASE("a model that could not be loaded is not saved, and the old file stays") {
  const TemporaryFolder folder;
  auto model = random_toy<float>(2, 3);
  save(folder / "x", model);
  const Bytes before = read_bytes(folder / "x");
  const auto error = [&] {
    return error_of<std::invalid_argument>([&] { save(folder / "x", model); });
  };
  model.weights(1, 2) = std::numeric_limits<float>::quiet_NaN();
  CHECK(contains(error(), "save: weights has nan at row 1, column 2"));
  model.bias_name = "weights";
  CHECK(error() == "save: the model has two parameters \"weights\", but their names must differ");
  model.bias_name = "\xFF";
  CHECK(contains(error(), "save: the model has a name that is not UTF-8"));
  CHECK(read_bytes(folder / "x") == before);
  CHECK(folder.files() == 1);
}

TEST_CASE("a file that is none says so") {
  const TemporaryFolder folder;
  const auto model = random_toy<float>(2, 3);
  CHECK(error_loading(folder / "none", model) == "cannot be opened: No such file or directory");
  CHECK(error_loading(folder.path(), model) ==
        "at byte 0: found a folder, but expected a model file");
}
