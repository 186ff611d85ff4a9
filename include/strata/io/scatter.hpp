// SPDX-License-Identifier: MIT
// Codes in the plane as an SVG picture: points coloured by label.
#pragma once

#include <set>

#include "strata/core/types.hpp"
#include "strata/io/chart.hpp"

namespace strata {

namespace detail {

// Ten colours that stay apart for most eyes; further labels use them again.
constexpr std::array<const char*, 10> point_colors = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                      "#E69F00", "#56B4E9", "#333333", "#8C6D31",
                                                      "#7F3C8D", "#A5AA99"};

/// A range a little wider than that of the values, and wide enough for its steps to be told apart.
template <class Values>
Axis point_axis(const Values& values, double from, double to) {
  const double low = values.minCoeff(), high = values.maxCoeff();
  double margin = std::max(0.03 * (high - low), 1e-6 * std::max(std::abs(low), std::abs(high)));
  if (margin == 0) margin = 1;
  return {low - margin, high + margin, nice_step(high - low + 2 * margin, 6), from, to};
}

}  // namespace detail

/// The text of an SVG picture of points, 2 × N, one label each, with the labels beside it if they
/// differ. Throws for other shapes, labels below 0 and numbers that are not finite. Some 14 bytes a
/// point.
inline std::string scatter_chart(std::string_view title, const Matrix<double>& points,
                                 const Labels& labels) {
  using namespace detail;
  check(points.rows() == 2, "scatter_chart: points has ", points.rows(), " rows, but 2 are needed");
  check(points.cols() > 0, "scatter_chart: points has 0 columns, but at least 1 is needed");
  check(std::ssize(labels) == points.cols(), "scatter_chart: points has ", points.cols(),
        " columns, but ", labels.size(), " labels");
  check_values("scatter_chart", "points", points);
  const std::set<int> kinds(labels.begin(), labels.end());
  check(*kinds.begin() >= 0, "scatter_chart: labels has ", *kinds.begin(),
        ", but at least 0 is needed");
  const Axis x = point_axis(points.row(0), plot_left, plot_right);
  const Axis y = point_axis(points.row(1), plot_bottom, plot_top);
  const double line = std::min(20.0, (plot_bottom - plot_top) / static_cast<double>(kinds.size()));
  double at = plot_top + 10;  // in the legend
  std::string s = svg_begin(title) + svg_axes(x, y, {});
  for (const int kind : kinds) {
    // Points of one colour are one path: strokes of no length with round ends.
    std::string path;
    for (Index j = 0; j < points.cols(); ++j)
      if (labels[static_cast<std::size_t>(j)] == kind)
        path +=
            svg(std::fixed, std::setprecision(1), "M", x(points(0, j)), " ", y(points(1, j)), "h0");
    const auto* color = point_colors[static_cast<std::size_t>(kind) % point_colors.size()];
    const auto stroke = svg("' stroke='", color, "' stroke-linecap='round' stroke-width='");
    s += svg("<path d='", path, stroke, "4' stroke-opacity='0.7'/>\n");
    if (kinds.size() == 1) continue;
    s += svg("<path d='M", plot_right + 26, " ", at, "h0", stroke, "9'/>\n") +
         label(plot_right + 42, at + 4, "start", std::to_string(kind));
    at += line;
  }
  return s + "</svg>\n";
}

/// Writes the chart as a self-contained SVG file; the old file is whole if anything fails.
template <class D>
void write_scatter_chart(const std::filesystem::path& path, std::string_view title,
                         const Eigen::MatrixBase<D>& points, const Labels& labels) {
  write_atomically(path, scatter_chart(title, points.template cast<double>(), labels));
}

}  // namespace strata
