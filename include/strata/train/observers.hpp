// SPDX-License-Identifier: MIT
// Who looks on while a net learns: progress on a terminal, a history, early stopping. Observing a
// run never changes its random numbers.
#pragma once

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <iomanip>
#include <iostream>
#include <limits>
#include <ostream>
#include <utility>

#include "strata/train/loop.hpp"

namespace strata {

namespace detail {

inline std::string clock_time(double seconds) {
  char buffer[32];
  const long s = std::lround(seconds);
  std::snprintf(buffer, sizeof buffer, "%ld:%02ld", s / 60, s % 60);
  return buffer;
}

inline std::string rounded(double value, int digits = 4) {
  std::ostringstream out;
  out << std::setprecision(digits) << value;
  return out.str();
}

}  // namespace detail

/// Prints a line for each epoch: what was measured, samples a second. On a terminal also a bar for
/// the epoch under way, with the rate and the time left; it is redrawn ten times a second at most.
class ProgressPrinter {
 public:
  ProgressPrinter(std::ostream& out, bool terminal) : out_(out), terminal_(terminal) {}

  void batch(const Progress& p) {
    if (p.epoch == 1 && p.seconds < drawn_) drawn_ = 0;  // a new task
    if (!terminal_ || (p.seconds < drawn_ + 0.1 && p.seen < p.samples)) return;
    drawn_ = p.seconds;
    constexpr int width = 24;
    const double done = static_cast<double>(p.seen) / static_cast<double>(p.samples);
    const auto full = static_cast<std::size_t>(done * width);
    const double left = p.seconds / (p.epoch - 1 + done) * p.epochs - p.seconds;
    out_ << "\r\033[K" << p.task << "  epoch " << p.epoch << "/" << p.epochs << "  ["
         << std::string(full, '=') << std::string(width - full, ' ') << "]  " << rate(p)
         << " samples/s  " << detail::clock_time(left) << " left" << std::flush;
  }

  template <class Model>
  void epoch(const Progress& p, const Model&) {
    if (terminal_) out_ << "\r\033[K";
    out_ << p.task << "  epoch " << p.epoch << "/" << p.epochs;
    for (const auto& m : p.metrics) out_ << "  " << m.name << " " << detail::rounded(m.value);
    out_ << "  " << rate(p) << " samples/s  " << detail::clock_time(p.seconds) << std::endl;
  }

 private:
  static std::string rate(const Progress& p) {
    const double samples =
        static_cast<double>(p.samples) * (p.epoch - 1) + static_cast<double>(p.seen);
    return std::to_string(std::llround(samples / std::max(p.seconds, 1e-9)));
  }

  std::ostream& out_;
  bool terminal_;
  double drawn_ = 0;
};

/// Progress on a stream: a moving bar if it is a terminal, plain lines if it is a pipe or a file.
inline ProgressPrinter progress(std::ostream& out = std::cerr) {
  const int file = &out == &std::cout                         ? STDOUT_FILENO
                   : &out == &std::cerr || &out == &std::clog ? STDERR_FILENO
                                                              : -1;
  return ProgressPrinter(out, file >= 0 && isatty(file) == 1);
}

/// Keeps what every epoch measured.
struct History {
  std::vector<Progress> epochs;

  template <class Model>
  void epoch(const Progress& p, const Model&) {
    epochs.push_back(p);
  }
  template <class F>
  void visit(F&& f) {
    f("epochs", epochs);
  }
};

/// Ends a run when score(net), smaller is better, has not fallen for `patience` epochs, and gives
/// the net the parameters of its best epoch. Score on data that were held out: the training data
/// flatter.
template <class M>
class EarlyStopping {
 public:
  using Model = M;

  EarlyStopping(std::function<double(const Model&)> score, int patience = 10)
      : score_(std::move(score)), patience_(patience) {
    check(patience >= 1, "EarlyStopping: patience has ", patience, ", but at least 1 is needed");
  }

  void epoch(const Progress& p, const Model& model) {
    if (p.epoch == 1) *this = EarlyStopping(score_, patience_);  // a new run
    const double score = score_(model);
    scores_.push_back(score);
    if (score < best_score_) {
      best_score_ = score;
      best_epoch_ = p.epoch;
      best_ = values_of(model);
    }
    stop_ = p.epoch - best_epoch_ >= patience_;
    running_ = true;
  }
  bool stop() const { return stop_; }
  void finish(Model& model) {
    if (!std::exchange(running_, false) || best_epoch_ == 0) return;
    auto theta = parameters(model);
    assign(theta, best_);
  }
  template <class F>
  void visit(F&& f) {
    f("best", best_), f("scores", scores_), f("best score", best_score_);
    f("best epoch", best_epoch_), f("stop", stop_), f("running", running_);
  }

  double best_score() const { return best_score_; }
  int best_epoch() const { return best_epoch_; }
  const std::vector<double>& scores() const { return scores_; }

 private:
  std::function<double(const Model&)> score_;
  int patience_;
  std::vector<Matrix<ScalarOf<Model>>> best_;
  std::vector<double> scores_;
  double best_score_ = std::numeric_limits<double>::infinity();
  int best_epoch_ = 0;
  bool stop_ = false;
  bool running_ = false;  // there was an epoch since the last finish
};

}  // namespace strata
