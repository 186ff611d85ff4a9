// SPDX-License-Identifier: MIT
#include "strata/io/npy.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "io/testing.hpp"
#include "strata/core/random.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// A file of version 1.0 with that header, as it is, and values.
Bytes npy(const std::string& header, const Bytes& values, std::uint8_t version = 1) {
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', version, 0};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    bytes.push_back(static_cast<std::uint8_t>(header.size() >> 8 * i));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

/// The same as numpy 1.24 writes it: spaces and a new line after the dictionary, 128 bytes in all.
Bytes by_numpy(std::string dictionary, const Bytes& values, std::uint8_t version = 1) {
  dictionary.resize((version == 1 ? 118 : 116) - 1, ' ');
  return npy(dictionary + "\n", values, version);
}

std::string words_for(const std::string& dtype, const std::string& shape,
                      const std::string& fortran = "False") {
  return "{'descr': '" + dtype + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

template <class S = double>
Matrix<S> read_npy_of(const Bytes& bytes) {
  const TemporaryFolder folder;
  write_atomically(folder / "x.npy", bytes);
  return read_npy<S>(folder / "x.npy");
}

/// What follows the path in the error.
template <class S = double>
std::string npy_error(const Bytes& bytes) {
  const TemporaryFolder folder;
  write_atomically(folder / "x.npy", bytes);
  const auto words = error_of<std::runtime_error>([&] { read_npy<S>(folder / "x.npy"); });
  const auto path = (folder / "x.npy").string() + ": ";
  return words.starts_with(path) ? words.substr(path.size()) : words;
}

Bytes counted(std::size_t n) {
  Bytes bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::uint8_t>(i);
  return bytes;
}

}  // namespace

TEST_CASE("npy: the rows of a numpy array become columns") {
  const Matrix<double> x = read_npy_of(by_numpy(words_for("|u1", "(2, 3)"), counted(6)));
  Matrix<double> expected(3, 2);
  expected << 0, 3, 1, 4, 2, 5;
  CHECK(x == expected);
  // numpy.save of numpy.asfortranarray of the same
  CHECK(read_npy_of(by_numpy(words_for("|u1", "(2, 3)", "True"), {0, 3, 1, 4, 2, 5})) == expected);
}

TEST_CASE(
    "npy: an array of N values is N samples of one, and of N pictures N samples of all pixels") {
  CHECK(read_npy_of(by_numpy(words_for("|u1", "(3,)"), counted(3))) == Row<double>{{0, 1, 2}});
  Matrix<double> pictures(6, 2);
  for (Index i = 0; i < 12; ++i) pictures(i) = static_cast<double>(i);
  CHECK(read_npy_of(by_numpy(words_for("|u1", "(2, 3, 2)"), counted(12))) == pictures);
  // What numpy 1.24 writes for asfortranarray(arange(12).reshape(2, 3, 2)).
  CHECK(read_npy_of(by_numpy(words_for("|u1", "(2, 3, 2)", "True"),
                             {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11})) == pictures);
}

TEST_CASE("npy: in Fortran's order all numbers of dimensions come as in C's") {
  Random rng(1);
  for (const std::vector<Index>& shape :
       {std::vector<Index>{5}, {3, 4}, {2, 3, 5}, {3, 1, 4, 2}, {2, 2, 3, 1, 2}, {1, 7}, {7, 1}}) {
    std::string words = "(";
    Index size = 1;
    for (const Index n : shape) words += text(n, ", "), size *= n;
    words += ")";
    const Bytes c = counted(static_cast<std::size_t>(size));
    Bytes fortran(c.size());
    for (Index k = 0; k < size; ++k) {  // the indices of value k in C's order, and its place
      Index rest = k, place = 0, stride = size;
      for (auto n = shape.rbegin(); n != shape.rend(); rest /= *n++)
        place += rest % *n * (stride /= *n);
      fortran[static_cast<std::size_t>(place)] = c[static_cast<std::size_t>(k)];
    }
    CAPTURE(words);
    CHECK(read_npy_of(npy(words_for("|u1", words), c)) ==
          read_npy_of(npy(words_for("|u1", words, "True"), fortran)));
  }
}

TEST_CASE("npy: doubles come bit for bit, in either order of bytes, not a number and all") {
  // numpy.array([1.5, -0.0, inf, 5e-324]), '<f8' and '>f8'
  const Bytes little = {0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0x80,
                        0, 0, 0, 0, 0, 0, 0xF0, 0x7F, 1, 0, 0, 0, 0, 0, 0, 0};
  Bytes big = little;
  for (auto value = big.begin(); value != big.end(); value += 8) std::reverse(value, value + 8);
  for (const Matrix<double>& x : {read_npy_of(by_numpy(words_for("<f8", "(4,)"), little)),
                                  read_npy_of(by_numpy(words_for(">f8", "(4,)"), big))}) {
    CHECK(x(0) == 1.5);
    CHECK((x(1) == 0 && std::signbit(x(1))));
    CHECK(x(2) == HUGE_VAL);
    CHECK(x(3) == std::numeric_limits<double>::denorm_min());
  }
  CHECK(std::isnan(read_npy_of(by_numpy(words_for("<f4", "(1,)"), {0, 0, 0xC0, 0x7F}))(0)));
  CHECK(read_npy_of(by_numpy(words_for("<f8", "(1,)"), {0, 0, 0, 0, 0, 0, 0xF0, 0xFF}))(0) ==
        -HUGE_VAL);
  CHECK(read_npy_of<float>(by_numpy(words_for(">f4", "(1,)"), {0x40, 0x49, 0x0F, 0xDB}))(0) ==
        3.14159274F);
}

TEST_CASE("npy: integers of all sizes, signs and orders, and bools") {
  const auto one = [](const std::string& dtype, const Bytes& bytes) {
    return read_npy_of(by_numpy(words_for(dtype, "(1,)"), bytes))(0);
  };
  CHECK(one("|u1", {200}) == 200);
  CHECK(one("|i1", {200}) == -56);
  CHECK(one("<u2", {1, 2}) == 513);
  CHECK(one(">u2", {1, 2}) == 258);
  CHECK(one("<i2", {0xFF, 0xFF}) == -1);
  CHECK(one("<u4", {0, 0, 0, 0x80}) == 2147483648.0);
  CHECK(one("<i4", {0, 0, 0, 0x80}) == -2147483648.0);
  CHECK(one(">i4", {0, 0, 0, 5}) == 5);
  CHECK(one("<u8", {0, 0, 0, 0, 0, 0, 0, 0x80}) == 9223372036854775808.0);
  CHECK(one("<i8", {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}) == -2);
  CHECK(one(">i8", {0, 0, 0, 0, 0, 0, 1, 0}) == 256);
  CHECK(read_npy_of(by_numpy(words_for("|b1", "(2,)"), {1, 0})) == Row<double>{{1, 0}});
}

TEST_CASE("npy: versions 2.0 and 3.0 have a longer length of the header") {
  for (const std::uint8_t version : {std::uint8_t{2}, std::uint8_t{3}}) {
    const Bytes bytes = by_numpy(words_for("|u1", "(2, 3)"), counted(6), version);
    CHECK(bytes.size() == 128 + 6);
    CHECK(read_npy_of(bytes)(2, 1) == 5);
  }
}

TEST_CASE("npy: an array without samples, and samples without values") {
  const Matrix<double> none = read_npy_of(by_numpy(words_for("<f8", "(0, 3)"), {}));
  CHECK((none.rows() == 3 && none.cols() == 0));
  for (const std::string order : {"False", "True"}) {
    const Matrix<double> bare = read_npy_of(by_numpy(words_for("<f8", "(3, 0)", order), {}));
    CHECK((bare.rows() == 0 && bare.cols() == 3));
  }
}

TEST_CASE("npy: the header may be spelled as Python would read it") {
  for (const std::string words :
       {"{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"|u1\"}",
        " {\n'descr' :'|u1' , 'shape'\t: ( 2 , ) ,'fortran_order': True}\n",
        "{'descr': '<u1', 'fortran_order': False, 'shape': (2, 1, ), }"})
    CHECK(read_npy_of(npy(words, {3, 4})) == Row<double>{{3, 4}});
}

TEST_CASE("npy: what is written is read, of any size and type, plain or packed") {
  const TemporaryFolder folder;
  Random rng(2);
  const auto round_trip = [&](const auto& x) {
    using S = ScalarOf<decltype(x)>;
    for (const std::string name : {"x.npy", "x.npy.gz"}) {
      write_npy(folder / name, x);
      CHECK(read_npy<S>(folder / name) == x);
    }
    const NpyHeader header = read_npy_header(folder / "x.npy");
    CHECK(header.shape == std::vector<Index>{x.cols(), x.rows()});
    CHECK(!header.fortran_order);
    CHECK(packed_bytes(folder / "x.npy").size() % 64 ==
          static_cast<std::size_t>(x.size()) * sizeof(S) % 64);
  };
  for (const auto& [n, count] :
       {std::pair<Index, Index>{0, 0}, {1, 1}, {3, 0}, {0, 4}, {7, 5}, {1, 1001}, {333, 77}}) {
    round_trip(Matrix<double>(rng.normal<double>(n, count)));
    round_trip(Matrix<float>(rng.normal<float>(n, count)));
    round_trip(Matrix<std::uint8_t>(Matrix<std::uint8_t>::Random(n, count)));
    round_trip(Matrix<std::int64_t>(Matrix<std::int64_t>::Random(n, count)));
  }
  CHECK(packed_bytes(folder / "x.npy.gz")[0] == 0x1F);
  write_npy(folder / "x.npy", Labels{3, 1, 2});
  CHECK(read_npy_labels(folder / "x.npy") == Labels{3, 1, 2});
  CHECK(folder.files() == 2);
}

TEST_CASE("npy: what is written is as numpy writes it") {
  const TemporaryFolder folder;
  write_npy(folder / "x.npy", Matrix<float>{{-1, 2}});
  CHECK(read_bytes(folder / "x.npy") ==
        by_numpy(words_for("<f4", "(2, 1)"), {0, 0, 0x80, 0xBF, 0, 0, 0, 0x40}));
  write_npy(folder / "x.npy", Labels{7});
  CHECK(read_bytes(folder / "x.npy") == by_numpy(words_for("<i4", "(1,)"), {7, 0, 0, 0}));
  write_npy(folder / "x.npy", Matrix<std::uint8_t>{{7}});
  CHECK(read_bytes(folder / "x.npy") == by_numpy(words_for("|u1", "(1, 1)"), {7}));
}

TEST_CASE("npy: an expression of Eigen is written like its value") {
  const TemporaryFolder folder;
  const Matrix<double> x = Matrix<double>{{1, 2, 3}, {4, 5, 6}};
  write_npy(folder / "x.npy", 2 * x.transpose().rightCols(1));
  CHECK(read_npy<double>(folder / "x.npy") == Matrix<double>{{8}, {10}, {12}});
}

TEST_CASE("npy: integers are read from integers that fit") {
  CHECK(read_npy_of<std::uint8_t>(by_numpy(words_for("<i4", "(1,)"), {255, 0, 0, 0}))(0) == 255);
  CHECK(npy_error<std::uint8_t>(by_numpy(words_for("<i2", "(2,)"), {5, 0, 0, 1})) ==
        "at byte 130: found value 256, but expected 0 to 255");
  CHECK(npy_error<int>(by_numpy(words_for("<u4", "(1,)"), {0, 0, 0, 0x80})) ==
        "at byte 128: found value 2147483648, but expected -2.14748e+09 to 2.14748e+09");
  CHECK(npy_error<int>(by_numpy(words_for("<f4", "(1,)"), {0, 0, 0, 0})) ==
        "at byte 8: found dtype <f4, but expected integers or bools");
}

TEST_CASE("npy: doubles that no float can hold are refused, infinities are not") {
  const Bytes large = {0, 0, 0, 0, 0, 0, 0, 0x48};  // 2^129
  CHECK(npy_error<float>(by_numpy(words_for("<f8", "(1,)"), large)) ==
        "at byte 128: found value 6.80565e+38, but expected -3.40282e+38 to 3.40282e+38");
  CHECK(read_npy_of<float>(by_numpy(words_for("<f8", "(1,)"), {0, 0, 0, 0, 0, 0, 0xF0, 0x7F}))(0) ==
        HUGE_VALF);
}

TEST_CASE("npy: a bool is 0 or 1") {
  CHECK(npy_error(by_numpy(words_for("|b1", "(2,)"), {1, 2})) ==
        "at byte 129: found a bool of 2, but expected 0 or 1");
}

TEST_CASE("npy: labels have one dimension") {
  const TemporaryFolder folder;
  write_npy(folder / "x.npy", Matrix<int>{{1, 2}});
  CHECK(error_of<std::runtime_error>([&] { read_npy_labels(folder / "x.npy"); }) ==
        (folder / "x.npy").string() +
            ": at byte 8: found 2 dimensions, but expected 1, the number of labels");
}

TEST_CASE("npy: a file cut at any byte is refused, plain or packed") {
  const TemporaryFolder folder;
  const Bytes whole = by_numpy(words_for("<f4", "(1, 2)"), Bytes(8));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(contains(npy_error(first_bytes(whole, size)),
                   text("at byte ", size, ": found the end of the file, but expected ")));
  }
  write_gzip(folder / "whole.gz", whole);
  const Bytes packed = packed_bytes(folder / "whole.gz");
  for (std::size_t size = 0; size < packed.size(); ++size)
    CHECK(npy_error(first_bytes(packed, size)) != "no error");
}

