// SPDX-License-Identifier: MIT
// Usage:  deep_autoencoder [--set mnist | curves | faces] [--code N] [--optimiser NAME]
// Output: the squared error per test image of a deep autoencoder, pre-trained as a stack of RBMs and
//         unrolled, beside those of PCA and logistic PCA with codes of the same size; originals and
//         reconstructions as a picture, the codes as a chart. "Reducing the dimensionality of data with
//         neural networks" (Hinton and Salakhutdinov 2006).
#include <iostream>
#include <map>
#include <strata/evaluate/squared_error.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/optim/lbfgs.hpp>
#include <strata/strata.hpp>

#include "support/codes.hpp"
#include "support/report.hpp"
using namespace strata;

struct Plan {
  std::vector<Index> sizes;  // from the pixels to the code
  int pretraining, epochs;
  double rate, decay;  // of Adam, at the start; of weights
  double greedy_rate = 0.1, sgd_rate = 0.01;
};
const std::map<std::string, Plan> plans{
    {"mnist", {{784, 1000, 500, 250, 30}, 10, 60, 0.004, 3e-5}},
    {"curves", {{784, 400, 200, 100, 50, 25, 6}, 20, 400, 0.004, 2e-4}},
    {"faces", {{625, 2000, 1000, 500, 30}, 5, 15, 0.0005, 1e-5, 0.01}}};

// Binary units learn from samples, drawn anew each epoch; real-valued pixels and the linear code from
// numbers, at a rate of 0.001 and with σ = 1. What 2,000 units tell of faces is so much alike that the
// next layer falls apart at rates that suit digits.
void learn_greedily(auto& net, const Samples<float>& x, const Plan& plan, Random& rng,
                    auto&... observers) {
  pretrain(net, x, [&]<class M>(M& rbm, const auto& features, std::size_t) {
    constexpr bool binary = std::is_same_v<M, RBM<float>>;
    if constexpr (std::is_same_v<M, GaussianRBM<float>>)
      rbm.weights = 0.01F * rng.normal<float>(rbm.weights.rows(), rbm.weights.cols());
    train(rbm, features, ContrastiveDivergence{.sample_visible = binary},
          SGD{.learning_rate = binary ? plan.greedy_rate : 0.001,
              .momentum = step(0.5, 5, 0.9),
              .scale_rate = 0},
          {.epochs = plan.pretraining, .binarise = binary}, rng, WeightDecay{.l2 = 2e-4},
          observers...);
  });
}

void learn_together(auto& deep, const Samples<float>& x, const std::string& optimiser,
                    const Plan& plan, Index batch, Random& rng, auto&... observers) {
  const auto by = [&](const auto& steps, Index usual_batch) {
    fine_tune(deep, x, Backpropagation{}, steps,
              {.epochs = plan.epochs, .batch_size = batch > 0 ? batch : usual_batch}, rng,
              WeightDecay{.l2 = plan.decay}, observers...);
  };
  if (optimiser == "sgd")
    by(SGD{.learning_rate = linear(plan.sgd_rate, 0, plan.epochs),
           .momentum = 0.9,
           .nesterov = true},
       100);
  else if (optimiser == "cg")
    by(ConjugateGradient{.line_searches = 3}, 1000);
  else if (optimiser == "lbfgs")
    by(LBFGS{.iterations = 20}, 10000);
  else if (optimiser == "hf")
    by(HessianFree{.curvature_samples = 2000}, 20000);
  else if (optimiser == "adam")
    by(Adam{.learning_rate = linear(plan.rate, 0, plan.epochs)}, 100);
  else
    check(false, "deep_autoencoder: optimiser has ", optimiser,
          ", but adam, sgd, cg, lbfgs or hf is needed");
}

Matrix<float> first_columns(const Matrix<float>& x, Index n) {
  return x.leftCols(std::min(n, x.cols()));
}

template <class Net>
void learn(support::Program& program, Net net, const support::PictureSet& set, const Plan& plan,
           const std::string& optimiser, Index batch, bool no_pretraining) {
  Random rng(program.seed);
  History history;
  auto printer = progress(std::cerr);
  if (!no_pretraining && program.load.empty())
    learn_greedily(net, set.train, plan, rng, printer, history, program.checkpoint());
  program.result("pretraining_seconds", program.rounded_seconds());
  auto deep = unroll(net);
  if (no_pretraining) initialise(deep, rng);
  if (!program.load.empty())
    load(program.load, deep);
  else
    learn_together(deep, set.train, optimiser, plan, batch, rng, printer, history,
                   program.checkpoint());

  program.result("test_error", squared_error(deep, set.test));
  program.result("training_error", squared_error(deep, first_columns(set.train, 10000)));
  support::compare_codes(program, set, plan.sizes.back(),
                         [&](const auto& x) { return reconstruct(deep, x); });
  support::draw_codes(program, encode(deep, first_columns(set.test, 5000)), set.labels);
  support::write_history(program, history);
  if (!program.save.empty()) save(program.save, deep);
}

int main(int argc, char** argv) {
  support::Program program("deep_autoencoder",
                           "A deep autoencoder learns short codes of pictures.");
  std::string name = "mnist", optimiser = "adam";
  int code = 0, epochs = 0, pretraining = 0, batch = 0;
  double rate = 0;
  bool no_pretraining = false, held_out = false;
  program.option("--set", name, "mnist, curves (drawn here) or faces (Olivetti)");
  program.option("--code", code, "numbers in the code (0: 30, of curves 6)");
  program.option("--optimiser", optimiser, "adam, sgd (with momentum), cg, lbfgs or hf");
  program.option("--epochs", epochs, "of fine-tuning (0: 60, curves 400, faces 15)");
  program.option("--pretraining-epochs", pretraining, "for each layer (0: 10, curves 20, faces 5)");
  program.option("--batch", batch,
                 "samples in a batch of fine-tuning (0: what suits the optimiser)");
  program.option("--rate", rate, "of adam or sgd at the start (0: what suits the set)");
  program.flag("--no-pretraining", no_pretraining, "start from random weights, for comparison");
  program.flag("--held-out", held_out,
               "test on training pictures that are kept back, to choose by");

  return program.run(argc, argv, [&] {
    const auto set = support::read_picture_set(program, name, held_out);
    Plan plan = plans.at(name);
    if (epochs > 0) plan.epochs = epochs;
    if (pretraining > 0) plan.pretraining = pretraining;
    if (code > 0) plan.sizes.back() = code;
    if (rate > 0) plan.rate = plan.sgd_rate = rate;
    const auto& sizes = plan.sizes;
    RBM<Bernoulli<float>, Gaussian<float>> top(sizes.end()[-2], sizes.back());
    if (name == "faces")
      learn(program,
            stack(GaussianRBM<float>(sizes[0], sizes[1]),
                  Stack<RBM<float>>(std::vector<Index>(sizes.begin() + 1, sizes.end() - 1)), top),
            set, plan, optimiser, batch, no_pretraining);
    else
      learn(program,
            stack(Stack<RBM<float>>(std::vector<Index>(sizes.begin(), sizes.end() - 1)), top), set,
            plan, optimiser, batch, no_pretraining);
  });
}
