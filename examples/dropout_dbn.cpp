// SPDX-License-Identifier: MIT
// Usage:  dropout_dbn [--layers 500,500,2000] [--relu] [--epochs N]
// Output: the test error of a deep belief net on MNIST, pre-trained by contrastive divergence and
//         fine-tuned with dropout, or with --relu of rectified units from random weights. "Improving
//         neural networks by preventing co-adaptation of feature detectors" (Hinton, Srivastava,
//         Krizhevsky, Sutskever and Salakhutdinov 2012).
#include <iostream>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/digits.hpp"
#include "support/pictures.hpp"
#include "support/report.hpp"
using namespace strata;

void learn_images(DBN<float>& dbn, const Samples<float>& images, int epochs, Random& rng,
                  auto&... observers) {
  pretrain(dbn, images, [&](auto& rbm, const auto& x, std::size_t layer) {
    // The top layer is wide, and explodes at the others' rate.
    const double rate = layer + 1 < dbn.layers.size() ? 0.1 : 0.05;
    train(rbm, x, ContrastiveDivergence{},
          SGD{.learning_rate = rate, .momentum = step(0.5, 5, 0.9)},
          {.epochs = epochs, .binarise = true}, rng, WeightDecay{.l2 = 2e-4}, observers...);
  });
}

// A fifth of the pixels and a quarter of the hidden units are left out of each sample of each batch.
// The paper leaves out half of the hidden units, which is too many for layers of 500 to learn the
// training digits. Pixels are drawn from their grey levels, as for the RBMs.
template <class Net>
void learn_labels(support::Program& program, Net& net, const Mnist<float>& mnist, int epochs,
                  Random& rng, History& history) {
  if (program.load.empty())
    fine_tune(net, mnist.train, Backpropagation{.dropout = {.input = 0.2, .hidden = 0.25}},
              Adam{.learning_rate = linear(0.001, 0, epochs)}, {.epochs = epochs, .binarise = true},
              rng, MaxNorm{.limit = 4}, progress(std::cerr), history, program.checkpoint());
  else
    load(program.load, net);
  program.result("test_error", error_rate(net, mnist.test));
  if (!program.save.empty()) save(program.save, net);
}

int main(int argc, char** argv) {
  support::Program program("dropout_dbn", "A deep belief net learns to read MNIST with dropout.");
  std::vector<Index> sizes{500, 500, 2000};
  bool relu = false, held_out = false;
  int epochs = 120, pretraining_epochs = 20;
  program.option("--layers", sizes, "hidden units of each layer, from the bottom up");
  program.flag("--relu", relu, "rectified units without pre-training, for comparison");
  program.option("--epochs", epochs, "of fine-tuning");
  program.option("--pretraining-epochs", pretraining_epochs, "for each layer");
  program.flag("--held-out", held_out, "test on the last 10,000 training digits, to choose by");

  return program.run(argc, argv, [&] {
    const auto mnist = support::read_digits(program, held_out);
    Random rng(program.seed);
    History history;
    sizes.insert(sizes.begin(), mnist.train.images.rows());
    if (relu) {
      auto net = stack(Stack<Dense<ReLU<float>>>(sizes), Dense<Softmax<float>>(sizes.back(), 10));
      initialise(net, rng);
      learn_labels(program, net, mnist, epochs, rng, history);
    } else {
      DBN<float> dbn(sizes);
      auto printer = progress(std::cerr);
      if (program.load.empty())
        learn_images(dbn, mnist.train.images, pretraining_epochs, rng, printer, history,
                     program.checkpoint());
      program.result("pretraining_seconds", program.rounded_seconds());
      auto net = classifier(dbn, 10, rng);
      learn_labels(program, net, mnist, epochs, rng, history);
      support::classifier_pictures(program, net, mnist.test, classify(net, mnist.test.images));
    }
    support::write_history(program, history);
  });
}
