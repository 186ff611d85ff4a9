// SPDX-License-Identifier: MIT
#include "strata/io/scatter.hpp"

#include "fixtures.hpp"

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
