// SPDX-License-Identifier: MIT
#include "strata/io/csv.hpp"

#include <doctest/doctest.h>

#include <clocale>
#include <cmath>
#include <limits>

#include "io/testing.hpp"
#include "strata/core/random.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using Words = std::vector<std::string>;

template <class S = double>
Table<S> csv(const std::string& lines, const CsvOptions& options = {}) {
  const TemporaryFolder folder;
  write_atomically(folder / "x.csv", lines);
  return read_csv<S>(folder / "x.csv", options);
}

/// What follows the path in the error.
template <class S = double>
std::string csv_error(const std::string& lines, const CsvOptions& options = {}) {
  const TemporaryFolder folder;
  write_atomically(folder / "x.csv", lines);
  const auto words = error_of<std::runtime_error>([&] { read_csv<S>(folder / "x.csv", options); });
  const auto path = (folder / "x.csv").string() + ": ";
  return words.starts_with(path) ? words.substr(path.size()) : words;
}

/// 1 2 3 and 4 5 6 in lines.
const Matrix<double> two_lines{{1, 4}, {2, 5}, {3, 6}};

}  // namespace

TEST_CASE("csv: each line is a sample and becomes a column, whatever separates the numbers") {
  for (const std::string lines :
       {"1,2,3\n4,5,6\n", "1,2,3\n4,5,6", "1,2,3\r\n4,5,6\r\n", "1;2;3\n4;5;6\n",
        "1\t2\t3\n4\t5\t6\n", "1 2 3\n4 5 6\n", "  1   2 3 \n 4 5      6\n",
        "1, 2, 3\n4 ,\t5 , 6 \n", "1,2,3\n4,5,6\n\n\r\n  \n",
        "\xEF\xBB\xBF"
        "1,2,3\n4,5,6\n",
        "\"1\",2,\"3\"\n4,\"5\" ,6\n", "1\t 2\t3\n4\t5 \t6\n", "\"1\" \"2\" 3\n4 5 \"6\"",
        "+1,2.,3e0\n4.0,0.5e+1,600E-2\n", "1.0;2;3\n4;5;6"}) {
    CAPTURE(lines);
    const auto table = csv(lines);
    CHECK(table.data.images == two_lines);
    CHECK(table.data.labels.empty());
    CHECK(table.names.empty());
    CHECK(table.classes.empty());
  }
  CHECK(csv("1|2|3\n4|5|6", {.separator = '|'}).data.images == two_lines);
  CHECK(csv<float>("1,2,3\n4,5,6\n").data.images == two_lines.cast<float>());
}

TEST_CASE("csv: a gzipped table is read like a plain one") {
  const TemporaryFolder folder;
  const std::string lines = "1,2,3\n4,5,6\n";
  write_gzip(folder / "x.csv.gz", Bytes(lines.begin(), lines.end()));
  CHECK(read_csv<double>(folder / "x.csv.gz").data.images == two_lines);
}

TEST_CASE("csv: one number, one column, one line") {
  CHECK(csv("7").data.images == Matrix<double>{{7}});
  CHECK(csv("7\n8\n9\n").data.images == Matrix<double>{{7, 8, 9}});
  CHECK(csv("7,8,9").data.images == Matrix<double>{{7}, {8}, {9}});
}

TEST_CASE("csv: a first line without numbers is a header, and its names are kept") {
  const auto table = csv("a,\"b, or \"\"c\"\"\", d \n1,2,3\n4,5,6\n");
  CHECK(table.names == Words{"a", "b, or \"c\"", "d"});
  CHECK(table.data.images == two_lines);
  CHECK(csv("length;\"width, in cm\"\n1;2\n").names == Words{"length", "width, in cm"});
  const auto none = csv("a,b\n");
  CHECK(none.data.images.rows() == 2);
  CHECK(none.data.images.cols() == 0);
  // Where the numbers of a first line are names, it takes a word from the user.
  CHECK(csv("0,1,2\n1,2,3\n4,5,6\n", {.header = true}).names == Words{"0", "1", "2"});
  CHECK(csv(",0,1\n1,2,3\n4,5,6\n", {.header = true}).names == Words{"", "0", "1"});
  CHECK(csv("0,1,2\n1,2,3\n").data.images.cols() == 2);
  CHECK(csv_error("a,b\n1,2\n", {.header = false}) ==
        "at line 1, column 1: found \"a\", but expected a number, or names in all of line 1");
}

