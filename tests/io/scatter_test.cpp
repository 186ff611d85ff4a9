// SPDX-License-Identifier: MIT
#include "strata/io/scatter.hpp"

#include <regex>
#include <set>

#include "fixtures.hpp"
#include "io/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

std::size_t count(const std::string& words, const std::string& part) {
  std::size_t n = 0;
  for (auto at = words.find(part); at != std::string::npos; at = words.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("each point is drawn once, in the colour of its label, which the legend names") {
  const Matrix<double> points{{0, 1, 2, 3}, {5, -5, 0, 1}};
  const std::string s = scatter_chart("codes", points, {0, 2, 2, 0});
  CHECK(count(s, "h0") == 4 + 2);  // and two in the legend
  CHECK(count(s, "#0072B2") == 2);
  CHECK(count(s, "#009E73") == 2);
  CHECK(count(s, "#D55E00") == 0);  // no point has label 1
  CHECK(count(s, ">0</text>") >= 1);
  CHECK(count(s, ">codes</text>") == 1);
  // The leftmost point is left of the others, the highest above them.
  const detail::Axis x = detail::point_axis(points.row(0), detail::plot_left, detail::plot_right);
  const detail::Axis y = detail::point_axis(points.row(1), detail::plot_bottom, detail::plot_top);
  CHECK(x(0) > detail::plot_left);
  CHECK(x(3) < detail::plot_right);
  CHECK(y(5) < y(-5));
  const auto first = detail::svg(std::fixed, std::setprecision(1), "M", x(0), " ", y(5), "h0");
  CHECK(count(s, first) == 1);
}

TEST_CASE("one label needs no legend, and points may coincide") {
  const std::string s = scatter_chart("", Matrix<double>::Ones(2, 3), {0, 0, 0});
  CHECK(count(s, "h0") == 3);
  CHECK(count(s, "nan") == 0);
}

TEST_CASE("ten labels have ten colours, and more of them stay in the picture") {
  CHECK(std::set<std::string>(detail::point_colors.begin(), detail::point_colors.end()).size() ==
        10);
  Labels labels(40);
  for (std::size_t j = 0; j < labels.size(); ++j) labels[j] = static_cast<int>(50000000 * j);
  const std::string s = scatter_chart("", Matrix<double>::Ones(2, 40), labels);
  CHECK(count(s, ">1950000000</text>") == 1);
  const std::regex names("<text x='622' y='([0-9.]+)'");
  double last = 0;
  Index lines = 0;
  for (auto name = std::sregex_iterator(s.begin(), s.end(), names); name != std::sregex_iterator();
       ++name, ++lines) {
    const double y = std::stod((*name)[1]);
    CHECK(y > last);
    CHECK(y < detail::chart_height);
    last = y;
  }
  CHECK(lines == 40);
}

TEST_CASE("points far out, and as good as equal, have an axis with a few steps") {
  for (const double value : {0.0, -3.0, 1e20, -1e-20}) {
    const Vector<double> values{{value, std::nextafter(value, HUGE_VAL)}};
    const auto axis = detail::point_axis(values, 0, 100);
    CAPTURE(value);
    CHECK(axis.low < value);
    CHECK(axis.high > value);
    const auto ticks = static_cast<int>(axis.ticks().size());
    CHECK(ticks >= 1);
    CHECK(ticks <= 8);
    CHECK(axis(value) == near(50, 1e-3));
  }
}

TEST_CASE("thousands of points are few bytes, and are written as they are") {
  Random rng(1);
  const Matrix<float> points = rng.normal<float>(2, 3000);
  Labels labels(3000);
  for (std::size_t j = 0; j < labels.size(); ++j) labels[j] = static_cast<int>(j % 10);
  const TemporaryFolder folder;
  write_scatter_chart(folder / "x.svg", "t", points, labels);
  const auto bytes = read_bytes(folder / "x.svg");
  CHECK(std::string(bytes.begin(), bytes.end()) ==
        scatter_chart("t", points.cast<double>(), labels));
  CHECK(bytes.size() < 4000 + 3000 * 16);
  CHECK(contains(message_of([&] { write_scatter_chart(folder / "no/x.svg", "t", points, labels); }),
                 "no/x.svg: cannot be written: No such file or directory"));
}

TEST_CASE("a scatter refuses what it cannot draw") {
  const auto error = [](const Matrix<double>& points, const Labels& labels) {
    return message_of([&] { scatter_chart("", points, labels); });
  };
  CHECK(error(Matrix<double>::Zero(3, 1), {0}) ==
        "scatter_chart: points has 3 rows, but 2 are needed");
  CHECK(error(Matrix<double>::Zero(2, 0), {}) ==
        "scatter_chart: points has 0 columns, but at least 1 is needed");
  CHECK(error(Matrix<double>::Zero(2, 2), {0}) ==
        "scatter_chart: points has 2 columns, but 1 labels");
  CHECK(error(Matrix<double>::Zero(2, 1), {-1}) ==
        "scatter_chart: labels has -1, but at least 0 is needed");
  CHECK(error(Matrix<double>::Constant(2, 1, std::nan("")), {0})
            .starts_with("scatter_chart: points has nan at row 0, column 0"));
}
