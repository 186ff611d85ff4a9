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
#include "strata/nets/corruption.hpp"
#include "strata/train/backup.hpp"

namespace strata {

/// How long to learn, and on how many samples at once.
struct Training {
  int epochs = 10;
  Index batch_size = 100;  // at most; the batches of an epoch are as like in size as may be
  bool binarise = false;   // draw each batch's inputs, 0 or 1, with the data as probabilities
};

/// What an epoch measured, by name: {"reconstruction error", 8.3}.
struct Metric {
  std::string name;
  double value;
};

/// Where a run stands, for observers.
struct Progress {
  std::string task;  // "RBM 784-500 (Bernoulli, Bernoulli)"
  int epoch = 0;     // from 1
  int epochs = 0;
  Index seen = 0, samples = 0;  // in this epoch
  double seconds = 0;           // since the task began
  std::vector<Metric> metrics;  // of the epoch that has just ended
};

/// Training left the finite numbers, and the model holds the parameters of the batch before, if it has
/// more than 4,096 those of up to 100 batches before; or it began to run away, and the model holds those
/// of 101 to 200 batches before, or of the start.
struct Diverged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What else may take part in a run. Penalties and observers are passed after the other arguments,
// in any number and order, and have any of these:
//   check_options()            throws for options without a meaning, before anything is changed
//   penalise(piece)            adds to the gradient of a Piece; called for several at once, may not
//                              throw
//   constrain(θ)               mends the parameters after a step
//   batch(progress)            looks on after each batch
//   epoch(progress, model)     looks on after each epoch, as does a callable (progress, model)
//   stop()                     asked after each epoch: true ends the run
//   restart()                  asked after each epoch: true makes the optimiser start anew
//   runaway()                  asked before each step: what is not as it should be, such as "samples 12
//                              deviations away from the data, but at most 10 are allowed,", or an empty
//                              text; ends the run as a number that is not finite does
//   back_off(why)              asked before a run of steps along gradients is ended so: what to multiply
//                              all later steps by, to go on from earlier parameters; 0 to end it
//   begin_anew()               does what chains and the like must then do
//   pull(activity)             for RBMs: adds to the hidden units' gradient, as Sparsity does
//   cost(activity, slope) const, contract(…) const  for autoencoders, as Sparsity and Contraction
//                              have them
//   corrupt(x, rng) const      for autoencoders and fine_tune: changes what the net is shown
//   finish(model)              has the last word on the model
//   Model                      a type: it is for no other model
namespace detail {

template <class P>
void check_options(P& plugin) {
  if constexpr (requires { plugin.check_options(); }) plugin.check_options();
}
template <class P, class S>
void penalise(P& plugin, Piece<S>& piece) {
  if constexpr (requires { plugin.penalise(piece); }) plugin.penalise(piece);
}
template <class P, class S>
void constrain(P& plugin, Parameters<S>& theta) {
  if constexpr (requires { plugin.constrain(theta); }) plugin.constrain(theta);
}
template <class P>
void batch(P& plugin, const Progress& progress) {
  if constexpr (requires { plugin.batch(progress); }) plugin.batch(progress);
}
template <class P, class Model>
void epoch(P& plugin, const Progress& progress, const Model& model) {
  if constexpr (requires { plugin.epoch(progress, model); })
    plugin.epoch(progress, model);
  else if constexpr (std::is_invocable_v<P&, const Progress&, const Model&>)
    plugin(progress, model);
}
template <class P>
bool stop(P& plugin) {
  if constexpr (requires { plugin.stop(); })
    return plugin.stop();
  else
    return false;
}
template <class P>
bool restart(P& plugin) {
  if constexpr (requires { plugin.restart(); })
    return plugin.restart();
  else
    return false;
}
template <class P>
std::string runaway(P& plugin) {
  if constexpr (requires { plugin.runaway(); })
    return plugin.runaway();
  else
    return {};
}
template <class P>
concept BacksOff = requires(P& plugin, const std::string& why) {
  plugin.back_off(why);
};
template <class P>
double back_off(P& plugin, const std::string& why) {
  if constexpr (BacksOff<P>)
    return plugin.back_off(why);
  else
    return 0;
}
template <class P>
void begin_anew(P& plugin) {
  if constexpr (requires { plugin.begin_anew(); }) plugin.begin_anew();
}
template <class P, class Model>
void finish(P& plugin, Model& model) {
  if constexpr (requires { plugin.finish(model); }) plugin.finish(model);
}

template <class P, class S>
concept PullsActivity = requires(P& p, const Vector<S>& activity) {
  p.pull(activity);
};

template <class P, class S>
concept PenalisesCode = requires(const P& p, Vector<S>& v) {
  p.cost(v, v);
}
|| requires(const P& p, Matrix<S>& x, Vector<S>& v) { p.contract(x, x, x, x, v); };

template <class P, class S>
concept ForAutoencoders = Corrupts<P, S> ||(PenalisesCode<P, S> && !PullsActivity<P, S>);
template <class P, class S>
concept ForRBMs = PullsActivity<P, S> && !PenalisesCode<P, S>;

/// A plugin that names the model it is for.
template <class P>
concept ForOneModel = requires {
  typename P::Model;
};
template <class P, class M>
inline constexpr bool for_other_model = false;
template <ForOneModel P, class M>
inline constexpr bool for_other_model<P, M> = !std::is_same_v<typename P::Model, M>;

/// Whether a plugin has any of these for this model: one that fits nothing is a mistake.
template <class P, class Model, class S = ScalarOf<Model>>
concept HasPart = requires(P& p, Piece<S>& piece) {
  p.penalise(piece);
}
|| requires(P& p, Parameters<S>& theta) { p.constrain(theta); }
|| requires(P& p, const Progress& progress) { p.batch(progress); }
|| requires(P& p, const Progress& progress, const Model& m) { p.epoch(progress, m); }
|| requires(P& p) { p.stop(); }
|| requires(P& p) { p.restart(); }
|| requires(P& p) { p.runaway(); }
|| requires(P& p) { p.begin_anew(); }
|| BacksOff<P> || requires(P& p, Model& m) { p.finish(m); }
|| PullsActivity<P, S> || PenalisesCode<P, S> || Corrupts<P, S> ||
    std::invocable<P&, const Progress&, const Model&>;
template <class P, class Model>
concept TakesPart = HasPart<P, Model> && !for_other_model<P, Model>;

/// Asserts it of all. Of a number, not of a concept: the compiler would list all that a plugin may have.
template <class Model, class... Plugins>
constexpr bool fit_together() {
  constexpr bool all = (TakesPart<Plugins, Model> && ...);
  static_assert(
      all, "an argument after rng is no penalty or observer of this model; see train/loop.hpp");
  return all;
}

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

/// Every minibatch of every epoch, with all who look on: learn(columns, time, batch) changes the model,
/// where 2.5 is half of the third epoch; measure() gives the metrics of the epoch that ends; begin_anew()
/// forgets what the optimiser knows.
template <class Model, class Learn, class Measure, class BeginAnew, class... Plugins>
void run_epochs(const std::string& task, Model& model, Index samples, const Training& training,
                Random& rng, Learn&& learn, Measure&& measure, BeginAnew&& begin_anew,
                Plugins&... plugins) {
  static_assert(fit_together<Model, Plugins...>());
  auto theta = parameters(model);
  const auto begin = std::chrono::steady_clock::now();
  Progress progress{task, 0, training.epochs, 0, samples, 0, {}};

  for (int epoch = 0; epoch < training.epochs; ++epoch) {
    progress.epoch = epoch + 1;
    progress.seen = 0;
    Index batch = 0;
    for_each_minibatch(samples, training.batch_size, rng, [&](std::span<const Index> columns) {
      learn(columns, epoch + static_cast<double>(progress.seen) / static_cast<double>(samples),
            ++batch);
      if constexpr (requires { model.constrain(); }) model.constrain();
      (constrain(plugins, theta), ...);
      progress.seen += static_cast<Index>(columns.size());
      progress.seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      (detail::batch(plugins, progress), ...);
    });
    progress.metrics = measure();
    (detail::epoch(plugins, progress, model), ...);
    progress.metrics.clear();
    if ((stop(plugins) || ...)) break;
    bool anew = false;
    ((anew = restart(plugins) || anew), ...);  // each is asked
    if (anew) begin_anew();
  }
  (finish(plugins, model), ...);
}

}  // namespace detail

/// Ascends a gradient: estimate(columns, epoch, g) writes to g that of the mean objective of those
/// samples, where 2.5 epochs are half of the third; measure() gives the metrics of the epoch that
/// ends. Throws Diverged.
template <class Model, class Gradient, class Optimiser, class Estimate, class Measure,
          class... Plugins>
void ascend(const std::string& task, Model& model, Gradient g, Index samples,
            const Optimiser& optimiser, const Training& training, Random& rng, Estimate&& estimate,
            Measure&& measure, Plugins&... plugins) {
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
  detail::run_epochs(
      task, model, samples, training, rng, learn, measure, [&] { state = optimiser.start(theta); },
      plugins...);
}

/// Lowers a function of each (large) batch by an optimiser like those of optim/objective.hpp:
/// f.set_batch(columns) makes the objective that of those samples, f.keep(θ) takes what a step has led
/// to. Throws Diverged if the function is not finite where it begins.
template <class Model, class Optimiser, class F, class Measure, class... Plugins>
void descend(const std::string& task, Model& model, Index samples, const Optimiser& optimiser,
             const Training& training, Random& rng, F& f, Measure&& measure, Plugins&... plugins) {
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
  detail::run_epochs(
      task, model, samples, training, rng, learn, measure,
      [&] { state = optimiser.template start<S>(); }, plugins...);
}

}  // namespace strata