TEST_CASE("csv: numbers come to the last bit, denormal, infinite and not a number") {
  const auto x =
      csv("0.1,-0,5e-324,2.2250738585072011e-308,1.7976931348623157e308,inf,-Infinity").data.images;
  CHECK(x(0) == 0.1);
  CHECK((x(1) == 0 && std::signbit(x(1))));
  CHECK(x(2) == std::numeric_limits<double>::denorm_min());
  CHECK(x(3) == 0x0.fffffffffffffp-1022);  // which some readers took for ever to round
  CHECK(x(4) == std::numeric_limits<double>::max());
  CHECK(x(5) == HUGE_VAL);
  CHECK(x(6) == -HUGE_VAL);
  CHECK(std::isnan(csv("1,nan\n2,3").data.images(1, 0)));
  CHECK(std::isnan(csv("1,NaN\n2,3").data.images(1, 0)));
  CHECK(csv<float>("1.17549421e-38").data.images(0) == 0x0.fffffep-126F);
  // Halfway between floats but for a digit that a double does not hold: rounded once.
  CHECK(csv<float>("1.000000059604644775390626").data.images(0) == 1.00000012F);
}

TEST_CASE("csv: what is too small becomes 0, what is too large is refused") {
  const std::string zeros(400, '0');
  for (const std::string& tiny :
       {std::string("1e-400"), std::string("-1E-400"), std::string("0.01e-390"), "0." + zeros + "1",
        "12" + zeros + "e-900", std::string("2e-324"), std::string("1e-99999999999999999999")}) {
    CAPTURE(tiny);
    CHECK(csv(tiny + ",1").data.images(0) == 0);
  }
  CHECK(csv<float>("1e-300").data.images(0) == 0);
  for (const std::string& large :
       {std::string("1e400"), std::string("-1e+400"), "1" + zeros, "1" + zeros + "e-5",
        std::string("0.001e312"), std::string("1e99999999999999999999")}) {
    CAPTURE(large);
    CHECK(contains(csv_error("1\n" + large), "at line 2, column 1: found \""));
    CHECK(contains(csv_error("1\n" + large), "but expected a number that a double holds"));
  }
  CHECK(csv_error<float>("0,1e300") ==
        "at line 1, column 2: found \"1e300\", but expected a number that a float holds");
}

