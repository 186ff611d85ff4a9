// SPDX-License-Identifier: MIT
// A state comes back from its bytes, and what does not fit is told.
#include "strata/core/archive.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "fixtures.hpp"
#include "strata/core/random.hpp"

using namespace strata;

namespace {

struct Inner {
  std::string name;
  double value = 0;

  template <class F>
  void visit(F&& f) {
    f("name", name), f("value", value);
  }
};

/// One of each kind of value.
struct Everything {
  bool flag = false;
  int count = 0;
  std::uint64_t counter = 0;
  double nan = 0;
  std::string words;
  Matrix<float> m;
  Vector<double> v;
  Row<float> row;
  BinaryStates bits;
  States<float> states, other_states;
  std::vector<double> numbers;
  std::vector<Matrix<float>> matrices;
  std::vector<Inner> inner;
  Random rng = Random(0);

  template <class F>
  void visit(F&& f) {
    f("flag", flag), f("count", count), f("counter", counter), f("nan", nan), f("words", words);
    f("m", m), f("v", v), f("row", row), f("bits", bits), f("states", states);
    f("other states", other_states), f("numbers", numbers), f("matrices", matrices);
    f("inner", inner), f("random", rng);
  }
};

Everything everything() {
  Everything e;
  e.flag = true;
  e.count = -7;
  e.counter = std::numeric_limits<std::uint64_t>::max();
  e.nan = std::numeric_limits<double>::quiet_NaN();
  e.words = "λ and\n\0zero";
  e.rng = Random(5);
  e.m = e.rng.normal<float>(3, 4);
  e.m(1, 1) = -std::numeric_limits<float>::infinity();
  e.v = e.rng.normal<double>(5, 1);
  e.row = e.rng.normal<float>(1, 2);
  e.bits = BinaryStates(e.m.array() > 0);
  e.states = States<float>(e.bits);
  e.other_states = States<float>(e.m);
  e.numbers = {1, 2.5, -std::numeric_limits<double>::denorm_min()};
  e.matrices = {e.m, Matrix<float>(0, 3), Matrix<float>(2, 0)};
  e.inner = {{"a", 1}, {"", 2}};
  return e;
}

template <class T>
Bytes written(T value) {
  Archive archive;
  archive("it", value);
  return archive.bytes();
}

/// What reading a T from these bytes says.
template <class T>
std::string archive_error(const Bytes& bytes, T value = {}) {
  try {
    Archive archive(bytes, "x", 100);
    archive("it", value);
    archive.expect_end();
    return "no error";
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("Archive: all kinds of values come back bit for bit, into values of any size") {
  const auto bytes = written(everything());
  Everything fresh, used = everything();
  used.m.resize(9, 1);
  used.numbers.clear();
  used.inner.resize(5);
  for (Everything e : {fresh, used}) {
    Archive archive(bytes, "x");
    archive("it", e);
    archive.expect_end();
    CHECK(written(e) == bytes);
    CHECK(e.count == -7);
    CHECK(e.inner[0].name == "a");
    CHECK(e.bits == everything().bits);
    CHECK(e.matrices[1].cols() == 3);
    CHECK(e.rng.counter() == everything().rng.counter());
    CHECK(e.states.is_binary());
    CHECK_FALSE(e.other_states.is_binary());
  }
}

TEST_CASE("Archive: every end before the end is told, and nothing is read past it") {
  const auto bytes = written(everything());
  for (std::size_t n = 0; n < bytes.size(); ++n)
    CHECK(archive_error<Everything>({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)})
              .find("found the end, but expected ") != std::string::npos);
  auto longer = bytes;
  longer.push_back(0);
  CHECK(archive_error<Everything>(longer) ==
        text("x: at byte ", 100 + bytes.size(), ": found more bytes, but expected the end"));
}

TEST_CASE("Archive: no damage does more than an error") {
  const auto bytes = written(everything());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const int flip : {1, 0x80, 0xFF}) {
      auto damaged = bytes;
      damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ flip);
      CHECK_NOTHROW(
          archive_error<Everything>(damaged));  // other values may be read, or runtime_error
    }
}

TEST_CASE("Archive: names, types and shapes that differ are told, with both sides") {
  CHECK(archive_error<double>(written(1.0f)) ==
        "x: at byte 100: found it: f4, but expected it: f8");
  CHECK(archive_error<std::int64_t>(written(std::uint64_t{1})) ==
        "x: at byte 100: found it: u8, but expected it: i8");
  CHECK(archive_error<Matrix<double>>(written(std::string("abc"))) ==
        "x: at byte 100: found it: text, but expected it: matrix f8");
  CHECK(archive_error<Vector<float>>(written(Matrix<float>(Matrix<float>::Zero(2, 2)))) ==
        "x: at byte 117: found it of 2 x 2, but expected 0 x 1");
  CHECK(archive_error<Inner>(written(Everything())) ==
        "x: at byte 100: found it.flag: b1, but expected it.name: text");
}

TEST_CASE("Archive: a view of a parameter takes its own shape alone") {
  Matrix<float> a = Matrix<float>::Random(2, 3), b = Matrix<float>::Zero(2, 3);
  const auto bytes = written(a);
  Eigen::Map<Matrix<float>> to(b.data(), 2, 3), wide(b.data(), 3, 2);
  Archive archive(bytes, "x"), again(bytes, "x");
  archive("it", to);
  CHECK(a == b);
  CHECK_THROWS_WITH(again("it", wide), "x: at byte 17: found it of 2 x 3, but expected 3 x 2");
}
