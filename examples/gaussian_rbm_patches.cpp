// SPDX-License-Identifier: MIT
// Usage:  gaussian_rbm_patches [--hidden 196] [--epochs 45] …
// Output: what a Gaussian RBM learns from whitened patches of photographs: its filters as a picture, and the
//         log-likelihood of test patches by annealed importance sampling from both ends, beside that of a
//         Gaussian. "Gaussian-binary restricted Boltzmann machines for modeling natural image statistics"
//         (Melchior, Wang and Wiskott 2017).
#include <algorithm>
#include <iostream>
#include <numbers>
#include <numeric>
#include <strata/io/png.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/patches.hpp"
#include "support/pictures.hpp"
#include "support/program.hpp"
#include "support/report.hpp"
using namespace strata;

// Most patches are to be explained by no hidden unit, that is by a single Gaussian: units that are
// rarely on find the heavy tails, which are edges. As they add to few patches, what they add has to be
// large from the start: weights of 0.1.
void learn(GaussianRBM<float>& rbm, const Matrix<float>& x, int epochs, Random& rng,
           auto&... observers) {
  rbm.weights = 0.1F * rng.normal<float>(rbm.hidden.size(), rbm.visible.size());
  rbm.hidden.bias.setConstant(-6);
  train(rbm, x, ContrastiveDivergence{.steps = 3},
        SGD{.learning_rate = geometric(0.1, 0.001, epochs), .momentum = 0.9}, {.epochs = epochs},
        rng, observers...);
}

// The mean log-likelihood of whitened patches under independent unit Gaussians.
double unit_gaussian(const Matrix<float>& x) {
  return -0.5 * (static_cast<double>(x.rows()) * std::log(2 * std::numbers::pi) +
                 x.cast<double>().squaredNorm() / static_cast<double>(x.cols()));
}

// As whitened pixels see them and, in features.png, as what each unit adds to a patch of grey levels.
void draw_filters(const support::Program& program, const GaussianRBM<float>& rbm,
                  const support::Whitening& whitening) {
  const Vector<float> norms = rbm.weights.rowwise().norm();
  std::vector<Index> order(static_cast<std::size_t>(norms.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::sort(order, [&](Index a, Index b) { return norms(a) > norms(b); });
  const Matrix<float> filters = rbm.weights(order, Eigen::all).transpose();
  const TileOptions options{.shades = Shades::filter, .zoom = 2};
  write_png(program.announce("filters.png"), support::squares(filters, options));
  const Matrix<float> added = whitening.inverse * rbm.visible.sigma().asDiagonal() * filters;
  write_png(program.announce("features.png"), support::squares(added, options));
}

int main(int argc, char** argv) {
  support::Program program("gaussian_rbm_patches", "A Gaussian RBM finds the edges in photographs.",
                           {.data = "natural_images"});
  int hidden = 196, epochs = 45, patches = 200000, temperatures = 10000;
  program.option("--hidden", hidden, "hidden units");
  program.option("--patches", patches, "to learn from, of 14 x 14 pixels");
  program.option("--epochs", epochs, "of them");
  program.option("--temperatures", temperatures, "of annealed importance sampling");
  return program.run(argc, argv, [&] {
    const auto folder = support::Program::folder(program.data, "natural_images", "--data");
    auto cut =
        support::cut_patches(support::read_photographs(folder), {.train = patches}, program.seed);
    const auto whitening = support::whitening(cut.train);
    cut.train = support::whiten(whitening, cut.train);
    cut.test = support::whiten(whitening, cut.test);

    Random rng(program.seed);
    History history;
    auto printer = progress(std::cerr);
    GaussianRBM<float> rbm(cut.train.rows(), hidden);
    if (program.load.empty())
      learn(rbm, cut.train, epochs, rng, printer, history, program.checkpoint());
    else
      load(program.load, rbm);
    if (!program.save.empty()) save(program.save, rbm);
    program.result("training_seconds", program.rounded_seconds());
    draw_filters(program, rbm, whitening);
    support::write_history(program, history);

    // The model's samples: chains that set out from patches, and forget them.
    const auto own = gibbs(rbm, Matrix<float>(cut.test.leftCols(100)), 1000, rng);
    const AnnealingOptions options{.temperatures = temperatures};
    const auto forth = annealed_importance_sampling(rbm, cut.train, options, rng);
    const auto back = reverse_annealed_importance_sampling(base_rate_model(rbm, cut.train), rbm,
                                                           own, options, rng);
    const double ais = log_likelihood(rbm, cut.test, forth.log_z).mean();
    std::cout << "nats per test patch, log Z " << forth.log_z << " ± " << forth.standard_error
              << ", in reverse " << back.log_z << " ± " << back.standard_error << "\n";
    program.result("gaussian", unit_gaussian(cut.test));
    program.result("ais", ais);
    program.result("reverse_ais", ais + forth.log_z - back.log_z);
    program.result("gap", back.log_z - forth.log_z);
  });
}
