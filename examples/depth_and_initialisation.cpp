// SPDX-License-Identifier: MIT
// Usage:  depth_and_initialisation --data DIR [--sets basic,rot] [--depths 1,2,3,4]
//                                  [--methods none,autoencoder,denoising,rbm] [--seeds 1,2,3]
// Output: a table of test errors by set, by what the layers began with and by their number, printed as it
//         runs and kept in results.csv: a run that was stopped goes on where it was. make_variations
//         makes the sets. "Exploring strategies for training deep neural networks" (Larochelle, Bengio,
//         Louradour and Lamblin 2009).
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <numeric>
#include <strata/strata.hpp>

#include "support/program.hpp"
#include "support/sets.hpp"
using namespace strata;

struct Options {
  int units = 1000, pretraining = 30, epochs = 40;
};

// All nets have sigmoid layers of one width and are fine-tuned in the same way; what differs is where
// their layers begin.
Classifier<float> beginning(const std::string& method, const std::vector<Index>& sizes, int classes,
                            const Samples<float>& x, int epochs, Random& rng) {
  if (method == "rbm") {
    DBN<float> net(sizes);
    pretrain(net, x, ContrastiveDivergence{},
             SGD{.learning_rate = linear(0.05, 0, epochs), .momentum = step(0.5, 5, 0.9)},
             {.epochs = epochs, .binarise = true}, rng, WeightDecay{.l2 = 2e-4});
    return classifier(net, classes, rng);
  }
  check(method == "none" || method == "autoencoder" || method == "denoising",
        "depth_and_initialisation: methods has ", method,
        ", but none, autoencoder, denoising or rbm is needed");
  Stack<Autoencoder<float>> net(sizes);
  const Adam adam{.learning_rate = linear(0.001, 0, epochs)};
  if (method == "autoencoder") pretrain(net, x, Reconstruction{}, adam, {.epochs = epochs}, rng);
  if (method == "denoising")
    pretrain(net, x, Reconstruction{}, adam, {.epochs = epochs}, rng, Masking{.probability = 0.25});
  auto untrained = classifier(net, classes, rng);
  if (method == "none") initialise(untrained, rng);
  return untrained;
}

struct Errors {
  double valid, test;
};

// The epoch is chosen by the validation set.
Errors run(const support::DataSet& set, const std::string& method, int depth,
           const Options& options, std::uint64_t seed) {
  Random rng(seed);
  std::vector<Index> sizes{set.train.images.rows()};
  sizes.insert(sizes.end(), static_cast<std::size_t>(depth), options.units);
  const int classes = *std::ranges::max_element(set.train.labels) + 1;
  auto net = beginning(method, sizes, classes, set.train.images, options.pretraining, rng);
  EarlyStopping<Classifier<float>> stopping([&](const auto& n) { return error_rate(n, set.valid); },
                                            20);
  fine_tune(net, set.train, Backpropagation{.sample_hidden = true},
            Adam{.learning_rate = linear(0.001, 0, options.epochs)},
            {.epochs = options.epochs, .binarise = true}, rng, stopping);
  return {stopping.best_score(), error_rate(net, set.test)};
}

// What is known of a set, a method and a depth, by seed; in a file that gains a line with each run.
class Results {
 public:
  explicit Results(std::filesystem::path path) : path_(std::move(path)) {
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      const auto comma = line.rfind(',', line.rfind(',') - 1);
      if (std::ranges::count(line, ',') == 8 && line.back() != ',')
        known_[line.substr(0, comma)] = line.substr(comma + 1);
    }
  }
  bool has(const std::string& key) const { return known_.contains(key); }
  void add(const std::string& key, const Errors& e) {
    known_[key] = text(e.valid, ",", e.test);
    std::ofstream(path_, std::ios::app) << key << "," << known_[key] << std::endl;
  }
  double test(const std::string& key) const {
    const auto& values = known_.at(key);
    return std::stod(values.substr(values.find(',') + 1));
  }

 private:
  std::filesystem::path path_;
  std::map<std::string, std::string> known_;
};

int main(int argc, char** argv) {
  support::Program program("depth_and_initialisation", "Where do deep nets do best to begin?",
                           {.data = "variations", .models = false});
  std::vector<std::string> sets{"basic", "rot"}, methods{"none", "autoencoder", "denoising", "rbm"};
  std::vector<Index> depths{1, 2, 3, 4}, seeds{1};
  Options options;
  program.option("--sets", sets, "of make_variations");
  program.option("--methods", methods, "what layers begin with");
  program.option("--depths", depths, "numbers of hidden layers");
  program.option("--seeds", seeds, "one run each");
  program.option("--units", options.units, "in each hidden layer");
  program.option("--pretraining-epochs", options.pretraining, "for each layer");
  program.option("--epochs", options.epochs, "of fine-tuning, at most");
  return program.run(argc, argv, [&] {
    const auto folder = support::Program::folder(program.data, "variations", "--data");
    Results results(program.announce("results.csv"));
    for (const auto& name : sets) {
      const auto set = support::read_set(folder, name);
      for (const auto& method : methods)
        for (const Index depth : depths) {
          std::vector<double> errors;
          for (const Index seed : seeds) {
            const auto key = text(name, ",", method, ",", depth, ",", options.units, ",",
                                  options.pretraining, ",", options.epochs, ",", seed);
            if (!results.has(key))
              results.add(key, run(set, method, static_cast<int>(depth), options,
                                   static_cast<std::uint64_t>(seed)));
            errors.push_back(results.test(key));
          }
          const auto n = static_cast<double>(errors.size());
          const double mean = std::accumulate(errors.begin(), errors.end(), 0.0) / n;
          // Of the test set's size and, where there are several, of the seeds.
          double variance = mean * (100 - mean) / static_cast<double>(set.test.size());
          if (n > 1)
            for (const double e : errors) variance += (e - mean) * (e - mean) / (n * (n - 1));
          std::cout << std::left << std::setw(12) << name << std::setw(13) << method << depth
                    << " layers  " << std::fixed << std::setprecision(2) << mean << " ± "
                    << std::sqrt(variance) << " %" << std::endl;
        }
    }
  });
}
