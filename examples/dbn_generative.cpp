// SPDX-License-Identifier: MIT
// Usage:  dbn_generative [--quick | --thorough] [--layers 500,500,2000] [--held-out] …
// Output: how well a generative model of digits and labels reads MNIST: a deep belief net, learned
//         greedily and then by up-down, with the label in its top RBM; its bound on the
//         log-likelihood; digits that it dreams. "A fast learning algorithm for deep belief nets"
//         (Hinton, Osindero and Teh 2006).
#include <iostream>
#include <strata/io/mnist.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/dreams.hpp"
#include "support/program.hpp"
#include "support/report.hpp"
using namespace strata;

// The README has the errors and times of each.
constexpr support::DreamPlan quick_plan{5, 40}, default_plan{10, 200}, thorough_plan{20, 600};

// Percent of digits that are read wrongly, by each way of reading.
std::vector<Metric> errors(const auto& net, const LabelledImages<float>& digits) {
  Random rng(1);  // observing a run does not change it
  return {{"free energy", error_rate(net, digits, ByFreeEnergy{}, rng)},
          {"Gibbs", error_rate(net, digits, ByGibbs{}, rng)},
          {"mean field", error_rate(net, digits, ByMeanField{}, rng)}};
}
void print(const std::string& when, const std::vector<Metric>& errors) {
  std::cout << when;
  for (const auto& e : errors) std::cout << "  " << e.name << " " << e.value << " %";
  std::cout << std::endl;
}

int main(int argc, char** argv) {
  support::Program program("dbn_generative", "A deep belief net models digits with their labels.");
  std::vector<Index> sizes{500, 500, 2000};
  bool quick = false, thorough = false, held_out = false;
  int epochs = 0, pretraining_epochs = 0, temperatures = 10'000;
  program.option("--layers", sizes, "hidden units of each layer, from the bottom up");
  program.flag("--quick", quick, "5 epochs a layer, 40 of up-down");
  program.flag("--thorough", thorough, "20 epochs a layer, 600 of up-down; else 10 and 200");
  program.flag("--held-out", held_out,
               "learn from the first 50,000 digits, and measure each epoch on the other 10,000");
  program.option("--epochs", epochs, "of up-down (0: as above)");
  program.option("--pretraining-epochs", pretraining_epochs, "for each layer (0: as above)");
  program.option("--temperatures", temperatures, "of annealed importance sampling (0: no bound)");

  return program.run(argc, argv, [&] {
    support::DreamPlan plan = quick ? quick_plan : thorough ? thorough_plan : default_plan;
    if (epochs > 0) plan.up_down = epochs;
    if (pretraining_epochs > 0) plan.pretraining = pretraining_epochs;

    auto mnist = read_mnist<float>(program.mnist_folder());
    const LabelledImages<float> watched = support::last(mnist.train, 10'000);
    if (held_out) mnist.train = first(mnist.train, mnist.train.size() - 10'000);
    Random rng(program.seed);
    History history;

    support::DreamingNet net;
    if (program.load.empty()) {
      sizes.insert(sizes.begin(), mnist.train.images.rows());
      auto greedy = labelled_dbn<float>(sizes, 10);
      support::learn_greedily(greedy, mnist.train, plan.pretraining, rng, history,
                              program.checkpoint());
      print("greedy: test error", errors(greedy, mnist.test));
      net = untied(greedy);
      const auto watch = [&](const Progress& p, const support::DreamingNet& n) {
        print(text("  epoch ", p.epoch, held_out ? ": held-out error" : ": training error"),
              errors(n, watched));
      };
      support::learn_up_down(net, mnist.train, plan.up_down, rng, history, watch,
                             program.checkpoint());
    } else {
      net = support::load_dreaming_net(program.load);
    }
    if (!program.save.empty()) save(program.save, net);

    support::write_digits_by_label(program, net, 1000, rng);
    support::write_history(program, history);
    const auto test_errors = errors(net, mnist.test);
    print("test error", test_errors);
    program.result("test_error", test_errors[0].value);
    program.result("gibbs_error", test_errors[1].value);
    program.result("mean_field_error", test_errors[2].value);
    if (temperatures > 0) support::report_bound(program, net, mnist, temperatures, rng);
  });
}
