// SPDX-License-Identifier: MIT
// Usage:  rbm_fill_in [--set digits|faces] [--keep top|bottom|left|right] [--epochs 10] …
// Output: what an RBM makes of half a picture that it has not seen: the given pixels are held, the others
//         follow by Gibbs sampling. In filled_in.png from top to bottom: the pictures, what is given,
//         what three chains find, and the mean of all. Beside it the mean picture and the ten nearest.
#include <iostream>
#include <strata/io/mnist.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/halves.hpp"
#include "support/pictures.hpp"
#include "support/sets.hpp"
using namespace strata;

// Fills in what is not given of the pictures x, by chains from noise; shows and judges it.
template <class M>
void fill_in(support::Program& program, const M& m, const Samples<float>& seen,
             const Matrix<float>& x, const BinaryStates& mask, int sweeps, Random& rng) {
  constexpr int times = 5;
  const Vector<float> given = mask.matrix<float>(), missing = 1 - given.array();
  Matrix<float> mean = Matrix<float>::Zero(x.rows(), x.cols());
  std::vector<Matrix<float>> rows{x, (given.asDiagonal() * x).colwise() + 0.5F * missing};
  for (int time = 0; time < times; ++time) {
    Chains<M> chains(m, x.cols(), rng);
    chains.clamp(mask, x);
    chains.run(sweeps / 2, rng);
    for (int k = sweeps / 2; k < sweeps; ++k) {
      chains.run(1, rng);
      mean += chains.visible_mean() / static_cast<float>(times * (sweeps - sweeps / 2));
    }
    if (time < 3) rows.push_back(chains.visible_mean());
  }
  rows.push_back(mean);
  for (auto& row : rows) row = row.leftCols(std::min<Index>(20, x.cols())).eval();
  support::write_rows(program.announce("filled_in.png"), rows);

  const auto error = [&](const Matrix<float>& guess) {  // of a missing pixel
    return (missing.asDiagonal() * (guess - x)).squaredNorm() * (1 / missing.sum()) /
           static_cast<float>(x.cols());
  };
  program.result("squared_error", error(mean));
  program.result("mean_picture", error(support::mean_picture(seen).replicate(1, x.cols())));
  program.result("ten_nearest", error(support::mean_of_nearest(seen, x, given, 10)));
}

int main(int argc, char** argv) {
  support::Program program("rbm_fill_in", "An RBM completes pictures of which half is given.");
  std::string set = "digits", keep = "top";
  int hidden = 500, epochs = 10, sweeps = 200, pictures = 500;
  program.option("--set", set, "digits or faces");
  program.option("--keep", keep, "the half that is given: top, bottom, left or right");
  program.option("--hidden", hidden, "hidden units");
  program.option("--epochs", epochs, "of training; of faces ten times as many");
  program.option("--sweeps", sweeps, "of Gibbs sampling, of which the second half counts");
  program.option("--pictures", pictures, "digits to fill in");

  return program.run(argc, argv, [&] {
    check(set == "digits" || set == "faces", "rbm_fill_in: --set has ", set,
          ", but digits or faces are needed");
    const BinaryStates mask = support::half(keep, set == "digits" ? 28 : 32);
    Random rng(program.seed);
    auto printer = progress(std::cerr);
    const auto learn = [&](auto& rbm, const Samples<float>& seen, double rate, int rounds,
                           bool binarise) {
      if (!program.load.empty()) return load(program.load, rbm);
      train(rbm, seen, PersistentContrastiveDivergence{.steps = 5},
            SGD{.learning_rate = linear(rate, rate / 50, rounds)},
            {.epochs = rounds, .batch_size = 50, .binarise = binarise}, rng,
            WeightDecay{.l2 = 1e-4}, printer, program.checkpoint());
      if (!program.save.empty()) save(program.save, rbm);
    };
    if (set == "digits") {
      const auto mnist = read_mnist<float>(program.mnist_folder());
      const Matrix<float> x =
          (first(mnist.test, pictures).images.bytes().array() > 127).cast<float>();
      RBM<float> rbm(x.rows(), hidden);
      learn(rbm, mnist.train.images, 0.05, epochs, true);
      fill_in(program, rbm, mnist.train.images, x, mask, sweeps, rng);
    } else {  // the last five people are new
      const auto folder = support::Program::folder(program.data, "olivetti", "--data");
      const auto faces =
          support::half_size(support::read_pictures(folder, "olivetti_faces").images.numbers());
      GaussianRBM<float> rbm(faces.rows(), hidden);
      const Matrix<float> seen = faces.leftCols(350);
      learn(rbm, seen, 0.01, 10 * epochs, false);
      fill_in(program, rbm, seen, faces.rightCols(50), mask, sweeps, rng);
    }
  });
}
