// SPDX-License-Identifier: MIT
// The one loop of stochastic learning: gradient → penalties → step → constraints, batch by batch.
// What estimates the gradient, what makes it a step and what else looks on are arguments.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "strata/core/minibatches.hpp"
#include "strata/core/parameters.hpp"
#include "strata/core/samples.hpp"
#include "strata/train/backup.hpp"
#include "strata/train/plugins.hpp"

namespace strata {

/// How long to learn, and on how many samples at once.
struct Training {
  int epochs = 10;
  Index batch_size = 100;  // at most; the batches of an epoch are as like in size as may be
  bool binarise = false;   // draw each batch's inputs, 0 or 1, with the data as probabilities
};

/// Training left the finite numbers, and the model holds the parameters of the batch before, if it has
/// more than 4,096 those of up to 100 batches before; or it began to run away, and the model holds those
/// of 101 to 200 batches before, or of the start.
struct Diverged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

/// An optimiser that makes a step of each gradient, as SGD does; those of optim/objective.hpp do not.
template <class O, class S>
concept StepsAlongGradients = requires(const O& optimiser, const Parameters<S>& theta) {
  optimiser.start(theta);
  requires requires(double time, decltype(optimiser.start(theta))& state) {
    optimiser.step(time, state);
  };
};

/// Eigen's products allocate and free their packed blocks each time. glibc gives freed memory back
/// to the kernel, which then clears each page anew (15 % of a CD-1 step), until it has seen a
/// larger block freed: this one, of just under 32 MiB, the largest that counts. It is never
/// touched.
inline void keep_freed_memory() { Vector<char> block((Index{32} << 20) - 4096); }

/// θ ← θ + step, where `update` returns the step of a piece, in one pass over memory. Returns the
/// name of the first parameter that is finite no longer, or nothing. A std::function, to be
/// compiled once for all updates.
template <class S>
std::string take_step(Parameters<S>& theta, Parameters<S>& gradient,
                      const std::function<typename Piece<S>::Values(Piece<S>&)>& update) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    std::atomic<bool> finite = true;
    for_each_piece(theta, gradient, i, [&](Piece<S>& p) {
      p.value += update(p);
      if (!((p.value * S(0)).sum() == S(0))) finite = false;
    });
    if (!finite) return theta[i].name;
  }
  return {};
}

}  // namespace detail

/// Throws unless the options make sense: those of the run, of the optimiser and of all that
/// follows.
template <class Optimiser, class... Plugins>
void check_training(std::string_view where, const Training& training, const Optimiser& optimiser,
                    Plugins&... plugins) {
  check(training.epochs >= 0, where, ": epochs has ", training.epochs,
        ", but at least 0 is needed");
  check(training.batch_size >= 1, where, ": batch_size has ", training.batch_size,
        ", but at least 1 is needed");
  detail::check_options(optimiser);
  (detail::check_options(plugins), ...);
}

namespace detail {

/// Where a run stands: what has to be remembered to go on.
struct Position {
  int epoch = 0;           // from 0
  std::int64_t batch = 0;  // of the epoch
  Random order;            // of which the epoch's order of samples is drawn
  double seconds = 0;

