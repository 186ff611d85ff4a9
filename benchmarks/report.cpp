// SPDX-License-Identifier: MIT
// What the benchmarks measured, as tables and pictures.
//
// Usage: report FOLDER    reads FOLDER/*.json, by Google Benchmark and compare.py
// Output: FOLDER/report.md, grid*.svg and growth_*.svg
#include <iostream>
#include <strata/io/chart.hpp>

#include "support/rows.hpp"

namespace {

using namespace benchmarks;
using strata::Series;
using strata::text;

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : between) + word;
  return all;
}

std::string rounded(double x, int decimals) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(decimals) << x;
  return out.str();
}

/// 103,000 as "103k".
std::string thousands(double x) {
  if (x >= 1e6) return rounded(1e-6 * x, x < 9.95e6 ? 1 : 0) + "M";
  return rounded(1e-3 * x, x < 9950 ? 1 : 0) + "k";
}

std::string table(const std::vector<std::vector<std::string>>& lines) {
  std::string all;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    all += "| " + joined(lines[i], " | ") + " |\n";
    if (i > 0) continue;
    for (std::size_t j = 0; j < lines[i].size(); ++j) all += "|---";
    all += "|\n";
  }
  return all;
}

std::string kind(const Row& row) { return row.ends("/real") ? "real" : "binary"; }
std::string trainer(const Row& row) {
  return (row.is("persistent") ? "PCD-" : "CD-") + row.part("k") + ", " + kind(row);
}

/// The step's throughput over its floor's, and samples per second.
std::string ratio_and_rate(const Row* row) {
  if (!row) return "";
  return rounded(row->number("floor_ratio"), 2) + " (" +
         thousands(row->number("samples_per_second")) + ")";
}

/// One line for each RBM and batch, one column for each trainer and kind of data; the chart has the
/// same, with a gap from one RBM to the next.
std::string grid(const Rows& rows, const std::filesystem::path& picture, const std::string& title) {
  const auto trainers = values(rows, trainer), nets = values(rows, &Row::units),
             batches = values(rows, &Row::batch);
  std::vector<std::vector<std::string>> lines{{"RBM", "batch"}};
  std::vector<Series> curves;
  for (const auto& name : trainers) {
    lines[0].push_back(name);
    curves.push_back({name, {}});
  }
  curves.push_back({"best BLAS alone", {}});
  std::vector<std::string> marks;
  for (const auto& net : nets) {
    for (const auto& batch : batches) {
      lines.push_back({net, batch});
      marks.push_back(batch);
      for (std::size_t i = 0; i < trainers.size(); ++i) {
        const Row* row = find(rows, [&](const Row& r) {
          return r.units() == net && r.batch() == batch && trainer(r) == trainers[i];
        });
        lines.back().push_back(ratio_and_rate(row));
        curves[i].y.push_back(row ? row->number("floor_ratio") : missing);
      }
      curves.back().y.push_back(1);
    }
    for (auto& curve : curves) curve.y.push_back(missing);
    marks.emplace_back();
  }
  strata::write_line_chart(picture, title, "batch, of " + joined(nets, ", "),
                           "throughput of a step / of its products", curves, marks);
  return table(lines);
}

/// One line for each value of the size that grows. The chart has the operations of the dense
/// products over the time of a step, beside what the products alone reach.
std::string growth(const std::string& size, const Rows& rows,
                   const std::filesystem::path& picture) {
  const auto at = [&](const Row& row) { return row.part(size); };
  const auto places = values(rows, at);
  const auto kinds = values(rows, kind);
  std::vector<std::vector<std::string>> lines{{size}};
  lines[0].insert(lines[0].end(), kinds.begin(), kinds.end());
  std::vector<Series> curves;
  for (const auto& name : kinds) curves.push_back({"CD, " + name, {}});
  curves.push_back({"best BLAS alone", {}});
  curves.push_back({"Eigen alone", {}});
  for (const auto& place : places) {
    lines.push_back({place});
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      const Row* row =
          find(rows, [&](const Row& r) { return at(r) == place && kind(r) == kinds[i]; });
      lines.back().push_back(ratio_and_rate(row));
      const double speed = row ? 1e-9 * row->number("floor_operations_per_second") : missing;
      curves[i].y.push_back(speed);
      if (i > 0) continue;
      curves[kinds.size()].y.push_back(row ? speed / row->number("floor_ratio") : missing);
      curves[kinds.size() + 1].y.push_back(row ? speed / row->number("floor_ratio_eigen")
                                               : missing);
    }
  }
  strata::write_line_chart(picture, "Contrastive divergence as one size grows: " + size, size,
                           "operations of dense products / ns", curves, places);
  return table(lines);
}

