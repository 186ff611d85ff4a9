// SPDX-License-Identifier: MIT
// Learning curves as an SVG picture that any browser opens.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "strata/core/checks.hpp"
#include "strata/io/file.hpp"

namespace strata {

/// A named curve: one value per epoch, the first at x = 1. Values that are not finite leave a gap.
struct Series {
  std::string name;
  std::vector<double> y;
};

namespace detail {

// The picture in SVG's pixels: the plot, its margins, and the legend in the right one.
constexpr double chart_width = 760, chart_height = 440;
constexpr double plot_left = 76, plot_right = 580, plot_top = 52, plot_bottom = 378;

// Okabe and Ito's colours, told apart by the colour-blind as well.
constexpr std::array<const char*, 7> curve_colors = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                     "#E69F00", "#56B4E9", "#333333"};

constexpr std::string_view curve_color(std::size_t k) {
  return curve_colors[k % curve_colors.size()];
}
/// Where the colours come round again, curves are dashed.
constexpr std::string_view curve_dashes(std::size_t k) {
  return k < curve_colors.size() ? "" : " stroke-dasharray='7 4'";
}

/// As `text`, but with a decimal point whatever the program's locale.
template <class... Parts>
std::string svg(const Parts&... parts) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  (out << ... << parts);
  return out.str();
}

inline std::string escaped(std::string_view words) {
  std::string xml;
  for (const char c : words) {
    if (c == '&')
      xml += "&amp;";
    else if (c == '<')
      xml += "&lt;";
    else
      xml += c;
  }
  return xml;
}

/// A range of values, the steps at which it is marked, and the pixels it is drawn at.
struct Axis {
  double low, high, step, from, to;

  double operator()(double value) const {
    return from + (value - low) / (high - low) * (to - from);
  }
  /// The marks are multiples of the step; rounding rids them of 0.30000000000000004.
  std::vector<double> ticks() const {
    std::vector<double> marks;
    for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k)
      marks.push_back(k == 0 ? 0.0 : k * step);
    return marks;
  }
};

/// The least of 1, 2, 5, 10, 20, … (times any power of ten) that cuts the range into at most `most`
/// parts.
inline double nice_step(double range, double most) {
  const double power = std::pow(10.0, std::floor(std::log10(range / most)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (range / (factor * power) <= most * (1 + 1e-9)) return factor * power;
  return 10 * power;
}

inline Axis y_axis(const std::vector<Series>& series) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const auto& curve : series)
    for (const double y : curve.y)
      if (std::isfinite(y)) low = std::min(low, y), high = std::max(high, y);
  if (low > high) low = 0, high = 1;  // nothing to draw: the axes alone
  if (high - low < 1e-9 * std::abs(high)) low -= 0.5 * std::abs(low), high += 0.5 * std::abs(high);
  if (low == high) high = low + 1;
  if (low > 0 && low < 0.4 * high) low = 0;  // errors are best seen against none
  const double step = nice_step(high - low, 6);
  return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, step,
          plot_bottom, plot_top};
}

inline Axis x_axis(const std::vector<Series>& series) {
  std::size_t epochs = 2;
  for (const auto& curve : series) epochs = std::max(epochs, curve.y.size());
  const auto last = static_cast<double>(epochs);
  return {1, last, std::max(1.0, nice_step(last - 1, 10)), plot_left, plot_right};
}

inline std::string label(double x, double y, std::string_view anchor, std::string_view words,
                         std::string_view more = "") {
  return svg("<text x='", x, "' y='", y, "' text-anchor='", anchor, "'", more, ">", escaped(words),
             "</text>\n");
}

/// The head of a picture, and its title.
inline std::string svg_begin(std::string_view title) {
  return svg("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ", chart_width, " ",
             chart_height, "' width='", chart_width, "' height='", chart_height,
             "' font-family='Helvetica, Arial, sans-serif' font-size='12' fill='#333'>\n",
             "<rect width='100%' height='100%' fill='#fcfcfa'/>\n") +
         label(plot_left, 28, "start", title, " font-size='16' font-weight='bold'");
}

