// SPDX-License-Identifier: MIT
// Supervised fine-tuning of a stack.
#pragma once

#include <utility>

#include "strata/nets/backpropagation.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/nets/corruption.hpp"
#include "strata/nets/unroll.hpp"
#include "strata/train/batch_loss.hpp"
#include "strata/train/batches.hpp"
#include "strata/train/loop.hpp"

namespace strata {

/// Shares of the units that are left out at random for each sample of a batch, those of the input
/// and those of each hidden layer; the others count 1 / (1 − share): "Improving neural networks by
/// preventing co-adaptation of feature detectors" (Hinton, Srivastava, Krizhevsky, Sutskever and
/// Salakhutdinov 2012). So the net itself is the mean net of the test, and pre-trained weights keep
/// their scale.
struct Dropout {
  double input = 0;
  double hidden = 0;
};

/// Fine-tuning by backpropagation of a loss. `Backpropagation` lowers the cross-entropy;
/// BackpropagationOf<SquaredError>, or a loss of your own like those in nets/loss.hpp, another one.
template <class Loss>
struct BackpropagationOf {
  int top_only_epochs = 0;     // the first epochs, in which only the top layer learns
  bool sample_hidden = false;  // hidden units hand on samples, not means: noise that regularises
  Dropout dropout = {};
  Loss loss = {};

  void check_options() const {
    check(top_only_epochs >= 0, "Backpropagation: top_only_epochs has ", top_only_epochs,
          ", but at least 0 is needed");
    for (const double share : {dropout.input, dropout.hidden})
      check(share >= 0 && share < 1, "Backpropagation: dropout has ", share,
            ", but a value in [0, 1) is needed");
  }
};
using Backpropagation = BackpropagationOf<CrossEntropy>;

namespace detail {

/// Targets that are given as columns.
template <class S>
struct MatrixTargets {
  const Matrix<S>& targets;

  void gather_into(std::span<const Index> columns, Matrix<S>& t) const {
    gather<S>(targets, columns, t);
  }
};

/// The inputs themselves, as they are before any noise.
template <class S>
struct InputTargets {
  const Samples<S>& data;

  void gather_into(std::span<const Index> columns, Matrix<S>& t) const { data.gather(columns, t); }
};

/// What a loss may be given as targets: a likelihood knows values that the top units take and no others.
template <class Net, class Loss>
constexpr Interval target_values() {
  if constexpr (std::is_same_v<Loss, CrossEntropy>)
    return support<std::remove_cvref_t<decltype(top_layer(std::declval<Net&>()).units)>>();
  else
    return {};
}

/// Labels, one-hot as targets.
struct LabelTargets {
  const Labels& labels;
  Index classes;

  template <class S>
  void gather_into(std::span<const Index> columns, Matrix<S>& t) const {
    t.setZero(classes, static_cast<Index>(columns.size()));
    for (Index j = 0; j < t.cols(); ++j) t(label(columns, j), j) = 1;
  }
  template <class S>
  double count_wrong(const Matrix<S>& y, std::span<const Index> columns) const {
    double wrong = 0;
    for (Index j = 0; j < y.cols(); ++j) wrong += likeliest(y, j) != label(columns, j);
    return wrong;
  }

 private:
  int label(std::span<const Index> columns, Index j) const {
    return labels[static_cast<std::size_t>(columns[static_cast<std::size_t>(j)])];
  }
};

/// In the first epochs, takes the gradient of all parameters below the top layer's away. The
/// optimiser then starts anew, or Adam's averages of nothing would make its first steps in the
/// other layers several times too long.
template <class Tally>
struct TopOnly {
  const Tally& tally;
  std::size_t top;  // the first parameter of the top layer
  bool was_active = tally.top_only();

  bool restart() { return std::exchange(was_active, tally.top_only()) && !was_active; }

  template <class S>
  void penalise(Piece<S>& p) const {
    if (tally.top_only() && p.parameter < top) p.gradient.setZero();
  }
  template <class F>
  void visit(F&& f) {
    f("was active", was_active);
  }
};
template <class Tally>
TopOnly(const Tally&, std::size_t) -> TopOnly<Tally>;

/// Dropout of inputs, as a corruption.
struct InputDropout {
  double share;

