// SPDX-License-Identifier: MIT
// Usage:  rbm_digits [--digit 2] [--hidden 50] [--epochs 30] …
// Output: what an RBM that has only ever seen one digit makes of the others: it reads them all as
//         its own, and its free energy tells them apart. Beside it an RBM that has seen all digits.
#include <iostream>
#include <strata/io/mnist.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/pictures.hpp"
#include "support/program.hpp"
using namespace strata;

// The images whose label is `digit`, or is not.
Matrix<float> select(const LabelledImages<float>& data, int digit, bool same) {
  std::vector<Index> columns;
  for (Index i = 0; i < data.size(); ++i)
    if ((data.labels[static_cast<std::size_t>(i)] == digit) == same) columns.push_back(i);
  return data.images.numbers()(Eigen::all, columns);
}

// Mean free energy, in nats.
double mean_free_energy(const RBM<float>& rbm, const Matrix<float>& v) {
  return free_energy(rbm, v).cast<double>().mean();
}

int main(int argc, char** argv) {
  support::Program program("rbm_digits",
                           "Two RBMs: one sees a single class of digits, one sees all.");
  int digit = 2, hidden = 50, epochs = 30;
  program.option("--digit", digit, "the class, 0 to 9");
  program.option("--hidden", hidden, "hidden units of each RBM");
  program.option("--epochs", epochs,
                 "of the RBM that sees one class; the other sees as many digits");

  return program.run(argc, argv, [&] {
    check(digit <= 9, "rbm_digits: --digit has ", digit, ", but 0 to 9 are the digits");
    check(hidden >= 1, "rbm_digits: --hidden has ", hidden, ", but at least 1 is needed");
    const auto mnist = read_mnist<float>(program.mnist_folder());
    const auto own = select(mnist.train, digit, true);
    Random rng(program.seed);
    auto printer = progress(std::cerr);

    // Both take the same number of steps.
    const auto learn = [&](RBM<float>& rbm, const Samples<float>& x, int rounds) {
      train(rbm, x, ContrastiveDivergence{.steps = 1},
            SGD{.learning_rate = linear(0.1, 0.01, rounds)},
            {.epochs = rounds, .batch_size = 100, .binarise = true}, rng, WeightDecay{.l2 = 1e-4},
            printer, program.checkpoint());
    };
    RBM<float> one(own.rows(), hidden), all(own.rows(), hidden);
    if (program.load.empty())
      learn(one, own, epochs);
    else
      load(program.load, one);
    learn(all, mnist.train.images, std::max(1, epochs / 10));

    const auto same = select(mnist.test, digit, true), other = select(mnist.test, digit, false);
    support::write_filters(program.announce("filters_one.png"), one.weights);
    support::write_filters(program.announce("filters_all.png"), all.weights);
    const auto pairs = [&](const char* file, const RBM<float>& rbm, const Matrix<float>& digits) {
      const Matrix<float> some = digits.leftCols(20);
      support::write_pairs(program.announce(file), some, reconstruct(rbm, some));
    };
    pairs("reconstructions_own.png", one, same);
    pairs("reconstructions_foreign.png", one, other);
    pairs("reconstructions_foreign_by_all.png", all, other);
    if (!program.save.empty()) save(program.save, one);

    // How many nats a foreign digit lies above one of the class, on digits that neither has seen.
    const double gap = mean_free_energy(one, other) - mean_free_energy(one, same);
    const double gap_all = mean_free_energy(all, other) - mean_free_energy(all, same);
    std::cout << "squared reconstruction error of " << digit << "s "
              << reconstruction_error(one, same) << ", of the other digits "
              << reconstruction_error(one, other) << "\n"
              << "free-energy gap, other digits minus " << digit << "s, in nats: " << gap
              << " under the RBM of " << digit << "s, " << gap_all << " under that of all digits\n";
    program.result("digit", digit);
    program.result("free_energy_gap", gap);
    program.result("free_energy_gap_all", gap_all);
  });
}
