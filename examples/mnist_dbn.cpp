// SPDX-License-Identifier: MIT
// Usage:  mnist_dbn [--quick | --thorough] [--layers 500,500,2000] [--labels N] [--no-pretraining]
// Output: the test error of a deep belief net on MNIST, pre-trained without labels by contrastive
//         divergence and fine-tuned by backpropagation; pictures of what it learned.
//         "A fast learning algorithm for deep belief nets" (Hinton, Osindero and Teh 2006).
#include <iostream>
#include <strata/io/mnist.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/pictures.hpp"
#include "support/program.hpp"
#include "support/report.hpp"
using namespace strata;

// Epochs for each layer of pre-training and of fine-tuning; the README has the errors and times.
struct Plan {
  int pretraining, fine_tuning;
};
constexpr Plan quick_plan{3, 7}, default_plan{10, 30}, thorough_plan{20, 60};

// All layers learn on samples, drawn anew each epoch with the grey levels or the means below as
// probabilities: bits, which train faster than numbers. The lower layers learn by CD-1, the top
// layer, which is to dream digits, by persistent chains. It is wide, and explodes at the others'
// rate.
void learn_images(DBN<float>& dbn, const Samples<float>& images, int epochs, Random& rng,
                  auto&... observers) {
  pretrain(dbn, images, [&](auto& rbm, const auto& x, std::size_t layer) {
    const WeightDecay decay{.l2 = 2e-4};
    if (layer + 1 < dbn.layers.size())
      train(rbm, x, ContrastiveDivergence{.steps = 1},
            SGD{.learning_rate = 0.1, .momentum = step(0.5, 5, 0.9)},
            {.epochs = epochs, .binarise = true}, rng, decay, observers...);
    else
      train(rbm, x, PersistentContrastiveDivergence{.steps = 1},
            SGD{.learning_rate = linear(0.03, 0, epochs), .momentum = 0.5},
            {.epochs = epochs, .binarise = true}, rng, decay, observers...);
  });
}

// Pixels and hidden units are drawn at random from their grey levels and probabilities: noise that
// keeps the net from learning the training digits by heart. The test has none.
void learn_labels(Classifier<float>& net, const LabelledImages<float>& digits, int epochs,
                  Random& rng, auto&... observers) {
  fine_tune(net, digits, Backpropagation{.sample_hidden = true},
            Adam{.learning_rate = linear(0.002, 0, epochs)}, {.epochs = epochs, .binarise = true},
            rng, observers...);
}

int main(int argc, char** argv) {
  support::Program program("mnist_dbn", "A deep belief net learns to read MNIST.");
  std::vector<Index> sizes{500, 500, 2000};
  bool quick = false, thorough = false, no_pretraining = false;
  int labels = 0, epochs = 0, pretraining_epochs = 0;
  program.option("--layers", sizes, "hidden units of each layer, from the bottom up");
  program.flag("--quick", quick, "3 epochs a layer, 7 of fine-tuning");
  program.flag("--thorough", thorough, "20 epochs a layer, 60 of fine-tuning; else 10 and 30");
  program.flag("--no-pretraining", no_pretraining, "start from random weights, for comparison");
  program.option("--labels", labels,
                 "fine-tune on the first N digits only, up to 20 times the epochs (0: all)");
  program.option("--epochs", epochs, "of fine-tuning (0: as above)");
  program.option("--pretraining-epochs", pretraining_epochs, "for each layer (0: as above)");

  return program.run(argc, argv, [&] {
    Plan plan = quick ? quick_plan : thorough ? thorough_plan : default_plan;
    if (epochs > 0) plan.fine_tuning = epochs;
    if (pretraining_epochs > 0) plan.pretraining = pretraining_epochs;

    auto mnist = read_mnist<float>(program.mnist_folder());
    Random rng(program.seed);
    History history;
    auto printer = progress(std::cerr);

    Classifier<float> net;
    const auto stored = program.load.empty() ? Contents{} : read_contents(program.load);
    if (stored.architecture().starts_with("dense")) {
      net = untrained_classifier<float>(layer_sizes(stored));
      load(program.load, net);
    } else {
      sizes.insert(sizes.begin(), mnist.train.images.rows());
      DBN<float> dbn(program.load.empty() ? sizes : layer_sizes(stored));
      if (!program.load.empty())
        load(program.load, dbn);
      else if (!no_pretraining)
        learn_images(dbn, mnist.train.images, plan.pretraining, rng, printer, history,
                     program.checkpoint());
      program.result("pretraining_seconds", program.rounded_seconds());
      if (!no_pretraining) support::dbn_pictures(program, dbn, mnist.test.images, rng);

      net = classifier(dbn, 10, rng);
      if (no_pretraining && program.load.empty()) initialise(net, rng);
      if (labels > 0) {
        mnist.train = first(mnist.train, labels);
        plan.fine_tuning *= std::clamp(60000 / labels, 1, 20);  // few digits make short epochs
      }
      learn_labels(net, mnist.train, plan.fine_tuning, rng, printer, history, program.checkpoint());
    }

    const Labels guesses = classify(net, mnist.test.images);
    support::print_confusion(confusion_matrix(mnist.test.labels, guesses, 10));
    support::classifier_pictures(program, net, mnist.test, guesses);
    support::write_history(program, history);
    if (!program.save.empty()) save(program.save, net);
    program.result("test_error", error_rate(net, mnist.test));
  });
}