/// `x_marks`, if any, stand under x = 1, 2, … in place of numbers.
inline std::string svg_axes(const Axis& x, const Axis& y, const std::vector<std::string>& x_marks) {
  std::string s;
  for (const double value : y.ticks())
    s += svg("<path d='M", x.from, " ", y(value), "H", x.to, "' stroke='#e4e4e0'/>\n") +
         label(x.from - 8, y(value) + 4, "end", svg(std::setprecision(10), value));
  const auto mark = [&](double value, const std::string& words) {
    s += svg("<path d='M", x(value), " ", y.from, "v5' stroke='#888'/>\n") +
         label(x(value), y.from + 20, "middle", words);
  };
  if (x_marks.empty())
    for (const double value : x.ticks()) mark(value, svg(value));
  for (std::size_t i = 0; i < x_marks.size(); ++i)
    if (!x_marks[i].empty()) mark(static_cast<double>(i + 1), x_marks[i]);
  return s + svg("<path d='M", x.from, " ", y.from, "H", x.to, "' stroke='#888'/>\n");
}

/// A line through the values of curve number k; one that stands alone is a dot.
inline std::string svg_curve(const Series& curve, const Axis& x, const Axis& y, std::size_t k) {
  const auto drawn = [&](std::size_t i) { return i < curve.y.size() && std::isfinite(curve.y[i]); };
  std::string path, dots;
  for (std::size_t i = 0; i < curve.y.size(); ++i) {
    if (!drawn(i)) continue;
    const double px = x(static_cast<double>(i + 1)), py = y(curve.y[i]);
    const bool joined = i > 0 && drawn(i - 1);
    path += svg(joined ? "L" : "M", px, " ", py);
    if (!joined && !drawn(i + 1))
      dots += svg("<circle cx='", px, "' cy='", py, "' r='3' fill='", curve_color(k), "'/>\n");
  }
  return svg("<path d='", path, "' fill='none' stroke='", curve_color(k), "'", curve_dashes(k),
             " stroke-width='2' stroke-linejoin='round'/>\n", dots);
}

}  // namespace detail

/// The text of an SVG picture of the curves over x = 1, 2, …; `x_marks`, if any, are written there
/// in place of the numbers.
inline std::string line_chart(std::string_view title, std::string_view x_label,
                              std::string_view y_label, const std::vector<Series>& series,
                              const std::vector<std::string>& x_marks = {}) {
  using namespace detail;
  const Axis x = x_axis(series), y = y_axis(series);
  std::string s = svg_begin(title);
  s += label((plot_left + plot_right) / 2, plot_bottom + 44, "middle", x_label);
  s += label(0, 0, "middle", y_label,
             svg(" transform='translate(20 ", (plot_top + plot_bottom) / 2, ") rotate(-90)'"));
  s += svg_axes(x, y, x_marks);
  for (std::size_t k = 0; k < series.size(); ++k) {
    const double at = plot_top + 10 + 20 * static_cast<double>(k);
    s += svg_curve(series[k], x, y, k);
    s += svg("<path d='M", plot_right + 16, " ", at, "h20' stroke='", curve_color(k), "'",
             curve_dashes(k), " stroke-width='3'/>\n");
    s += label(plot_right + 42, at + 4, "start", series[k].name);
  }
  return s + "</svg>\n";
}

/// Writes the chart as a self-contained SVG file; the old file is whole if anything fails.
inline void write_line_chart(const std::filesystem::path& path, std::string_view title,
                             std::string_view x_label, std::string_view y_label,
                             const std::vector<Series>& series,
                             const std::vector<std::string>& x_marks = {}) {
  write_atomically(path, line_chart(title, x_label, y_label, series, x_marks));
}

}  // namespace strata
