// SPDX-License-Identifier: MIT
#include "strata/io/chart.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <regex>

#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

Index count(const std::string& words, const std::string& pattern) {
  const std::regex regex(pattern);
  return std::distance(std::sregex_iterator(words.begin(), words.end(), regex),
                       std::sregex_iterator());
}

constexpr double gap = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("the steps of an axis are 1, 2 or 5 times a power of ten") {
  CHECK(detail::nice_step(1, 10) == doctest::Approx(0.1));
  CHECK(detail::nice_step(12, 10) == doctest::Approx(2));
  CHECK(detail::nice_step(300, 6) == doctest::Approx(50));
  CHECK(detail::nice_step(0.07, 10) == doctest::Approx(0.01));
  CHECK(detail::nice_step(61, 6) == doctest::Approx(20));
}

TEST_CASE("an axis holds its values, and marks no more than ten steps") {
  for (const auto& y : {std::vector<double>{0.021, 0.5},
                        {-93.2, -81.7},
                        {0},
                        {5, 5},
                        {-4, -4},
                        {1e-7, 3e-7},
                        {1e6, 1e6 + 3},
                        {gap},
                        {}}) {
    const auto axis = detail::y_axis({{"y", y}});
    CAPTURE(axis.low);
    CAPTURE(axis.high);
    CHECK(axis.low < axis.high);
    CHECK(axis.ticks().size() >= 2);
    CHECK(axis.ticks().size() <= 10);
    CHECK(axis.ticks().front() == doctest::Approx(axis.low));
    CHECK(axis.ticks().back() == doctest::Approx(axis.high));
    for (const double value : y)
      if (!std::isnan(value)) CHECK((axis.low <= value && value <= axis.high));
  }
}

TEST_CASE("marks of one's own stand in place of the numbers, but for empty ones") {
  const auto svg = line_chart("Speed", "batch", "ratio", {{"a", {3, 2, 1}}}, {"10", "", "512"});
  CHECK(count(svg, "text-anchor='middle'>10<") == 1);
  CHECK(count(svg, "text-anchor='middle'>512<") == 1);
  CHECK(count(svg, "text-anchor='middle'>[123]<") == 0);
  CHECK(count(line_chart("", "", "", {{"a", {3, 2, 1}}}), "text-anchor='middle'>[123]<") == 3);
}

TEST_CASE("a chart has a curve, a colour and a name for each series") {
  const auto svg =
      line_chart("Error", "epoch", "percent", {{"training", {3, 2, 1}}, {"test", {4, 3, 2.5}}});
  CHECK(svg.starts_with("<svg xmlns='http://www.w3.org/2000/svg'"));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(count(svg, "d='M[^L']*L[^L']*L[^L']*'") == 2);  // three points each
  for (const auto* words : {">Error<", ">epoch<", ">percent<", ">training<", ">test<", ">3<"})
    CHECK(contains(svg, words));
  CHECK(contains(svg, "stroke='#0072B2'"));
  CHECK(contains(svg, "stroke='#D55E00'"));
}

TEST_CASE("where the colours come round again, curves are dashed, and their names too") {
  std::vector<Series> digits(10, {"", {1, 2}});
  const auto svg = line_chart("", "", "", digits);
  CHECK(count(svg, "stroke='#0072B2' stroke-dasharray='7 4'") == 2);
  CHECK(count(svg, "stroke-dasharray") == 2 * 3);
  digits.resize(7);
  CHECK(count(line_chart("", "", "", digits), "stroke-dasharray") == 0);
}

TEST_CASE("values that are not finite leave a gap, and a lone value is a dot") {
  const auto svg = line_chart("", "", "", {{"y", {1, 2, gap, 4, gap}}});
  CHECK(count(svg, "L") == 1);
  CHECK(count(svg, "<circle") == 1);
  CHECK(!contains(svg, "nan"));
}

TEST_CASE("names are text and not markup") {
  CHECK(contains(line_chart("a < b & c", "", "", {}), ">a &lt; b &amp; c<"));
}

TEST_CASE("a chart is written as it is, or says why not") {
  const TemporaryFolder folder;
  const std::vector<Series> series = {{"y", {1, 2}}};
  write_line_chart(folder / "x.svg", "t", "x", "y", series);
  const auto bytes = read_bytes(folder / "x.svg");
  CHECK(std::string(bytes.begin(), bytes.end()) == line_chart("t", "x", "y", series));
  CHECK(contains(error_of<std::runtime_error>(
                     [&] { write_line_chart(folder / "no/x.svg", "t", "x", "y", series); }),
                 "no/x.svg: cannot be written: No such file or directory"));
}