TEST_CASE("csv: a locale with decimal commas changes nothing") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"}) std::setlocale(LC_ALL, name);
  CHECK(csv("1.5").data.images(0) == 1.5);
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("csv: a column of labels, by name or by number from 1") {
  for (const std::string label : {"digit", "2"}) {
    const auto table = csv("a,digit,b\n1,7,2\n3,0,4\n5,9,6\n", {.label = label});
    CHECK(table.data.images == Matrix<double>{{1, 3, 5}, {2, 4, 6}});
    CHECK(table.data.labels == Labels{7, 0, 9});
    CHECK(table.names == Words{"a", "b"});
    CHECK(table.classes == Words{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  }
  const auto bare = csv("7,1,2\n0.0,3,4\n3e0,5,6\n", {.label = "1"});
  CHECK(bare.data.images == Matrix<double>{{1, 3, 5}, {2, 4, 6}});
  CHECK(bare.data.labels == Labels{7, 0, 3});
  // A name goes before a number.
  CHECK(csv("0,1,2\n1,2,3\n", {.header = true, .label = "1"}).data.labels == Labels{2});
}

TEST_CASE("csv: words for labels are classes in the order of the alphabet, and are kept") {
  const std::string lines = "1,dog\n2,cat\n3,\"wild, cat\"\n4,cat\n";
  const auto table = csv(lines, {.label = "2"});
  CHECK(table.classes == Words{"cat", "dog", "wild, cat"});
  CHECK(table.data.labels == Labels{1, 0, 2, 0});
  CHECK(table.data.images == Matrix<double>{{1, 2, 3, 4}});
  CHECK(csv("size,kind\n" + lines, {.label = "kind"}).data.labels == table.data.labels);
  CHECK(csv("size,kind\n" + lines, {.label = "2"}).names == Words{"size"});
  CHECK(csv("1,-1\n2,1\n", {.label = "2"}).classes == Words{"-1", "1"});
  CHECK(csv("1,10000\n2,1\n", {.label = "2"}).classes == Words{"1", "10000"});
  CHECK(csv("1,0.5\n2,inf\n", {.label = "2"}).classes == Words{"0.5", "inf"});
}

TEST_CASE("csv: a second table is read with the classes of the first") {
  const CsvOptions as_before{.label = "2", .classes = {"wolf", "cat", "3"}};
  const auto table = csv("1,cat\n2,3.0\n", as_before);
  CHECK(table.data.labels == Labels{1, 2});
  CHECK(table.classes == as_before.classes);
  CHECK(csv_error("1,cat\n2,cat\n3,dog\n", as_before) ==
        "at line 3: found label \"dog\", but expected one of the 3 classes given");
}

TEST_CASE("csv: what is no number, or missing, is an error with its line and column") {
  CHECK(csv_error("1,2\n3,x\n") == "at line 2, column 2: found \"x\", but expected a number");
  CHECK(csv_error("cm,kg\n1,2\n,4\n") ==
        "at line 3, column 1 (cm): found nothing, but expected a number");
  CHECK(csv_error("cm,kg\n1,2\n3,\n") ==
        "at line 3, column 2 (kg): found nothing, but expected a number");
  CHECK(csv_error("1,2\r\n3,\r\n") == "at line 2, column 2: found nothing, but expected a number");
  CHECK(csv_error("1\t2\n\t4\n") == "at line 2, column 1: found nothing, but expected a number");
  CHECK(csv_error("1,x\n1,2\n") ==
        "at line 1, column 2: found \"x\", but expected a number, or names in all of line 1");
  for (const std::string bad :
       {"1x", "0x10", "1e", "--1", "+-1", "+", "-", "1.2.3", "1 2", "NA", "?"})
    CHECK(csv_error("1,2\n3," + bad) ==
          "at line 2, column 2: found \"" + bad + "\", but expected a number");
  CHECK(csv_error("1;2\n3;4,5\n") == "at line 2, column 2: found \"4,5\", but expected a number");
  CHECK(csv_error("1,2\n3,\"4\"5\n") ==
        "at line 2, column 2: found \"5\", but expected the end of the field after its closing "
        "quote");
  CHECK(csv_error("1,2\n3,\"4\n5,6\n") ==
        "at line 2, column 2: found the end of the line, but expected a closing quote");
  CHECK(csv_error("\"a\n1") ==
        "at line 1, column 1: found the end of the line, but expected a closing quote");
  CHECK(csv_error(std::string("1\n\x89PNG\0\x7F", 8)) ==
        "at line 2, column 1: found \"\x89PNG??\", but expected a number");
  CHECK(csv_error(std::string("\"a\0\"\n\r1", 7)) ==
        "at line 2, column 1 (a?): found \"?1\", but expected a number");
  CHECK(csv_error("1\n" + std::string(50, 'y')) ==
        "at line 2, column 1: found \"" + std::string(40, 'y') + "…\", but expected a number");
  CHECK(csv_error("1,2\n3,\n", {.label = "2"}) ==
        "at line 2, column 2: found nothing, but expected a label");
}

TEST_CASE("csv: lines that differ in length, and empty lines between others, are refused") {
  CHECK(csv_error("1,2,3\n4,5\n") == "at line 2: found 2 fields, but expected 3, as in line 1");
  CHECK(csv_error("1,2,3\n4\n") == "at line 2: found 1 field, but expected 3, as in line 1");
  CHECK(csv_error("1,2\n3,4\n5,6,7,8\n") ==
        "at line 3: found 4 fields, but expected 2, as in line 1");
  CHECK(csv_error("a,b\n1,2,3\n") == "at line 2: found 3 fields, but expected 2, as in line 1");
  CHECK(csv_error("1,2\n\n3,4\n") == "at line 2: found an empty line, but expected numbers");
  CHECK(csv_error("\n1,2\n") == "at line 1: found an empty line, but expected numbers");
  for (const std::string nothing : {"", "\n\n", "\xEF\xBB\xBF", "  \r\n"})
    CHECK(csv_error(nothing) == "at line 1: found the end of the file, but expected numbers");
}

TEST_CASE("csv: a column of labels that is not there, or alone") {
  CHECK(csv_error("a,b\n1,2\n", {.label = "c"}) ==
        "at line 1: found no column \"c\", but expected the label's among the names");
  CHECK(csv_error("1,2\n3,4\n", {.header = false, .label = "c"}) ==
        "at line 1: found no column \"c\", but expected the label's column by its number");
  CHECK(csv_error("1,2\n3,4\n", {.label = "0"}) ==
        "at line 1: found no column \"0\", but expected the label's among the names");
  CHECK(csv_error("1,2\n3,4\n", {.label = "3"}) ==
        "at line 1: found 2 columns, but expected at least 3, the label's");
  CHECK(csv_error("1\n2\n", {.label = "1"}) ==
        "at line 1: found no column but that of the labels, but expected some beside it");
}

TEST_CASE("csv: a wide first line asks for no memory that the file is not worth") {
  std::string lines = "1";
  for (int i = 1; i < 300'000; ++i) lines += ",1";
  for (int i = 0; i < 300'000; ++i) lines += "\n1";  // 9e10 numbers, if all lines were as wide
  CHECK(csv_error(lines) == "at line 2: found 1 field, but expected 300000, as in line 1");
}

TEST_CASE("csv: what is written is read to the last bit, of any size, plain or packed") {
  const TemporaryFolder folder;
  Random rng(1);
  const auto round_trip = [&](const auto& x) {
    using Value = ScalarOf<decltype(x)>;
    for (const std::string name : {"x.csv", "x.csv.gz"}) {
      write_csv(folder / name, x);
      CHECK(read_csv<Value>(folder / name).data.images == x);
    }
  };
  for (const auto& [n, count] :
       {std::pair<Index, Index>{1, 1}, {1, 7}, {7, 1}, {3, 1001}, {333, 77}}) {
    round_trip(Matrix<double>(rng.normal<double>(n, count)));
    round_trip(Matrix<float>(rng.normal<float>(n, count)));
    round_trip(Matrix<double>(rng.normal<double>(n, count).array().pow(101)));
  }
  CHECK(packed_bytes(folder / "x.csv.gz")[0] == 0x1F);
  CHECK(folder.files() == 2);
  const double least = std::numeric_limits<double>::denorm_min();
  round_trip(Matrix<double>{{least, -0.0, 1e308}, {-HUGE_VAL, HUGE_VAL, 3 * least}});
  write_csv(folder / "x.csv", Matrix<double>{{1, std::nan("")}});
  CHECK(std::isnan(read_csv<double>(folder / "x.csv").data.images(1)));
}

TEST_CASE("csv: names are written above, in quotes where they must be") {
  const TemporaryFolder folder;
  const Words names = {"a", "b, or \"c\"", "d e", ""};
  write_csv(folder / "x.csv", Matrix<float>{{1, 5}, {2, 6}, {3.5F, 7}, {4, 8}}, names);
  const Bytes bytes = read_bytes(folder / "x.csv");
  CHECK(std::string(bytes.begin(), bytes.end()) ==
        "a,\"b, or \"\"c\"\"\",\"d e\",\"\"\n1,2,3.5,4\n5,6,7,8\n");
  CHECK(read_csv<float>(folder / "x.csv").names == names);
  write_csv(folder / "x.csv", Matrix<float>(2, 0), {"a", "b"});
  CHECK(read_csv<float>(folder / "x.csv").data.images.rows() == 2);
}

TEST_CASE("csv: what cannot be written leaves the old file, and options that make no sense") {
  const TemporaryFolder folder;
  write_csv(folder / "x.csv", Matrix<float>{{42}});
  const auto error = [&](const auto& x, const Words& names = {}) {
    return error_of<std::invalid_argument>([&] { write_csv(folder / "x.csv", x, names); });
  };
  CHECK(error(Matrix<float>(0, 3)) == "write_csv: x has 0 rows, but at least 1 is needed");
  CHECK(error(Matrix<float>(2, 3), {"a"}) == "write_csv: names has 1 names, but x has 2 rows");
  CHECK(error(Matrix<float>(1, 1), {"a\nb"}) ==
        "write_csv: name 0 has an end of line, but names are in one line");
  CHECK(read_csv<float>(folder / "x.csv").data.images(0) == 42);
  CHECK(error_of<std::invalid_argument>([&] {
          read_csv<float>(folder / "x.csv", {.separator = 'e'});
        }) == "read_csv: separator has the value e, but tab, space or one of ; , | : is expected");
  CHECK(error_of<std::runtime_error>([&] { read_csv<float>(folder / "y.csv"); }) ==
        (folder / "y.csv").string() + ": cannot be opened: No such file or directory");
}
