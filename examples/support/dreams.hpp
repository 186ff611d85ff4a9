// SPDX-License-Identifier: MIT
// Nets that dream digits, for the programs that show them.
#pragma once

#include <strata/io/checkpoint.hpp>
#include <strata/io/mnist.hpp>
#include <strata/nets/generative.hpp>
#include <strata/train/observers.hpp>

#include "support/program.hpp"

namespace support {

/// Directed layers under an RBM of features and labels.
using DreamingNet =
    strata::Stack<strata::Stack<strata::Directed<float>>, strata::LabelledRBM<float>>;

/// Epochs of pre-training, for each layer, and of up-down.
struct DreamPlan {
  int pretraining, up_down;
};

/// Greedy pre-training by CD-1. Prints progress.
void learn_greedily(strata::LabelledDBN<float>& net, const strata::Samples<float>& digits,
                    int epochs, strata::Random& rng, strata::History& history,
                    strata::Checkpoint& checkpoint);

/// Up-down with 3, 6 and 10 steps of Gibbs sampling in thirds of the epochs. Prints progress, and
/// calls watch after each epoch.
using Watch = std::function<void(const strata::Progress&, const DreamingNet&)>;
void learn_up_down(DreamingNet& net, const strata::Samples<float>& digits, int epochs,
                   strata::Random& rng, strata::History& history, const Watch& watch,
                   strata::Checkpoint& checkpoint);

/// Of any sizes, as the file has them.
DreamingNet load_dreaming_net(const std::filesystem::path& path);

/// The last n samples.
strata::LabelledImages<float> last(const strata::LabelledImages<float>& data, strata::Index n);

/// n pictures with each pixel on with probability ½, n_v × n: from there it is a shorter way to a digit
/// than from noise in the top RBM.
strata::Matrix<float> pictures_of_noise(const DreamingNet& net, strata::Index n,
                                        strata::Random& rng);

/// digits_by_label.png: ten chains with a label clamped each, their pixels' probabilities, one row
/// for each label and `sweeps` of Gibbs sampling from column to column. Returns the pictures.
strata::Matrix<float> write_digits_by_label(const Program& program, const DreamingNet& net,
                                            int sweeps, strata::Random& rng);

/// Annealed importance sampling of the top RBM, forwards and in reverse, and the variational bound
/// of the test images, drawn 0 or 1, in nats per image.
void report_bound(Program& program, const DreamingNet& net, const strata::Mnist<float>& mnist,
                  int temperatures, strata::Random& rng);

}  // namespace support