TEST_CASE("npy: a malformed file says where, what was found and what was expected") {
  const auto error = [](const std::string& words) { return npy_error(npy(words, {})); };
  const std::string numbers = "f4, f8, b1, u1 to u8 or i1 to i8, the numbers";
  Bytes bytes = npy(words_for("|u1", "(1,)"), {1});
  bytes[0] = 'P';
  CHECK(npy_error(bytes) ==
        "at byte 0: found other bytes, but expected \\x93NUMPY, the start of an .npy file");
  bytes[0] = 0x93, bytes[6] = 4;
  CHECK(npy_error(bytes) == "at byte 6: found version 4.0, but expected 1.0, 2.0 or 3.0");
  bytes[6] = 1, bytes[7] = 1;
  CHECK(npy_error(bytes) == "at byte 6: found version 1.1, but expected 1.0, 2.0 or 3.0");
  CHECK(npy_error(npy(words_for("|u1", "(1,)"), {1, 2})) ==
        "at byte 68: found more bytes, but expected the end of the file after the values");
  CHECK(npy_error(npy(words_for("<f4", "(2,)"), {1, 2})) ==
        "at byte 69: found the end of the file, but expected 6 more bytes of values");

  CHECK(error("") ==
        "at byte 10: found the end of the header, but expected a Python dictionary, {");
  CHECK(error("[1]") == "at byte 10: found [, but expected a Python dictionary, {");
  CHECK(error("{\x01") == "at byte 11: found byte 1, but expected a key in quotes, or }");
  CHECK(error("{descr") == "at byte 11: found d, but expected a key in quotes, or }");
  CHECK(error("{'descr") ==
        "at byte 17: found the end of the header, but expected a closing quote");
  CHECK(error("{'names': 1}") ==
        "at byte 11: found key 'names', but expected 'descr', 'fortran_order' and 'shape', once "
        "each");
  CHECK(error("{'shape': (1,), 'shape': (1,)}") ==
        "at byte 26: found key 'shape', but expected 'descr', 'fortran_order' and 'shape', once "
        "each");
  CHECK(error("{'descr' '<f4'}") == "at byte 19: found ', but expected :");
  CHECK(error("{'descr': '<f4' 'shape'") == "at byte 26: found ', but expected , or }");
  CHECK(error("{}") ==
        "at byte 12: found no descr, but expected a header with descr, fortran_order and shape");
  CHECK(error("{'descr': '<f4'}") ==
        "at byte 26: found no fortran_order, but expected a header with descr, fortran_order and "
        "shape");
  CHECK(error("{'descr': '<f4', 'fortran_order': True}") ==
        "at byte 49: found no shape, but expected a header with descr, fortran_order and shape");
  CHECK(error("{'fortran_order': true") == "at byte 28: found t, but expected True or False");
  CHECK(error(words_for("<f4", "(1,)") + "x") ==
        "at byte 67: found x, but expected the end of the header");

  CHECK(error("{'descr': [('a', '<f4')]") ==
        "at byte 20: found a dtype with fields, but expected " + numbers);
  CHECK(error("{'descr': 4") == "at byte 20: found 4, but expected a dtype in quotes");
  CHECK(error("{'descr': '|O'") ==
        "at byte 20: found dtype |O, Python objects, but expected " + numbers);
  for (const std::string dtype : {"<c8", "<f2", "<U3", "|S1", "<M8[s]", "f4", "=f4", "", "<"})
    CHECK(error("{'descr': '" + dtype + "'") ==
          "at byte 20: found dtype " + dtype + ", but expected " + numbers);
  CHECK(error(std::string("{'descr': '\0\x1B'", 14)) ==
        "at byte 20: found dtype ??, but expected " + numbers);
  CHECK(error("{'" + std::string(50, 'x') + "'") ==
        "at byte 11: found key '" + std::string(40, 'x') +
            "…', but expected 'descr', 'fortran_order' and 'shape', once each");
  CHECK(error("{'descr': '|f4'") ==
        "at byte 20: found dtype |f4, but expected < or > before the type, its byte order");
}