/// Rows of others, "torch/…", beside ours of the same name and threads.
std::string others(const Rows& theirs, const Rows& ours) {
  std::vector<std::vector<std::string>> lines{
      {"step", "threads", "who", "samples/s", "strata", "times as fast"}};
  for (const Row& their : theirs) {
    const std::string name = their.name.substr(their.name.find('/') + 1);
    const Row* our = find(
        ours, [&](const Row& row) { return row.name == name && row.threads == their.threads; });
    const double rate = their.number("samples_per_second");
    const double our_rate = our ? our->number("samples_per_second") : missing;
    lines.push_back({name, their.threads, their.fields.value("label", ""), thousands(rate),
                     our ? thousands(our_rate) : "", our ? rounded(our_rate / rate, 1) : ""});
  }
  return table(lines);
}

/// What is measured on its own.
std::string parts(const Rows& rows) {
  std::vector<std::vector<std::string>> lines{
      {"what", "threads", "µs", "speed", "of the best BLAS", "of Eigen"}};
  for (const Row& row : rows) {
    const auto ratio = [&](const char* key) {
      return row.fields.contains(key) ? rounded(row.number(key), 2) : "";
    };
    std::vector<std::string> speeds;
    if (const double rate = row.number("samples_per_second"); std::isfinite(rate))
      speeds.push_back(thousands(rate) + " samples/s");
    for (const std::string of : {"units", "numbers"})
      if (const double rate = row.number((of + "_per_second").c_str()); std::isfinite(rate))
        speeds.push_back(rounded(1e-9 * rate, 2) + " " + of + "/ns");
    lines.push_back({row.name, row.threads, rounded(row.number("real_time"), 1),
                     joined(speeds, ", "), ratio("floor_ratio"), ratio("floor_ratio_eigen")});
  }
  return table(lines);
}

std::string threads(const Row& row) { return row.threads; }
std::string with_noun(const std::string& n) { return n + (n == "1" ? " thread" : " threads"); }

/// "digits" of "best floor: blis; data: digits"
std::string data_name(const Row& row) {
  const std::string label = row.fields.value("label", "");
  const auto at = label.find("data: ");
  return at == std::string::npos ? "unknown" : label.substr(at + 6);
}

bool is_grid(const Row& row) {
  return row.is("contrastive_divergence/") || row.is("persistent_contrastive_divergence/");
}
bool is_growth(const Row& row) { return row.is("growth_"); }
bool is_other(const Row& row) { return row.is("torch/") || row.is("sklearn/"); }
/// "batch" of "growth_batch/…"
std::string grown(const Row& row) { return row.name.substr(7, row.name.find('/') - 7); }

struct Page {
  std::string words;

  void add(const std::string& title, const std::string& intro, const std::string& content) {
    words += "\n## " + title + "\n\n" + (intro.empty() ? "" : intro + "\n\n") + content;
  }
};

void add_grids(const Rows& rows, const std::filesystem::path& folder, Page& page) {
  const auto counts = values(rows, threads);
  for (const auto& n : counts) {
    const Rows same = where(rows, [&](const Row& row) { return threads(row) == n; });
    const auto file = n == counts.front() ? "grid.svg" : "grid_" + n + "_threads.svg";
    page.add(
        "Contrastive divergence, " + with_noun(n),
        "The throughput of a whole step relative to its 2k + 3 matrix products alone by the "
        "best BLAS found, and samples per second.\nData: " +
            joined(values(same, data_name), "; ") + ".",
        grid(same, folder / file, "Contrastive divergence over its products, " + with_noun(n)));
  }
}

/// Of the first number of threads.
void add_growth(const Rows& all, const std::filesystem::path& folder, Page& page) {
  const Rows rows = where(all, [&](const Row& row) { return threads(row) == threads(all[0]); });
  for (const auto& size : values(rows, grown))
    page.add("Growth of a step of contrastive divergence: " + size, "",
             growth(size, where(rows, [&](const Row& row) { return grown(row) == size; }),
                    folder / ("growth_" + size + ".svg")));
}

void report(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::ranges::sort(files);
  Rows rows;
  std::string cpu = "unknown";
  for (const auto& file : files) read(file, rows, cpu);

  Page page{"# Benchmarks\n\nCPU: " + cpu + "\n"};
  add_grids(where(rows, is_grid), folder, page);
  if (const Rows theirs = where(rows, is_other); !theirs.empty())
    page.add("Beside others", "", others(theirs, rows));
  add_growth(where(rows, is_growth), folder, page);
  const Rows left =
      where(rows, [](const Row& r) { return !is_grid(r) && !is_growth(r) && !is_other(r); });
  if (!left.empty()) page.add("Parts", "", parts(left));
  strata::write_atomically(folder / "report.md", page.words);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "Usage: report FOLDER\n";
    return 2;
  }
  try {
    report(argv[1]);
  } catch (const std::exception& e) {
    std::cerr << "report: " << e.what() << '\n';
    return 1;
  }
}
