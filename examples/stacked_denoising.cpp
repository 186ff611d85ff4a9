// SPDX-License-Identifier: MIT
// Usage:  stacked_denoising [--layers 1000,1000,1000] [--corruption 25] [--contractive]
// Output: the test error on MNIST of a stack of denoising autoencoders, or contractive ones, that was
//         fine-tuned by backpropagation; its filters, and digits before and after denoising. "Stacked
//         denoising autoencoders: learning useful representations in a deep network with a local
//         denoising criterion" (Vincent, Larochelle, Lajoie, Bengio and Manzagol 2010); "Contractive
//         auto-encoders" (Rifai, Vincent, Muller, Glorot and Bengio 2011).
#include <iostream>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/digits.hpp"
#include "support/pictures.hpp"
#include "support/report.hpp"
using namespace strata;

// Each layer learns to undo the corruption of the means below, or to have a code that stays the same when
// they change.
void learn_images(Stack<Autoencoder<float>>& net, const Samples<float>& images, double corruption,
                  bool contractive, int epochs, Random& rng, auto&... observers) {
  const auto by = [&](const auto&... policy) {
    pretrain(net, images, Reconstruction{}, Adam{.learning_rate = linear(0.001, 0, epochs)},
             {.epochs = epochs}, rng, policy..., observers...);
  };
  if (contractive)
    by(Contraction{.strength = 0.03}, Masking{.probability = 0.1});
  else
    by(Masking{.probability = corruption});
}

// Pixels and hidden units are drawn at random from their grey levels and means: noise that keeps the
// net from learning the training digits by heart. The test has none.
void learn_labels(Classifier<float>& net, const LabelledImages<float>& digits, int epochs,
                  Random& rng, auto&... observers) {
  fine_tune(net, digits, Backpropagation{.sample_hidden = true},
            Adam{.learning_rate = linear(0.002, 0, epochs)}, {.epochs = epochs, .binarise = true},
            rng, observers...);
}

// Digits, the same corrupted, and what the first layer makes of these.
void draw_denoising(const support::Program& program, const Autoencoder<float>& bottom,
                    const Samples<float>& digits, double corruption, Random& rng) {
  const Matrix<float> some = digits.columns(0, 20);
  Matrix<float> noisy = some;
  Masking{.probability = corruption}.corrupt(noisy, rng);
  support::write_rows(program.announce("denoising.png"),
                      {some, noisy, down(bottom, up(bottom, noisy))});
  support::write_filters(program.announce("pretrained_filters.png"), bottom.weights);
}

int main(int argc, char** argv) {
  support::Program program("stacked_denoising", "Stacked autoencoders learn to read MNIST.");
  std::vector<Index> sizes;
  bool contractive = false, held_out = false;
  int corruption = 25, epochs = 30, pretraining_epochs = 10;
  program.option(
      "--layers", sizes,
      "hidden units of each layer, from the bottom up (1000,1000,1000; contractive 1000,1000)");
  program.option("--corruption", corruption, "percent of the inputs of a layer that are masked");
  program.flag("--contractive", contractive, "penalise the Jacobian of the codes");
  program.option("--epochs", epochs, "of fine-tuning");
  program.option("--pretraining-epochs", pretraining_epochs, "for each layer; 0 for comparison");
  program.flag("--held-out", held_out, "test on the last 10,000 training digits, to choose by");

  return program.run(argc, argv, [&] {
    const auto mnist = support::read_digits(program, held_out);
    Random rng(program.seed);
    History history;
    auto printer = progress(std::cerr);
    if (sizes.empty()) sizes.assign(contractive ? 2 : 3, 1000);
    sizes.insert(sizes.begin(), mnist.train.images.rows());

    Classifier<float> net;
    if (!program.load.empty()) {
      net = untrained_classifier<float>(layer_sizes(read_contents(program.load)));
      load(program.load, net);
    } else {
      Stack<Autoencoder<float>> below(sizes);
      learn_images(below, mnist.train.images, corruption / 100.0, contractive, pretraining_epochs,
                   rng, printer, history, program.checkpoint());
      program.result("pretraining_seconds", program.rounded_seconds());
      if (pretraining_epochs > 0)
        draw_denoising(program, below.layers[0], mnist.test.images, corruption / 100.0, rng);
      net = classifier(below, 10, rng);
      if (pretraining_epochs == 0) initialise(net, rng);
      learn_labels(net, mnist.train, epochs, rng, printer, history, program.checkpoint());
    }

    support::classifier_pictures(program, net, mnist.test, classify(net, mnist.test.images));
    support::write_history(program, history);
    if (!program.save.empty()) save(program.save, net);
    program.result("test_error", error_rate(net, mnist.test));
  });
}