TEST_CASE("npy: a malformed shape is refused") {
  const auto error = [](const std::string& shape) {
    return npy_error(npy("{'shape': " + shape, {}));
  };
  CHECK(error("3") == "at byte 20: found 3, but expected a tuple of sizes, (");
  CHECK(error("()") == "at byte 20: found 0 dimensions, but expected 1 to 32");
  CHECK(error("(3)") == "at byte 22: found ), but expected , after the first size");
  CHECK(error("(3 4)") == "at byte 23: found 4, but expected , after the first size");
  CHECK(error("(3, 4 5)") == "at byte 26: found 5, but expected , or )");
  CHECK(error("(-3,)") == "at byte 21: found -, but expected a size");
  CHECK(error("(-0,)") == "at byte 21: found -, but expected a size");
  CHECK(error("(,)") == "at byte 21: found ,, but expected a size");
  CHECK(error("(3L,)") == "at byte 22: found L, but expected , after the first size");
  CHECK(error("(3, 0x4)") == "at byte 25: found x, but expected , or )");
  CHECK(error("(3,") == "at byte 23: found the end of the header, but expected a size");
  std::string many = "(";
  for (int i = 0; i < 33; ++i) many += "1, ";
  CHECK(error(many + ")") == "at byte 20: found 33 dimensions, but expected 1 to 32");
}