  template <class S>
  void corrupt(Matrix<S>& x, Random& rng) const {
    leave_out(x, share, rng);
  }
};

/// What the epochs of a run measured, and in how many of them the top learns alone.
template <class Loss, class Targets, class S>
struct Tally {
  const Targets& targets;
  int top_only_epochs = 0;
  int epoch = 0;
  double loss = 0, wrong = 0, seen = 0;

  bool top_only() const { return epoch < top_only_epochs; }
  /// After a batch.
  void operator()(double loss_of_batch, const Matrix<S>& y, std::span<const Index> columns) {
    loss += loss_of_batch;
    seen += static_cast<double>(columns.size());
    if constexpr (counts) wrong += targets.count_wrong(y, columns);
  }
  /// After an epoch.
  std::vector<Metric> operator()() {
    std::vector<Metric> metrics{{Loss::name, loss / seen}};
    if constexpr (counts) metrics.push_back({"training error", 100 * wrong / seen});
    loss = wrong = seen = 0;
    ++epoch;
    return metrics;
  }
  template <class F>
  void visit(F&& f) {
    f("epoch", epoch), f("loss", loss), f("wrong", wrong), f("seen", seen);
  }

 private:
  static constexpr bool counts = requires(const Targets& t, const Matrix<S>& y) {
    t.count_wrong(y, {});
  };
};

/// A tally whose epochs tell a BatchLoss, too, when all layers learn.
template <class Tally, class BatchLoss>
struct Thaw {
  Tally& tally;
  BatchLoss& loss;

