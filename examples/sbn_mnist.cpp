// SPDX-License-Identifier: MIT
// Usage:  sbn_mnist [--quick | --thorough] [--layers 200,200] [--samples 5,20,100 | --wake-sleep] …
// Output: how likely a sigmoid belief net finds the test digits, in nats per digit, learned by
//         reweighted wake-sleep or by wake-sleep; its samples and filters.
//         "Reweighted wake-sleep" (Bornschein and Bengio 2015).
#include <iostream>
#include <strata/io/mnist.hpp>
#include <strata/io/png.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/pictures.hpp"
#include "support/program.hpp"
#include "support/report.hpp"
using namespace strata;

int main(int argc, char** argv) {
  support::Program program("sbn_mnist", "A sigmoid belief net models digits.");
  std::vector<Index> sizes{200}, samples{5, 20, 100};
  bool quick = false, thorough = false, wake_sleep = false;
  int epochs = 0, weights = 10'000;
  program.option("--layers", sizes, "hidden units of each layer, from the bottom up");
  program.option("--samples", samples,
                 "K of reweighted wake-sleep, each for its share of the epochs");
  program.flag("--wake-sleep", wake_sleep, "learn by wake-sleep instead");
  program.flag("--quick", quick, "30 epochs");
  program.flag("--thorough", thorough, "300 epochs; else 100");
  program.option("--epochs", epochs, "(0: as above)");
  program.option("--weights", weights, "K of the estimate of each test digit's likelihood");

  return program.run(argc, argv, [&] {
    check(weights >= 1, "sbn_mnist: weights has ", weights, ", but at least 1 is needed");
    if (epochs == 0) epochs = quick ? 30 : thorough ? 300 : 100;
    const auto mnist = read_mnist<float>(program.mnist_folder());
    Random rng(program.seed);
    History history;
    auto printer = progress(std::cerr);

    sizes.insert(sizes.begin(), mnist.train.images.rows());
    if (!program.load.empty()) sizes = layer_sizes(read_contents(program.load));
    SBN<float> net = sbn<float>(sizes);
    const auto learn = [&](const auto& trainer) {
      train(net, mnist.train.images, trainer, Adam{.learning_rate = linear(0.02, 0, epochs)},
            {.epochs = epochs, .binarise = true}, rng, printer, history, program.checkpoint());
    };
    if (!program.load.empty())
      load(program.load, net);
    else if (wake_sleep)
      learn(WakeSleep{});
    else
      learn(ReweightedWakeSleep{.samples = in_turn(samples, epochs)});
    if (!program.save.empty()) save(program.save, net);

    write_png(program.announce("samples.png"),
              support::squares(ancestral_samples(net, 100, rng), {.zoom = 2}));
    support::write_filters(program.announce("filters.png"),
                           bottom_layer(net).generation.weights.transpose());
    support::write_history(program, history);

    // Pixels of the test digits are drawn once, 0 or 1, with their grey levels as probabilities.
    BinaryStates test;
    rng.bernoulli(Matrix<float>(mnist.test.images.numbers()), test);
    std::cout << "nats per test digit (± over digits), by K weights each:\n";
    double nll = 0;
    for (int k = 1;; k = std::min(10 * k, weights)) {
      const auto estimate = estimate_likelihood(net, test, k, rng);
      nll = -estimate.log_likelihood.mean();
      if (k == 1) std::cout << "  bound     " << support::mean_and_error(-estimate.bound) << "\n";
      if (k > 1)
        std::cout << "  K = " << k << "  " << support::mean_and_error(-estimate.log_likelihood)
                  << ", standard error of an estimate " << estimate.standard_error.mean() << "\n";
      if (k == weights) break;
    }
    program.result("nll", nll);
    program.result("weights", weights);
  });
}
