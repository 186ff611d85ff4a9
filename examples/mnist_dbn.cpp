// SPDX-License-Identifier: MIT
// Usage:  mnist_dbn [--quick | --thorough] [--layers 500,500,2000] [--labels N] [--no-pretraining] …
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

// Epochs for each layer of pre-training and for fine-tuning; the README has the errors and times.
struct Plan {
  int pretraining = 10, fine_tuning = 40;
};

// CD-1 on the grey levels, as in 2006. The wide top layer explodes at the rate of the others.
void pretrain(DBN<float>& dbn, const Matrix<float>& images, int epochs, Random& rng, auto&... observers) {
  pretrain(dbn, images, [&](auto& rbm, const auto& x, std::size_t) {
    const double rate = rbm.hidden.size() > 1000 ? 0.03 : 0.1;
    train(rbm, x, ContrastiveDivergence{.steps = 1, .sample_visible = false},
          SGD{.learning_rate = rate, .momentum = step(0.5, 1, 0.9)}, {.epochs = epochs}, rng,
          WeightDecay{.l2 = 2e-4}, observers...);
  });
}

// Pixels and hidden units are drawn at random from their grey levels and probabilities: noise that
// keeps the net from learning the training digits by heart. The test has none.
void fine_tune(Classifier<float>& net, const LabelledData<float>& digits, int epochs, Random& rng,
               auto&... observers) {
  fine_tune(net, digits, Backpropagation{.sample_hidden = true},
            Adam{.learning_rate = linear(0.002, 0, epochs)}, {.epochs = epochs, .binarise = true}, rng,
            observers...);
}

int main(int argc, char** argv) {
  support::Program program("mnist_dbn", "A deep belief net learns to read MNIST.");
  std::vector<Index> sizes{500, 500, 2000};
  bool quick = false, thorough = false, no_pretraining = false;
  int labels = 0;
  Plan plan;
  program.option("--layers", sizes, "hidden units of each layer, from the bottom up");
  program.flag("--quick", quick, "learn for at most 90 seconds on two cores");
  program.flag("--thorough", thorough, "learn for up to an hour on two cores");
  program.flag("--no-pretraining", no_pretraining, "start from random weights, for comparison");
  program.option("--labels", labels, "fine-tune on the first N digits only (0: all)");
  program.option("--epochs", plan.fine_tuning, "of fine-tuning, in place of the plan's");
  program.option("--pretraining-epochs", plan.pretraining, "for each layer, in place of the plan's");

  return program.run(argc, argv, [&] {
    if (quick && !program.given("--pretraining-epochs")) plan.pretraining = 2;
    if (quick && !program.given("--epochs")) plan.fine_tuning = 6;
    if (thorough && !program.given("--pretraining-epochs")) plan.pretraining = 30;
    if (thorough && !program.given("--epochs")) plan.fine_tuning = 200;

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
        pretrain(dbn, mnist.train.images, plan.pretraining, rng, printer, history);
      program.result("pretraining_seconds", program.rounded_seconds());
      if (!no_pretraining) support::dbn_pictures(program, dbn, mnist.test.images, rng);

      net = classifier(dbn, 10, rng);
      if (no_pretraining) initialise(net, rng);
      if (labels > 0) mnist.train = first(mnist.train, labels);
      fine_tune(net, mnist.train, plan.fine_tuning, rng, printer, history);
    }

    const Labels guesses = classify(net, mnist.test.images);
    support::print_confusion(confusion_matrix(mnist.test.labels, guesses, 10));
    support::classifier_pictures(program, net, mnist.test, guesses);
    support::write_history(program, history);
    if (!program.save.empty()) save(program.save, net);
    program.result("test_error", error_rate(net, mnist.test));
  });
}