  template <class F>
  void visit(F&& f) {
    f("epoch", epoch), f("batch", batch), f("order", order), f("seconds", seconds);
  }
};

/// What a run learns by: learn(columns, time, batch) changes the model, where 2.5 is half of the third
/// epoch; measure() gives the metrics of the epoch that ends; begin_anew() forgets what the optimiser
/// knows; visit(archive) is all that it remembers.
template <class Learn, class Measure, class BeginAnew, class Visit>
struct Learner {
  Learn learn;
  Measure measure;
  BeginAnew begin_anew;
  Visit visit;
};
template <class Learn, class Measure, class BeginAnew, class Visit>
Learner(Learn, Measure, BeginAnew, Visit) -> Learner<Learn, Measure, BeginAnew, Visit>;

/// Calls f(plugin) on the one that keeps the run in a checkpoint, if there is one.
template <class F, class... Plugins>
void for_checkpoint(F&& f, Plugins&... plugins) {
  [[maybe_unused]] const auto one = [&](auto& plugin) {
    if constexpr (KeepsRuns<std::remove_cvref_t<decltype(plugin)>>) f(plugin);
  };
  (one(plugins), ...);
}

/// The run as a checkpoint sees it. Refers to all of its arguments.
template <class S, class L, class... Plugins>
Run run_of(const std::string& task, Index samples, const Training& training, Parameters<S>& theta,
           Random& rng, Position& at, L& learner, Plugins&... plugins) {
  const auto result = [&](Archive& archive) {
    for (auto& p : theta) archive(p.name, p.value);
    archive("random", rng);
    const auto remember = [&](auto& plugin) {
      if constexpr (Remembers<std::remove_reference_t<decltype(plugin)>>) archive("plugin", plugin);
    };
    (remember(plugins), ...);
  };
  return {
      text(task, ", ", training.epochs, " epochs of ", samples, " samples in batches of ",
           training.batch_size, ", random numbers of seed ", rng.seed(), " from ", rng.counter()),
      result, [&, result](Archive& archive) {
        result(archive);
        archive("position", at);
        learner.visit(archive);
      }};
}

/// Every minibatch of every epoch, with all who look on.
template <class Model, class L, class... Plugins>
void run_epochs(const std::string& task, Model& model, const Samples<ScalarOf<Model>>& samples,
                const Training& training, Random& rng, L learner, Plugins&... plugins) {
  static_assert(fit_together<Model, Plugins...>());
  auto theta = parameters(model);
  Position at;
  Run run;
  Resumed resumed = Resumed::no;
  for_checkpoint(
      [&](auto& checkpoint) {
        run = run_of(task, samples.cols(), training, theta, rng, at, learner, plugins...);
        resumed = checkpoint.resume(run);
      },
      plugins...);
  if (resumed == Resumed::finished) return;
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now() - std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(at.seconds));
  Progress progress{task, 0, training.epochs, 0, samples.cols(), at.seconds, {}};
  const auto count = static_cast<double>(samples.cols());

  for (; at.epoch < training.epochs; ++at.epoch, at.batch = 0) {
    progress.epoch = at.epoch + 1;
    progress.seen = 0;
    if (at.batch == 0) at.order = rng;
    Random order = at.order;
    const auto columns_in_order = samples.order(order);
    if (at.batch == 0) rng = order;
    std::int64_t batch = 0;
    for_each_minibatch(
        std::span<const Index>(columns_in_order), training.batch_size,
        [&](std::span<const Index> columns) {
          const auto seen = progress.seen;
          progress.seen += std::ssize(columns);
          if (batch++ < at.batch) return;  // before the run was resumed
          learner.learn(columns, at.epoch + static_cast<double>(seen) / count, batch);
          if constexpr (requires { model.constrain(); }) model.constrain();
          (constrain(plugins, theta), ...);
          progress.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
          (detail::batch(plugins, progress), ...);
          at.batch = batch;
          at.seconds = progress.seconds;
          for_checkpoint([&](auto& checkpoint) { checkpoint.keep(run, progress); }, plugins...);
        });
    progress.metrics = learner.measure();
    (detail::epoch(plugins, progress, model), ...);
    progress.metrics.clear();
    if ((stop(plugins) || ...)) break;
    bool anew = false;
    ((anew = restart(plugins) || anew), ...);  // each is asked
    if (anew) learner.begin_anew();
  }
  (finish(plugins, model), ...);
  for_checkpoint([&](auto& checkpoint) { checkpoint.finished(run); }, plugins...);
}

}  // namespace detail

/// Ascends a gradient: estimate(columns, epoch, g) writes to g that of the mean objective of those
/// samples, where 2.5 epochs are half of the third; measure() gives the metrics of the epoch that
/// ends. Throws Diverged.
template <class Model, class Gradient, class Optimiser, class Estimate, class Measure,
          class... Plugins>
