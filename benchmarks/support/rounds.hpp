// SPDX-License-Identifier: MIT
// A step and its floor by turns: whatever slows the machine down for a while slows both.
#pragma once

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
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

inline double median(std::vector<double> x) {
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), middle, x.end());
  return *middle;
}

/// How many steps of so many floating-point operations make a round: some 20 ms of them, so that a
/// round finds its own matrices in the caches as training does, and yet is short beside what
/// disturbs.
inline Index steps_per_round(double operations) {
  return std::clamp<Index>(static_cast<Index>(2e9 / operations), 2, 100);
}

/// Rounds of steps, each followed by as many floors of each library. The time of the benchmark is
/// that of a step. Its counters: samples_per_second, and the step's throughput relative to that of
/// the floor (the median over the rounds), floor_ratio_eigen with Eigen's products, floor_ratio
/// with those of the fastest library.
class Rounds {
 public:
  Rounds(benchmark::State& state, Index steps, Index samples_per_step, Floor floor)
      : state_(state), steps_(steps), samples_(samples_per_step), floor_(std::move(floor)) {
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
    state_.counters["samples_per_second"] = benchmark::Counter(
        static_cast<double>(state_.iterations() * samples_), benchmark::Counter::kIsRate);
    state_.counters["floor_ratio"] = ratio(*best);
    state_.counters["floor_ratio_eigen"] = ratio(floors_.front());
    state_.SetLabel("best floor: " +
                    libraries()[static_cast<std::size_t>(best - floors_.begin())].name);
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
/// a round is an epoch from its shuffling to the end of its last batch. Only the epoch's metrics,
/// which come after, are left out: data of a few batches would have far too many of them. The first
/// epoch warms up.
class EpochRounds {
 public:
  explicit EpochRounds(Rounds& rounds) : rounds_(rounds) {}

  void batch(const strata::Progress& p) {
    if (p.seen == p.samples) end_ = now();
  }
  template <class Model>
  void epoch(const strata::Progress& p, const Model&) {
    if (p.epoch > 1) rounds_.add(end_ - begin_);
    more_ = rounds_.more();
    begin_ = now();
  }
  bool stop() const { return !more_; }
  template <class Model>
  void finish(const Model&) {
    rounds_.finish();
  }

 private:
  Rounds& rounds_;
  double begin_ = 0, end_ = 0;
  bool more_ = true;
};

}  // namespace benchmarks
