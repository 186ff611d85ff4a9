// SPDX-License-Identifier: MIT
// Usage:  rbm_likelihood [--hidden 500] [--epochs N] [--threshold] [--flip] [--trainer pcd] …
// Output: what an RBM of binary digits gives a test digit, in nats: exactly where its hidden units can be
//         enumerated, else by annealed importance sampling from both ends; samples.png, filters.png, and
//         chains.png, chains from noise on (animated).
#include <iostream>
#include <strata/io/apng.hpp>
#include <strata/io/png.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/digits.hpp"
#include "support/pictures.hpp"
using namespace strata;

struct Options {
  int hidden = 500, epochs = 0, steps = 0, temperatures = 10'000, chains = 100, settle = 2'000;
  double rate = 0;
  std::string trainer = "pcd";
  bool threshold = false, flip = false, plain = false, held_out = false;
};

// Binary digits as such, or grey levels from which they are drawn.
Samples<float> pixels(const Samples<float>& digits, const Options& o, Matrix<float>& memory) {
  if (!o.threshold && !o.flip) return digits;
  memory.resize(digits.rows(), digits.cols());
  digits.for_each_block([&](const Matrix<float>& some, Index first) {
    memory.middleCols(first, some.cols()) = some;
  });
  if (o.threshold) memory = (memory.array() >= 0.5F).cast<float>().matrix().eval();
  if (o.flip) memory = 1 - memory.array();
  return memory;
}

// n of the digits, each pixel on with its grey level as probability.
Matrix<float> drawn(const Samples<float>& digits, Index n, Random& rng) {
  Matrix<float> x;
  digits.gather(digits.spread(n), x);
  return rng.bernoulli(x);
}

void learn(RBM<float>& rbm, const Samples<float>& digits, const Options& o, Random& rng,
           Checkpoint& checkpoint) {
  const Coordinates coordinates = o.plain ? Coordinates::plain : Coordinates::centred;
  const auto by = [&](const auto& estimator) {
    train(rbm, digits, estimator, SGD{.learning_rate = linear(o.rate, 0, o.epochs)},
          {.epochs = o.epochs, .batch_size = 100, .binarise = true}, rng, progress(std::cerr),
          checkpoint);
  };
  if (o.trainer == "pcd") by(PersistentContrastiveDivergence{o.steps, 0, coordinates});
  if (o.trainer == "fast")
    by(FastPersistentContrastiveDivergence{.steps = o.steps, .coordinates = coordinates});
  if (o.trainer == "tempering") by(ParallelTempering{.steps = o.steps, .coordinates = coordinates});
  if (o.trainer == "cd") by(ContrastiveDivergence{.steps = o.steps, .coordinates = coordinates});
}

// 25 chains from noise on, one sweep from frame to frame at first, then ten.
void write_chains(const support::Program& program, const RBM<float>& rbm, Random& rng) {
  Chains<RBM<float>> chains(rbm, 25, rng);
  std::vector<Image> frames;
  for (int frame = 0; frame < 60; ++frame) {
    frames.push_back(support::squares(chains.visible_mean(), {.columns = 5, .zoom = 2}));
    chains.run(frame < 20 ? 1 : 10, rng);
  }
  write_apng(program.announce("chains.png"), frames, {.milliseconds = 120});
}

// log Z from both ends: chains that grow from the base rates, and chains that begin at samples.
void report_annealing(support::Program& program, const RBM<float>& rbm, const Samples<float>& train,
                      const Matrix<float>& test, const Matrix<float>& samples, const Options& o,
                      Random& rng) {
  const RBM<float> base = base_rate_model(rbm, train);
  const AnnealingOptions options{.chains = o.chains, .temperatures = o.temperatures};
  const auto up = annealed_importance_sampling(base, rbm, options, rng);
  const auto down = reverse_annealed_importance_sampling(base, rbm, samples, options, rng);
  const auto say = [&](const char* what, const LogPartitionEstimate& e) {
    std::cout << what << ": log Z " << e.log_z << " +- " << e.standard_error << ", of "
              << e.log_weights.size() << " chains " << e.effective_sample_size
              << " count; a test digit has " << mean_log_likelihood(rbm, test, e.log_z)
              << " nats\n";
    return mean_log_likelihood(rbm, test, e.log_z);
  };
  const double ais = say("annealing", up), reverse = say("in reverse", down);
  program.result("ais", ais);
  program.result("reverse_ais", reverse);
  program.result("gap", ais - reverse);
}