  std::vector<Metric> operator()() const {
    auto metrics = tally();
    loss.freeze(tally.top_only());
    return metrics;
  }
  template <class F>
  void visit(F&& f) {
    tally.visit(f);
  }
};
template <class Tally, class BatchLoss>
Thaw(Tally&, BatchLoss&) -> Thaw<Tally, BatchLoss>;

template <class Net, class Loss, class Optimiser, class Targets, class... Plugins>
void run_fine_tuning(Net& net, const Samples<ScalarOf<Net>>& data, const Targets& targets,
                     const BackpropagationOf<Loss>& trainer, const Optimiser& optimiser,
                     const Training& training, Random& rng, Plugins&... plugins) {
  using S = ScalarOf<Net>;
  static_assert(
      !(detail::PullsActivity<Plugins, S> || ...) && !(detail::PenalisesCode<Plugins, S> || ...),
      "Sparsity and Contraction are penalties of single layers; fine_tune has no use for them");
  constexpr bool on_large_batches = requires { optimiser.template start<S>(); };
  constexpr bool optimises = on_large_batches || StepsAlongGradients<Optimiser, S>;
  static_assert(optimises,
                "this is no optimiser: neither one like SGD nor one of optim/objective.hpp");
  check_training("fine_tune", training, optimiser, trainer, plugins...);
  check_finite("fine_tune", net);
  check_unit_scale("fine_tune", net);
  data.check_values("fine_tune", "data", training.binarise ? Interval{0, 1} : Interval{});
  if (is_new(net)) initialise(net, rng);

  Batches<S> batches(data, training.binarise, true);
  States<S> noisy;
  const auto show = [&](std::span<const Index> columns, Random& noise, States<S>& input,
                        Matrix<S>& target) {
    batches.gather_into(columns, input, noise);
    targets.gather_into(columns, target);
    if (corrupted(input, noisy, noise, plugins...)) std::swap(input, noisy);
    if (trainer.dropout.input > 0) {
      corrupted(input, noisy, noise, InputDropout{trainer.dropout.input});
      std::swap(input, noisy);
    }
  };
  const HiddenNoise hidden_noise{trainer.sample_hidden, trainer.dropout.hidden};
  Tally<Loss, Targets, S> tally{targets, trainer.top_only_epochs};

  if constexpr (!(optimises && fit_together<Net, Plugins...>())) {
    return;
  } else if constexpr (on_large_batches) {
    const bool same_each_epoch =
        !(training.binarise || trainer.sample_hidden || trainer.dropout.input > 0 ||
          trainer.dropout.hidden > 0 || (Corrupts<Plugins, S> || ...));
    BatchLoss loss(net, trainer.loss, hidden_noise, same_each_epoch, show, std::ref(tally),
                   data.cols(), rng, plugins...);
    loss.freeze(tally.top_only());
    descend("fine-tuning", net, data, optimiser, training, rng, loss, Thaw{tally, loss},
            plugins...);
  } else {
    Matrix<S> target;
    States<S> input;
    Activations<S> a(depth(net));
    const auto estimate = [&](std::span<const Index> columns, double, auto& g) {
      show(columns, rng, input, target);
      const Matrix<S>& y = forward(net, input, a, hidden_noise, &rng);
      const double value = backward(net, input, target, trainer.loss, a, g, tally.top_only());
      tally(value, y, columns);
    };
    TopOnly freeze{tally, parameters(net).size() - parameters(top_layer(net)).size()};
    ascend("fine-tuning", net, zero_gradient(net), data, optimiser, training, rng, estimate, tally,
           plugins..., freeze);
  }
}

}  // namespace detail

/// Trains all layers of a classifier on labelled data. A net of which all parameters are zero is
/// initialised first. Penalties and observers follow (plugins.hpp), who get the loss and the error on the
/// samples of the epoch as they were learned. Throws
/// std::invalid_argument for wrong shapes, labels, options and numbers that are not finite, before
/// anything is changed, and Diverged.
template <class Net, class Images, class Loss, class Optimiser, class... Plugins>
void fine_tune(Net& net, const LabelledData<ScalarOf<Net>, Images>& data,
               const BackpropagationOf<Loss>& trainer, const Optimiser& optimiser,
               const Training& training, Random& rng, Plugins&&... plugins) {
  static_assert(detail::fully_dense<Net>,
                "fine_tune needs dense layers: classifier(net, classes, rng) has them");
  if constexpr (detail::fully_dense<Net>) {
    static_assert(
        std::is_same_v<std::remove_cvref_t<decltype(top_layer(net).units)>, Softmax<ScalarOf<Net>>>,
        "labels need softmax units on top; a net that gives its inputs back learns from "
        "data.images");
    check_rows("fine_tune", "data.images", data.images.rows(), input_size(net), "inputs");
    check_labelled("fine_tune", data);
    check_labels("fine_tune", data.labels, output_size(net));
    detail::run_fine_tuning(net, Samples<ScalarOf<Net>>(data.images),
                            detail::LabelTargets{data.labels, output_size(net)}, trainer, optimiser,
                            training, rng, plugins...);
  }
}

/// Trains all layers of an unrolled net to give its inputs, n × N, back. `binarise` and corruptions
/// change what it is shown, not what it is to give back.
template <Unrolled Net, class Loss, class Optimiser, class... Plugins>
void fine_tune(Net& net, const Samples<ScalarOf<Net>>& data, const BackpropagationOf<Loss>& trainer,
               const Optimiser& optimiser, const Training& training, Random& rng,
               Plugins&&... plugins) {
  check_rows("fine_tune", "data", data.rows(), input_size(net), "inputs");
  check_rows("fine_tune", "data", data.rows(), output_size(net), "outputs");
  check(data.cols() > 0, "fine_tune: data has 0 columns, but at least 1 is needed");
  data.check_values("fine_tune", "data", detail::target_values<Net, Loss>());
  detail::run_fine_tuning(net, data, detail::InputTargets<ScalarOf<Net>>{data}, trainer, optimiser,
                          training, rng, plugins...);
}

/// Trains all layers to give targets, one column for each column of data.
template <class Net, class Loss, class Optimiser, class... Plugins>
void fine_tune(Net& net, const Samples<ScalarOf<Net>>& data, const Matrix<ScalarOf<Net>>& targets,
               const BackpropagationOf<Loss>& trainer, const Optimiser& optimiser,
               const Training& training, Random& rng, Plugins&&... plugins) {
  check_rows("fine_tune", "data", data.rows(), input_size(net), "inputs");
  check_rows("fine_tune", "targets", targets.rows(), output_size(net), "outputs");
  check(data.cols() > 0, "fine_tune: data has 0 columns, but at least 1 is needed");
  check(targets.cols() == data.cols(), "fine_tune: targets has ", targets.cols(), " columns, but ",
        data.cols(), " of data");
  check_values("fine_tune", "targets", targets, detail::target_values<Net, Loss>());
  detail::run_fine_tuning(net, data, detail::MatrixTargets<ScalarOf<Net>>{targets}, trainer,
                          optimiser, training, rng, plugins...);
}

}  // namespace strata
