// SPDX-License-Identifier: MIT
// Supervised fine-tuning of a stack.
#pragma once

#include <utility>

#include "strata/nets/backpropagation.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/train/batches.hpp"
#include "strata/train/loop.hpp"

namespace strata {

/// Fine-tuning by backpropagation of a loss. `Backpropagation` lowers the cross-entropy;
/// BackpropagationOf<SquaredError>, or a loss of your own like those in nets/loss.hpp, another one.
template <class Loss>
struct BackpropagationOf {
  int top_only_epochs = 0;     // the first epochs, in which only the top layer learns
  bool sample_hidden = false;  // hidden units hand on samples, not means: noise that regularises
  Loss loss = {};
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
struct TopOnly {
  const bool& active;
  std::size_t top;  // the first parameter of the top layer
  bool was_active = active;

  bool restart() { return std::exchange(was_active, active) && !active; }

  template <class S>
  void penalise(Piece<S>& p) const {
    if (active && p.parameter < top) p.gradient.setZero();
  }
};

template <class Net, class Loss, class Optimiser, class Targets, class... Plugins>
void fine_tune(Net& net, const Samples<ScalarOf<Net>>& data, const Targets& targets,
               const BackpropagationOf<Loss>& trainer, const Optimiser& optimiser,
               const Training& training, Random& rng, Plugins&... plugins) {
  using S = ScalarOf<Net>;
  static_assert(!(detail::PullsActivity<Plugins, S> || ...),
                "Sparsity is a penalty of RBMs; fine_tune has no use for it");
  check_training("fine_tune", training, optimiser, plugins...);
  check(trainer.top_only_epochs >= 0, "fine_tune: top_only_epochs has ", trainer.top_only_epochs,
        ", but at least 0 is needed");
  data.check_values("fine_tune", "data", training.binarise ? Interval{0, 1} : Interval{});

  Batches<S> batches(data, training.binarise, true);
  Matrix<S> target;
  States<S> input;
  Activations<S> a(depth(net));
  double loss = 0, wrong = 0, seen = 0;
  int epoch = 0;
  bool top_only = trainer.top_only_epochs > 0;

  const auto estimate = [&](std::span<const Index> columns, double, auto& g) {
    batches.gather_into(columns, input, rng);
    targets.gather_into(columns, target);
    const Matrix<S>& y = forward(net, input, a, trainer.sample_hidden ? &rng : nullptr);
    if constexpr (requires { targets.count_wrong(y, columns); })
      wrong += targets.count_wrong(y, columns);
    loss += backward(net, input, target, trainer.loss, a, g, top_only);
    seen += static_cast<double>(columns.size());
  };
  const auto measure = [&] {
    std::vector<Metric> metrics{{Loss::name, loss / seen}};
    if constexpr (requires { targets.count_wrong(target, {}); })
      metrics.push_back({"training error", 100 * wrong / seen});
    loss = wrong = seen = 0;
    top_only = ++epoch < trainer.top_only_epochs;
    return metrics;
  };
  TopOnly freeze{top_only, parameters(net).size() - parameters(top_layer(net)).size()};
  ascend("fine-tuning", net, zero_gradient(net), data.cols(), optimiser, training, rng, estimate,
         measure, plugins..., freeze);
}

}  // namespace detail

/// Trains all layers of a classifier on labelled data. Penalties and observers follow (loop.hpp),
/// who get the loss and the error on the samples of the epoch as they were learned. Throws
/// std::invalid_argument for wrong shapes, labels, options and numbers that are not finite, before
/// anything is changed, and Diverged.
template <class Net, class Images, class Loss, class Optimiser, class... Plugins>
void fine_tune(Net& net, const LabelledData<ScalarOf<Net>, Images>& data,
               const BackpropagationOf<Loss>& trainer, const Optimiser& optimiser,
               const Training& training, Random& rng, Plugins&&... plugins) {
  check_rows("fine_tune", "data.images", data.images.rows(), input_size(net), "inputs");
  check_labelled("fine_tune", data);
  check_labels("fine_tune", data.labels, output_size(net));
  detail::fine_tune(net, Samples<ScalarOf<Net>>(data.images),
                    detail::LabelTargets{data.labels, output_size(net)}, trainer, optimiser,
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
  check_values("fine_tune", "targets", targets);
  detail::fine_tune(net, data, detail::MatrixTargets<ScalarOf<Net>>{targets}, trainer, optimiser,
                    training, rng, plugins...);
}

}  // namespace strata