TEST_CASE("npy: sizes that lie are refused without memory for them") {
  const auto error = [](const std::string& dtype, const std::string& shape) {
    return npy_error(npy(words_for(dtype, shape), {}));
  };
  const std::string memory = "sizes whose product fits into memory";
  CHECK(error("|u1", "(4294967296,)") ==
        "at byte 76: found the end of the file, but expected 4294967296 more bytes of values");
  CHECK(contains(error("<f8", "(4294967296, 65536)"), "expected 2251799813685248 more bytes"));
  CHECK(contains(error("|u1", "(4294967296, 4294967296)"),
                 "found size 4294967296, but expected " + memory));
  CHECK(contains(error("<f8", "(0, 4294967296, 4294967296)"),
                 "found size 4294967296, but expected " + memory));
  CHECK(contains(error("<f8", "(1152921504606846976,)"),
                 "found size 1152921504606846976, but expected " + memory));
  CHECK(contains(error("<f8", "(9223372036854775807,)"), memory));
  CHECK(contains(error("<f8", "(9223372036854775808,)"),
                 "found a size of more than 63 bits, but expected " + memory));
  CHECK(contains(error("<f8", "(18446744073709551617,)"), "found a size of more than 63 bits"));
  Bytes bytes = npy("", {}, 2);
  std::fill_n(bytes.begin() + 8, 4, std::uint8_t{0xFF});
  CHECK(npy_error(bytes) ==
        "at byte 8: found a header of 4294967295 bytes, but expected at most 1048576");
}

TEST_CASE("npy: a file that is not there, and one that cannot be written") {
  const TemporaryFolder folder;
  const auto path = folder / "missing/x.npy";
  CHECK(error_of<std::runtime_error>([&] { read_npy<float>(path); }) ==
        path.string() + ": cannot be opened: No such file or directory");
  CHECK(error_of<std::runtime_error>([&] { write_npy(path, Labels{1}); }) ==
        path.string() + ": cannot be written: No such file or directory");
}