int main(int argc, char** argv) {
  support::Program program("rbm_likelihood",
                           "An RBM of binary digits, and how likely test digits are.");
  Options o;
  program.option("--hidden", o.hidden, "hidden units; with up to 20 the likelihood is exact");
  program.option("--epochs", o.epochs, "0: 50 with up to 20 hidden units, else 100");
  program.option("--steps", o.steps, "of each gradient's chains; 0: 1 with up to 20, else 10");
  program.option("--rate", o.rate,
                 "at the start, falls linearly to 0; 0: 0.1 with up to 20, else 0.05");
  program.option("--trainer", o.trainer, "pcd, fast (PCD with fast weights), tempering or cd");
  program.flag("--threshold", o.threshold, "pixels are on from 1/2 on; else drawn each epoch");
  program.flag("--flip", o.flip, "learn the negatives");
  program.flag("--plain", o.plain, "do not centre");
  program.flag("--held-out", o.held_out, "test on the last 10,000 training digits");
  program.option("--temperatures", o.temperatures, "of annealed importance sampling");
  program.option("--chains", o.chains, "of annealed importance sampling, each way");
  program.option("--settle", o.settle, "sweeps from training digits to samples");

  return program.run(argc, argv, [&] {
    check(o.hidden >= 1, "rbm_likelihood: --hidden has ", o.hidden, ", but at least 1 is needed");
    check(
        o.trainer == "pcd" || o.trainer == "fast" || o.trainer == "tempering" || o.trainer == "cd",
        "rbm_likelihood: --trainer has ", o.trainer, ", but pcd, fast, tempering or cd is needed");
    const bool exact = o.hidden <= 20;
    if (o.epochs == 0) o.epochs = exact ? 50 : 100;
    if (o.steps == 0) o.steps = exact ? 1 : 10;
    if (o.rate == 0) o.rate = exact ? 0.1 : 0.05;
    const auto mnist = support::read_digits(program, o.held_out);
    Matrix<float> train_memory, test_memory;
    const auto train = pixels(mnist.train.images, o, train_memory);
    const auto grey = pixels(mnist.test.images, o, test_memory);
    Random rng(program.seed), drawing(program.seed);
    const Matrix<float> test = drawn(grey, grey.cols(), drawing);
    const Matrix<float> some = drawn(train, 10'000, drawing);

    RBM<float> rbm(train.rows(), o.hidden);
    if (program.load.empty())
      learn(rbm, train, o, rng, program.checkpoint());
    else
      load(program.load, rbm);
    if (!program.save.empty()) save(program.save, rbm);
    std::cout << "learned in " << program.rounded_seconds() << " s\n";

    Chains<RBM<float>> chains(rbm, drawn(train, o.chains, drawing), rng);
    chains.run(o.settle, rng);
    write_png(program.announce("samples.png"), support::squares(chains.visible_mean()));
    support::write_filters(program.announce("filters.png"), rbm.weights);
    write_chains(program, rbm, rng);

    const auto gap = free_energy_gap(rbm, some, test);
    std::cout << "free energy of test digits minus that of training digits: " << gap.mean << " +- "
              << gap.standard_error << " nats\n";
    if (exact) {
      const double log_z = log_partition(rbm);
      const double nats = mean_log_likelihood(rbm, test, log_z);
      std::cout << "log Z " << log_z << ", exactly; a test digit has " << nats << " nats\n";
      program.result("exact", nats);
    } else {
      report_annealing(program, rbm, train, test, chains.visible().matrix(), o, rng);
    }
  });
}
