// SPDX-License-Identifier: MIT
#include "support/dreams.hpp"

#include <algorithm>
#include <iostream>
#include <strata/evaluate/annealed_importance_sampling.hpp>
#include <strata/evaluate/bound.hpp>
#include <strata/io/png.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/nets/wake_sleep.hpp>
#include <strata/optim/sgd.hpp>
#include <strata/train/pretrain.hpp>

#include "support/pictures.hpp"
#include "support/report.hpp"

namespace support {

using namespace strata;

namespace {
// From 0.1 to 0, but less in the first three epochs, when full steps may throw a net off that has
// learned little before.
Schedule rate(int epochs) {
  return [epochs](double t) { return 0.1 * std::min(1.0, t / 3) * (1 - t / epochs); };
}
}  // namespace

void learn_greedily(LabelledDBN<float>& net, const Samples<float>& digits, int epochs, Random& rng,
                    History& history, Checkpoint& checkpoint) {
  pretrain(net, digits, ContrastiveDivergence{.steps = 1},
           SGD{.learning_rate = rate(epochs), .momentum = 0.9},
           {.epochs = epochs, .binarise = true}, rng, WeightDecay{.l2 = 2e-4}, progress(std::cerr),
           history, checkpoint);
}

void learn_up_down(DreamingNet& net, const Samples<float>& digits, int epochs, Random& rng,
                   History& history, const Watch& watch, Checkpoint& checkpoint) {
  train(net, digits, UpDown{.top = {.steps = in_turn({3, 6, 10}, epochs)}},
        SGD{.learning_rate = rate(epochs), .momentum = 0.9}, {.epochs = epochs, .binarise = true},
        rng, progress(std::cerr), history, watch, checkpoint);
}

DreamingNet load_dreaming_net(const std::filesystem::path& path) {
  const std::vector<Index> sizes = layer_sizes(read_contents(path));
  check(sizes.size() >= 3, path.string(), ": the file has ", sizes.size(),
        " layers of units, but a net that dreams has at least 3");
  DreamingNet net = untied(labelled_dbn<float>(sizes, 10));
  load(path, net);
  return net;
}

LabelledImages<float> last(const LabelledImages<float>& data, Index n) {
  n = std::min(n, data.size());
  return {GreyLevels<float>(data.images.bytes().rightCols(n)),
          {data.labels.end() - n, data.labels.end()}};
}

Matrix<float> pictures_of_noise(const DreamingNet& net, Index n, Random& rng) {
  return rng.bernoulli(Matrix<float>(Matrix<float>::Constant(input_size(net), n, 0.5F)));
}

Matrix<float> write_digits_by_label(const Program& program, const DreamingNet& net, int sweeps,
                                    Random& rng) {
  constexpr Index labels = 10, times = 10;
  Dreams dreams(net, pictures_of_noise(net, labels, rng), rng);
  dreams.clamp({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  Matrix<float> pictures(input_size(net), labels * times);
  for (Index time = 0; time < times; ++time) {
    dreams.run(sweeps, rng);
    const Matrix<float> seen = dreams.pixels(rng);
    for (Index label = 0; label < labels; ++label)
      pictures.col(label * times + time) = seen.col(label);
  }
  write_png(program.announce("digits_by_label.png"), squares(pictures, {.zoom = 2}));
  return pictures;
}

namespace {
BinaryStates drawn(const GreyLevels<float>& images, Random& rng) {
  BinaryStates bits;
  rng.bernoulli(Matrix<float>(images.numbers()), bits);
  return bits;
}
}  // namespace

void report_bound(Program& program, const DreamingNet& net, const Mnist<float>& mnist,
                  int temperatures, Random& rng) {
  // What the top RBM sees of the training data has its base rates.
  const LabelledImages<float> some = first(mnist.train, 10'000);
  auto t = Trace<float>::of(net);
  t.s[0] = States<float>(drawn(some.images, rng));
  recognise(net, t, rng);
  States<float> seen;
  join_rows(t.s.back(), States<float>(one_hot(some.labels, 10)), seen);

  const auto& top = top_layer(net);
  const auto base = base_rate_model(top, seen.bits());
  const AnnealingOptions options{.chains = 100, .temperatures = temperatures};
  const auto forward = annealed_importance_sampling(base, top, options, rng);
  // Backwards from chains that set out from data; the longer they run the more exact.
  const Matrix<float> settled =
      gibbs(top, seen.matrix().leftCols(std::min<Index>(100, seen.cols())), 1000, rng);
  const auto reverse = reverse_annealed_importance_sampling(base, top, settled, options, rng);
  std::cout << "log Z of the top RBM, nats: " << forward.log_z << " ± " << forward.standard_error
            << " by annealed importance sampling, " << reverse.log_z << " ± "
            << reverse.standard_error << " in reverse\n";

  const BinaryStates test = drawn(mnist.test.images, rng);
  const auto likelihood = estimate_likelihood(net, test, 10, rng, forward.log_z);
  const double mean = likelihood.bound.mean();
  std::cout << "variational bound, nats per test image with pixels drawn 0 or 1: "
            << mean_and_error(likelihood.bound)
            << " (± over images), by log Z from below; log p by 10 weights each: "
            << likelihood.log_likelihood.mean() << "\n";
  program.result("bound", mean);
  program.result("bound_by_reverse", mean + forward.log_z - reverse.log_z);
}

}  // namespace support
