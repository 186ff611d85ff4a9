// SPDX-License-Identifier: MIT
// What may take part in a run beside the gradient and the optimiser: penalties, corruption, observers,
// checkpoints.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

#include "strata/core/parameters.hpp"
#include "strata/core/run.hpp"
#include "strata/nets/corruption.hpp"

namespace strata {

/// What an epoch measured, by name: {"reconstruction error", 8.3}.
struct Metric {
  std::string name;
  double value = 0;

  template <class F>
  void visit(F&& f) {
    f("name", name), f("value", value);
  }
};

/// Where a run stands, for observers.
struct Progress {
  std::string task;  // "RBM 784-500 (Bernoulli, Bernoulli)"
  int epoch = 0;     // from 1
  int epochs = 0;
  Index seen = 0, samples = 0;  // in this epoch
  double seconds = 0;           // since the task began
  std::vector<Metric> metrics;  // of the epoch that has just ended

  template <class F>
  void visit(F&& f) {
    f("task", task), f("epoch", epoch), f("epochs", epochs), f("seen", seen);
    f("samples", samples), f("seconds", seconds), f("metrics", metrics);
  }
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
//   visit(f)                   f(name, value) on all that must be remembered from one batch to another, for
//                              checkpoints (core/archive.hpp)
//   resume(run), keep(run, progress), finished(run)  for a checkpoint, as Checkpoint has them: asked before
//                              the first batch, after each one and after finish
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

template <class P>
concept Remembers = requires(P& plugin, Archive& archive) {
  plugin.visit(archive);
};
template <class P>
concept KeepsRuns = requires(P& plugin, const Run& run, const Progress& progress) {
  { plugin.resume(run) } -> std::same_as<Resumed>;
  plugin.keep(run, progress);
  plugin.finished(run);
};

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
|| KeepsRuns<P> || PullsActivity<P, S> || PenalisesCode<P, S> || Corrupts<P, S> ||
    std::invocable<P&, const Progress&, const Model&>;
template <class P, class Model>
concept TakesPart = HasPart<P, Model> && !for_other_model<P, Model>;

/// Asserts it of all. Of a number, not of a concept: the compiler would list all that a plugin may have.
template <class Model, class... Plugins>
constexpr bool fit_together() {
  constexpr bool all = (TakesPart<Plugins, Model> && ...);
  static_assert(
      all, "an argument after rng is no penalty or observer of this model; see train/plugins.hpp");
  return all;
}

}  // namespace detail

}  // namespace strata
