// SPDX-License-Identifier: MIT
// Usage:  rbm_csv table.csv [--labels COLUMN] [--hidden 64] [--min-max] …
// Output: an RBM of a table of your own, CSV or .npy, one sample per line: what it makes of lines that were
//         held out, and features.csv (or .npy): the means of its hidden units for each line, then its label.
#include <iostream>
#include <strata/core/min_max.hpp>
#include <strata/io/csv.hpp>
#include <strata/io/npy.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/program.hpp"
using namespace strata;

struct Options {
  std::filesystem::path file;
  std::string labels;
  int hidden = 64, epochs = 50;
  bool min_max = false, gaussian = false;
  bool npy() const { return file.filename().string().find(".npy") != std::string::npos; }
};

template <class M>
void learn(support::Program& program, const Options& o, const Table<float>& table, M rbm) {
  constexpr bool binary = std::is_same_v<M, RBM<float>>;
  Random rng(program.seed);
  const Matrix<float>& x = table.data.images;
  const auto order = permutation(x.cols(), rng);
  const auto tenth = order.size() / 10 + 1;
  const Matrix<float> test = x(Eigen::all, std::span(order).first(tenth));
  const Matrix<float> data = x(Eigen::all, std::span(order).subspan(tenth));
  BackOff back_off;
  if (program.load.empty())
    train(rbm, data, ContrastiveDivergence{.coordinates = Coordinates::centred},
          SGD{.learning_rate = linear(0.05, 0, o.epochs), .momentum = 0.5},
          {.epochs = o.epochs, .batch_size = 20, .binarise = binary}, rng, back_off,
          progress(std::cerr), program.checkpoint());
  else
    load(program.load, rbm);
  if (!program.save.empty()) save(program.save, rbm);
  program.result("error", reconstruction_error(rbm, test));
  const Matrix<float> from_mean = test.colwise() - data.rowwise().mean();
  program.result("error_of_mean", from_mean.colwise().squaredNorm().mean());
  if constexpr (binary)  // which values between 0 and 1 are not: they are drawn
    program.result("pseudo_likelihood", pseudo_log_likelihood(rbm, rng.bernoulli(test)).mean());

  Matrix<float> features = hidden_mean(rbm, x);
  if (!o.labels.empty()) features.conservativeResize(o.hidden + 1, x.cols());
  for (std::size_t j = 0; j < table.data.labels.size(); ++j)
    features(o.hidden, static_cast<Index>(j)) = static_cast<float>(table.data.labels[j]);
  o.npy() ? write_npy(program.announce("features.npy"), features)
          : write_csv(program.announce("features.csv"), features);
}

int main(int argc, char** argv) {
  support::Program program("rbm_csv", "An RBM of a table of your own.", {.data = ""});
  Options o;
  program.positional("table", o.file, "a CSV or .npy file with one sample per line");
  program.option("--labels", o.labels, "a column of labels, by its name or, from 1, its number");
  program.option("--hidden", o.hidden, "hidden units");
  program.option("--epochs", o.epochs, "of all lines but a tenth, which is held out");
  program.flag("--min-max", o.min_max, "bring each column to [0, 1] first");
  program.flag("--gaussian", o.gaussian, "Gaussian visible units even for values in [0, 1]");
  return program.run(argc, argv, [&] {
    check(o.hidden >= 1, "rbm_csv: --hidden has ", o.hidden, ", but at least 1 is needed");
    check(o.labels.empty() || !o.npy(), "rbm_csv: --labels has ", o.labels,
          ", but an .npy file has no columns of labels");
    Table<float> table;
    o.npy() ? void(table.data.images = read_npy<float>(o.file))
            : void(table = read_csv<float>(o.file, {.label = o.labels}));
    auto& x = table.data.images;
    check(x.cols() > 1, "rbm_csv: the table has ", x.cols(), " lines, but at least 2 are needed");
    if (o.min_max) x = min_max(x).to_unit(x);
    const bool gaussian = o.gaussian || !(x.minCoeff() >= 0 && x.maxCoeff() <= 1);
    std::cout << x.cols() << " lines of " << x.rows() << " values from " << x.minCoeff() << " to "
              << x.maxCoeff() << ": " << (gaussian ? "Gaussian" : "Bernoulli") << " units\n";
    gaussian ? learn(program, o, table, GaussianRBM<float>(x.rows(), o.hidden))
             : learn(program, o, table, RBM<float>(x.rows(), o.hidden));
  });
}
