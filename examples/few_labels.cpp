// SPDX-License-Identifier: MIT
// Usage:  few_labels [--labels 100,1000,10000,60000] [--draws 10] [--held-out] …
// Output: how well a net reads MNIST that has seen all training digits but few of their labels. An RBM
//         784-1024 learns from the digits alone and becomes the hidden layer of a classifier, which is
//         fine-tuned with the digits that have a label; beside it the same net from random weights.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <strata/io/chart.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/digits.hpp"
using namespace strata;

// Each unit is pulled to be on for three digits in a hundred: a hundred labels then go further (85.5 %
// of held-out digits are read, 83.5 % by the features of an RBM that is not pulled).
void learn_images(DBN<float>& rbm, const Samples<float>& images, int epochs, Random& rng,
                  Checkpoint& checkpoint) {
  pretrain(rbm, images, ContrastiveDivergence{},
           SGD{.learning_rate = linear(0.05, 0, epochs), .momentum = step(0.5, 5, 0.9)},
           {.epochs = epochs, .binarise = true}, rng, WeightDecay{.l2 = 2e-4},
           Sparsity{.target = 0.03, .strength = 3}, progress(std::cerr), checkpoint);
}

// How the labels are learned: epochs of the softmax alone, on features as the RBM has them, then of
// all together.
struct Plan {
  int top_epochs, epochs;
  double rate;  // of all together, at the start
  Index batch;
  double input_dropout;
};

Plan plan(Index labels) {
  if (labels <= 100) return {100, 0, 0, 20, 0.2};
  if (labels <= 1000) return {60, 100, 0.001, 20, 0.5};
  return {10, labels <= 10000 ? 60 : 30, 0.003, 50, 0.2};
}

// Of random weights nothing is to be kept, so all learn from the start.
void learn_labels(Classifier<float>& net, const LabelledImages<float>& digits, bool pretrained,
                  Random& rng, Checkpoint& checkpoint) {
  const Plan p = plan(digits.size());
  const Dropout dropout{.input = p.input_dropout, .hidden = 0.5};
  fine_tune(net, digits,
            Backpropagation{.top_only_epochs = pretrained ? p.top_epochs : 0, .dropout = dropout},
            Adam{.learning_rate = linear(0.003, 0, p.top_epochs)},
            {.epochs = p.top_epochs, .batch_size = p.batch, .binarise = true}, rng, checkpoint);
  fine_tune(net, digits, Backpropagation{.dropout = dropout},
            Adam{.learning_rate = linear(p.rate, 0, p.epochs)},
            {.epochs = p.epochs, .batch_size = p.batch, .binarise = true}, rng, checkpoint);
}

// As many of each class, the first ones in an order that is drawn; all digits if n is not fewer.
LabelledImages<float> draw(const LabelledImages<float>& digits, Index n, Random& rng) {
  if (n >= digits.size()) return digits;
  std::vector<Index> columns, seen(10, 0);
  Labels labels;
  for (const Index j : permutation(digits.size(), rng)) {
    const int label = digits.labels[static_cast<std::size_t>(j)];
    if (seen[static_cast<std::size_t>(label)]++ >= n / 10) continue;
    columns.push_back(j);
    labels.push_back(label);
  }
  return {GreyLevels<float>(digits.images.bytes()(Eigen::all, columns)), labels};
}

// Test accuracy in percent by draw, each of other digits. Of many digits fewer draws tell as much.
std::vector<double> accuracies(const DBN<float>& rbm, const Mnist<float>& mnist, Index n, int draws,
                               bool pretrained, std::uint64_t seed, Checkpoint& checkpoint) {
  std::vector<double> all;
  draws = std::min(draws, std::max(1, static_cast<int>(5000 / n)));
  for (int k = 0; k < draws; ++k) {
    Random rng(1000 * seed + static_cast<std::uint64_t>(k));
    const auto labelled = draw(mnist.train, n, rng);
    auto net = classifier(rbm, 10, rng);
    if (!pretrained) initialise(net, rng);
    learn_labels(net, labelled, pretrained, rng, checkpoint);
    all.push_back(100 - error_rate(net, mnist.test));
  }
  return all;
}

int main(int argc, char** argv) {
  support::Program program("few_labels",
                           "What digits without labels are worth when labels are few.");
  std::vector<Index> counts{100, 1000, 10000, 60000};
  int units = 1024, epochs = 60, draws = 10;
  bool held_out = false;
  program.option("--labels", counts, "numbers of digits that have one");
  program.option("--units", units, "of the hidden layer");
  program.option("--epochs", epochs, "of the RBM");
  program.option("--draws", draws, "of the digits that have a label, at most");
  program.flag("--held-out", held_out, "test on the last 10,000 training digits, to choose by");
  return program.run(argc, argv, [&] {
    check(draws >= 1, "few_labels: --draws has ", draws, ", but at least 1 is needed");
    for (const Index n : counts)
      check(n >= 10 && n % 10 == 0, "few_labels: --labels has ", n,
            ", but as many of each of the ten digits are needed");
    const auto mnist = support::read_digits(program, held_out);
    Random rng(program.seed);
    DBN<float> rbm({mnist.train.images.rows(), units});
    if (program.load.empty())
      learn_images(rbm, mnist.train.images, epochs, rng, program.checkpoint());
    else
      load(program.load, rbm);
    if (!program.save.empty()) save(program.save, rbm);
    program.result("pretraining_seconds", program.rounded_seconds());

    std::cout << "accuracy in percent, mean and range of the draws\n labels\n" << std::fixed;
    std::vector<Series> curves{{"pre-trained", {}}, {"from scratch", {}}};
    std::vector<std::string> marks;
    for (const Index n : counts) {
      marks.push_back(std::to_string(n));
      std::cout << std::setw(7) << n << std::setprecision(2);
      for (const bool pretrained : {true, false}) {
        const auto all =
            accuracies(rbm, mnist, n, draws, pretrained, program.seed, program.checkpoint());
        const auto [least, most] = std::ranges::minmax(all);
        const double mean =
            std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
        auto& curve = curves[pretrained ? 0 : 1];
        curve.y.push_back(mean);
        std::cout << "  " << curve.name << " " << mean << " (" << least << " to " << most << ")"
                  << std::flush;
        program.result(text(pretrained ? "pretrained_" : "scratch_", n), mean);
      }
      std::cout << std::endl;
    }
    write_line_chart(program.announce("accuracy.svg"), "few labels", "digits with a label",
                     "test accuracy, %", curves, marks);
  });
}
