// SPDX-License-Identifier: MIT
#include "support/report.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <strata/io/chart.hpp>

namespace support {

void print_confusion(const Eigen::MatrixXi& counts) {
  std::cout << "\nconfusion matrix (rows: true digit, columns: what the net reads)\n    ";
  for (int j = 0; j < counts.cols(); ++j) std::cout << std::setw(6) << j;
  for (int i = 0; i < counts.rows(); ++i) {
    std::cout << "\n" << std::setw(4) << i;
    for (int j = 0; j < counts.cols(); ++j)
      if (counts(i, j) > 0)
        std::cout << std::setw(6) << counts(i, j);
      else
        std::cout << std::setw(6) << ".";
  }
  std::cout << "\n\n";
}

std::string mean_and_error(const strata::Row<double>& values) {
  const double n = static_cast<double>(values.size()), mean = values.mean();
  return strata::text(mean, " ± ",
                      std::sqrt((values.array() - mean).square().sum() / (n * (n - 1))));
}

void write_history(const Program& program, const strata::History& history) {
  if (history.epochs.empty()) return;
  std::ostringstream csv;
  csv << "task,epoch,seconds,measure,value\n";
  // Curves by measure, then by task in the order of time.
  std::map<std::string, std::vector<strata::Series>> charts;
  for (const auto& p : history.epochs)
    for (const auto& m : p.metrics) {
      csv << '"' << p.task << "\"," << p.epoch << ',' << p.seconds << ',' << m.name << ','
          << m.value << '\n';
      auto& curves = charts[m.name];
      if (p.epoch == 1) curves.push_back({p.task.substr(0, p.task.find(" (")), {}});
      curves.back().y.push_back(m.value);
    }
  strata::write_atomically(program.announce("history.csv"), csv.str());
  for (const auto& [measure, curves] : charts) {
    std::string file = measure + ".svg";
    std::ranges::replace(file, ' ', '_');
    strata::write_line_chart(program.announce(file), measure, "epoch", measure, curves);
  }
}

}  // namespace support
