// SPDX-License-Identifier: MIT
// A step and its floor by turns: whatever slows the machine down for a while slows both.
#pragma once

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "support/libraries.hpp"

namespace benchmarks {

/// What a step cannot do without: its matrix products alone, by the library given.
using Floor = std::function<void(const Library&)>;

/// Seconds. One thread counts its own time on the CPU, so that other programs take less part; with
/// more of them the clock on the wall decides.
inline double now() {
  timespec t{};
  clock_gettime(thread_count == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// "Intel(R) Xeon(R) Processor", where Linux says so.
inline std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

/// What the report wants to know of a run.
inline const bool context = [] {
  benchmark::AddCustomContext("threads", std::to_string(thread_count));
  benchmark::AddCustomContext("cpu", cpu_name());
  return true;
}();

/// A benchmark that takes its own time.
template <class F>
void add(const std::string& name, F&& f) {
  benchmark::RegisterBenchmark(name.c_str(), std::forward<F>(f))
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

/// A counter of what so many of were done during the time taken.
inline benchmark::Counter per_second(double count) { return {count, benchmark::Counter::kIsRate}; }

inline double median(std::vector<double> x) {
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), middle, x.end());
  return *middle;
}

/// How many steps of so many floating-point operations make a round: some 20 ms of them, so that a
/// round finds its own matrices in the caches as training does, and yet is short beside what
/// disturbs.
inline Index steps_per_round(double operations) {
  return std::clamp<Index>(static_cast<Index>(2e9 / operations), 1, 100);
}

/// Rounds of steps, each followed by as many floors of each library. The time of the benchmark is
/// that of a step. Its counters: samples_per_second, and the step's throughput relative to that of
/// the floor (the median over the rounds), floor_ratio_eigen with Eigen's products, floor_ratio
/// with those of the fastest library. The label names that library, and the data.
class Rounds {
 public:
  Rounds(benchmark::State& state, Index steps, Index samples_per_step, Floor floor,
         std::string data = "random numbers")
      : state_(state),
        steps_(steps),
        samples_(samples_per_step),
        floor_(std::move(floor)),
        data_(std::move(data)) {
    for (const auto& library : libraries()) floor_(library);  // warm
    floors_.resize(libraries().size());
  }

  /// Whether another round is wanted.
  bool more() { return state_.KeepRunningBatch(steps_); }

  /// Its steps took so long.
  void add(double seconds) {
    state_.SetIterationTime(seconds);
    step_.push_back(seconds);
    for (std::size_t i = 0; i < floors_.size(); ++i) {
      const double begin = now();
      for (Index s = 0; s < steps_; ++s) floor_(libraries()[i]);
      floors_[i].push_back(now() - begin);
    }
  }

  void finish() {
    const auto faster = [](const auto& a, const auto& b) { return median(a) < median(b); };
    const auto best = std::min_element(floors_.begin(), floors_.end(), faster);
    state_.counters["samples_per_second"] =
        per_second(static_cast<double>(state_.iterations() * samples_));
    state_.counters["floor_ratio"] = ratio(*best);
    state_.counters["floor_ratio_eigen"] = ratio(floors_.front());
    const auto& library = libraries()[static_cast<std::size_t>(best - floors_.begin())];
    state_.SetLabel("best floor: " + library.name + "; data: " + data_);
  }

 private:
  double ratio(const std::vector<double>& floor) const {
    std::vector<double> each(step_.size());
    std::transform(floor.begin(), floor.end(), step_.begin(), each.begin(), std::divides());
    return median(each);
  }

  benchmark::State& state_;
  Index steps_, samples_;
  Floor floor_;
  std::string data_;
  std::vector<double> step_;                 // seconds of each round
  std::vector<std::vector<double>> floors_;  // the same of each library
};

/// Times `step()`.
template <class Step>
void run_rounds(Rounds&& rounds, Index steps, Step&& step) {
  step();  // warm
  while (rounds.more()) {
    const double begin = now();
    for (Index s = 0; s < steps; ++s) step();
    rounds.add(now() - begin);
  }
  rounds.finish();
}

/// Times strata's own loops, from outside and whole: an observer for train and fine_tune, to which
/// so many batches in a row are a round. The first one warms up. What ends an epoch, its metrics
/// and perhaps a short batch, is left out.
class BatchRounds {
 public:
  /// Thrown when there are enough rounds: the loops themselves end with an epoch only.
  struct Enough {};

  BatchRounds(Rounds& rounds, Index batches) : rounds_(rounds), batches_(batches) {}

  void batch(const strata::Progress& p) {
    if (p.seen == p.samples || ++done_ < batches_) return;
    if (warm_) rounds_.add(now() - begin_);
    warm_ = true;
    if (!rounds_.more()) throw Enough();
    begin();
  }
  template <class Model>
  void epoch(const strata::Progress&, const Model&) {
    begin();
  }

 private:
  void begin() {
    done_ = 0;
    begin_ = now();
  }

  Rounds& rounds_;
  Index batches_, done_ = 0;
  double begin_ = 0;
  bool warm_ = false;
};

/// Times the batches of `learn(observer)`, which would go on for ever. An epoch has more batches
/// than a round.
template <class Learn>
void run_training(Rounds& rounds, Index batches, Learn&& learn) {
  BatchRounds observer(rounds, batches);
  try {
    learn(observer);
  } catch (const BatchRounds::Enough&) {
    rounds.finish();
  }
}

}  // namespace benchmarks