void ascend(const std::string& task, Model& model, Gradient g,
            const Samples<ScalarOf<Model>>& samples, const Optimiser& optimiser,
            const Training& training, Random& rng, Estimate&& estimate, Measure&& measure,
            Plugins&... plugins) {
  using S = ScalarOf<Model>;
  detail::keep_freed_memory();
  auto theta = parameters(model);
  auto gradient = parameters(g);
  detail::Backup<S> backup(theta);
  auto state = optimiser.start(theta);
  S share = 1;  // of each step that is taken
  const auto learn = [&](std::span<const Index> columns, double time, Index batch) {
    estimate(columns, time, g);
    const auto to_step = optimiser.step(time, state);
    const auto update = [&](Piece<S>& piece) -> typename Piece<S>::Values {
      (detail::penalise(plugins, piece), ...);
      if (share == 1) return to_step(piece);
      piece.gradient = share * to_step(piece);
      return piece.gradient;
    };
    backup.before_step(theta);
    std::string runaway;
    ((runaway.empty() ? void(runaway = detail::runaway(plugins)) : void()), ...);
    std::string diverged = runaway;
    if (diverged.empty()) {
      const auto not_finite = detail::take_step<S>(theta, gradient, std::cref(update));
      if (not_finite.empty()) return;
      diverged = text("a step of ", not_finite, " that is not finite");
    }
    const auto why = text("train: ", task, " has ", diverged, " at epoch ",
                          static_cast<int>(time) + 1, ", batch ", batch);
    double factor = 0;
    ((factor = std::max(factor, detail::back_off(plugins, why))), ...);
    if (factor > 0) {
      share *= static_cast<S>(factor);
      backup.restore_good(theta);
      state = optimiser.start(theta);
      (detail::begin_anew(plugins), ...);
      return;
    }
    throw Diverged(text(why,
                        runaway.empty() ? ", but finite numbers are needed; the model holds "
                                        : "; the model holds ",
                        runaway.empty() ? backup.restore_last(theta) : backup.restore_good(theta)));
  };
  const auto remember = [&](auto& archive) {
    archive("optimiser", state), archive("share", share), archive("backup", backup);
    if constexpr (detail::Remembers<std::remove_reference_t<Measure>>) archive("measure", measure);
  };
  detail::run_epochs(
      task, model, samples, training, rng,
      detail::Learner{learn, std::ref(measure), [&] { state = optimiser.start(theta); }, remember},
      plugins...);
}

/// Lowers a function of each (large) batch by an optimiser like those of optim/objective.hpp:
/// f.set_batch(columns) makes the objective that of those samples, f.keep(θ) takes what a step has led
/// to. Throws Diverged if the function is not finite where it begins.
template <class Model, class Optimiser, class F, class Measure, class... Plugins>
void descend(const std::string& task, Model& model, const Samples<ScalarOf<Model>>& samples,
             const Optimiser& optimiser, const Training& training, Random& rng, F& f,
             Measure&& measure, Plugins&... plugins) {
  using S = ScalarOf<Model>;
  static_assert(!(detail::BacksOff<Plugins> || ...), "these optimisers choose their own steps");
  detail::keep_freed_memory();
  auto theta = parameters(model);
  Vector<S> at;
  auto state = optimiser.template start<S>();
  const auto learn = [&](std::span<const Index> columns, double time, Index batch) {
    f.set_batch(columns);
    copy(theta, at);
    const double before = f.value(at, nullptr);
    if (!std::isfinite(before))
      throw Diverged(text("train: ", task, " has a loss of ", before, " at epoch ",
                          static_cast<int>(time) + 1, ", batch ", batch,
                          ", but finite numbers are needed; the model is as it was"));
    optimiser.improve(f, at, state);
    f.keep(at);
  };
  const auto remember = [&](auto& archive) {
    archive("optimiser", state), archive("loss", f);
    if constexpr (detail::Remembers<std::remove_reference_t<Measure>>) archive("measure", measure);
  };
  detail::run_epochs(task, model, samples, training, rng,
                     detail::Learner{learn, std::ref(measure),
                                     [&] { state = optimiser.template start<S>(); }, remember},
                     plugins...);
}

}  // namespace strata
