// SPDX-License-Identifier: MIT
// Usage:  model_files write FOLDER   a small model file of each architecture, and beside it its
//                                    parameters and a few of its outputs as text
//         model_files check FOLDER   loads each of that folder, and compares
// Output: how many, or what differs
#include <iomanip>
#include <iostream>
#include <set>
#include <sstream>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

using namespace strata;
namespace fs = std::filesystem;

namespace {

/// Calls f(name, model of zeros) for each.
template <class F>
void for_each_model(F&& f) {
  using B = Bernoulli<float>;
  using G = Gaussian<float>;
  using S = Softmax<float>;
  f("rbm", RBM<float>(4, 3));
  f("rbm_double", RBM<double>(4, 3));
  f("rbm_gaussian", GaussianRBM<float>(4, 3));
  f("rbm_gaussian_hidden", RBM<B, G>(4, 3));
  f("rbm_softmax", RBM<S>(S(3, 2), B(3)));
  f("rbm_softmax_hidden", RBM<B, S>(B(4), S(3)));
  f("rbm_spin", RBM<Spin<float>, Spin<float>>(4, 3));
  f("rbm_binomial", RBM<Binomial<float>>(Binomial<float>(4, 5), B(3)));
  f("rbm_truncated_gaussian", RBM<B, TruncatedGaussian<float>>(4, 3));
  f("rbm_stepped_sigmoid", RBM<B, SteppedSigmoid<float>>(4, 3));
  f("rbm_noisy_relu", RBM<B, NoisyReLU<float>>(4, 3));
  f("rbm_replicated_softmax", RBM<ReplicatedSoftmax<float>>(ReplicatedSoftmax<float>(4, 5), B(3)));
  f("rbm_labelled", labelled_rbm<float>(4, 2, 3));

  const auto greedy = stack(RBM<float>(4, 3), RBM<B, G>(3, 2));
  const auto labelled = labelled_dbn<float>({4, 3, 2}, 2);
  f("dbn", DBN<float>({4, 3, 2}));
  f("dbn_mixed", stack(RBM<G>(4, 3), RBM<B, S>(3, 4), RBM<S, G>(4, 2)));
  f("dbn_labelled", labelled);
  f("dbn_labelled_untied", untied(labelled));
  f("dbn_untied", untied(DBN<float>({4, 3, 2})));
  f("dbn_mixed_untied", untied(stack(RBM<G>(4, 3), RBM<B, S>(3, 4))));

  f("autoencoder", Autoencoder<float>(4, 3));
  f("autoencoder_untied", untied(Autoencoder<float>(4, 3)));
  f("autoencoder_relu", Autoencoder<G, ReLU<float>>(4, 3));
  f("autoencoder_tanh", Autoencoder<G, Tanh<float>>(4, 3));
  f("autoencoder_softplus", Autoencoder<G, Softplus<float>>(4, 3));
  f("autoencoder_k_sparse", Autoencoder<G, KSparse<float>>(G(4), KSparse<float>(3, 2)));
  f("autoencoders", Stack<Autoencoder<float>>({4, 3, 2}));
  f("deep_autoencoder", unroll(greedy));
  f("deep_autoencoder_of_autoencoders", unroll(untied(Stack<Autoencoder<float>>({4, 3, 2}))));

  f("classifier", untrained_classifier<float>({4, 3, 2}));
  f("classifier_double", untrained_classifier<double>({4, 3, 2}));

  f("sbn", sbn<float>({4, 3, 2}));
  f("sbn_autoregressive", stack(Directed<float>(4, 3), AutoregressivePrior<float>(3)));
}

/// Any numbers; they are in the files.
template <class Model>
void fill(Model& model) {
  Random rng(1);
  for (auto& p : parameters(model))
    p.value =
        (0.5 * rng.normal<double>(p.value.rows(), p.value.cols())).template cast<ScalarOf<Model>>();
  if constexpr (requires { model.constrain(); }) model.constrain();
}

template <class Model>
Index inputs(const Model& model) {
  if constexpr (AnyRBM<Model>)
    return model.visible.size();
  else
    return input_size(model);
}

/// What the model makes of the states in which one unit is 1 and all others 0, a number each way
/// that it computes.
template <class Model>
std::vector<double> outputs(const Model& model) {
  using Scalar = ScalarOf<Model>;
  std::vector<double> all;
  const auto add = [&](const auto& values) {
    for (const auto value : values.reshaped()) all.push_back(static_cast<double>(value));
  };
  const Matrix<Scalar> x = Matrix<Scalar>::Identity(inputs(model), inputs(model));
  if constexpr (AnyRBM<Model>) {
    add(free_energy(model, x));
    add(hidden_mean(model, x));
  } else {
    const Matrix<Scalar> y = up(model, x);
    add(y);
    if constexpr (goes_down<Model>) add(down(model, y));
    if constexpr (AnyPrior<TopOf<Model>>) add(log_prior(top_layer(model), States<Scalar>(y)));
  }
  return all;
}

/// One line a parameter: its name and, row by row, its values to the last bit. Then the outputs.
template <class Model>
std::string written(Model model) {
  std::ostringstream lines;
  lines << std::hexfloat;
  for (const auto& p : parameters(model)) {
    lines << p.name;
    for (Index i = 0; i < p.value.rows(); ++i)
      for (Index j = 0; j < p.value.cols(); ++j) lines << " " << double{p.value(i, j)};
    lines << "\n";
  }
  lines << "outputs" << std::defaultfloat << std::setprecision(9);
  for (const double value : outputs(model)) lines << " " << value;
  lines << "\n";
  return lines.str();
}

/// The words that differ: those of parameters by their letters, outputs by a rounding of float.
std::string difference(const std::string& kept, const std::string& found) {
  std::istringstream a(kept), b(found);
  std::string line_a, line_b;
  while (std::getline(a, line_a) && std::getline(b, line_b)) {
    if (line_a == line_b) continue;
    std::istringstream words_a(line_a), words_b(line_b);
    std::string name_a, name_b, word_a, word_b;
    words_a >> name_a, words_b >> name_b;
    if (name_a != "outputs" || name_b != "outputs") return line_b + "\nbut kept is\n" + line_a;
    while (words_a >> word_a && words_b >> word_b) {
      const double x = std::stod(word_a), y = std::stod(word_b);
      if (!(std::abs(x - y) <= 1e-5 * std::max(1.0, std::abs(x))))
        return "output " + word_b + ", but kept is " + word_a;
    }
    if (words_a || words_b >> word_b) return "another number of outputs";
  }
  return a || std::getline(b, line_b) ? "another number of lines" : "";
}

std::string contents_of(const fs::path& path) {
  const Bytes bytes = read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

int write(const fs::path& folder) {
  fs::create_directories(folder);
  int count = 0;
  for_each_model([&](const std::string& name, auto model) {
    fill(model);
    save(folder / (name + ".safetensors"), model);
    write_atomically(folder / (name + ".txt"), written(model));
    ++count;
  });
  std::cout << count << " model files written\n";
  return 0;
}

int check_files(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") names.insert(entry.path().stem());
  const auto count = names.size();
  int failed = 0;
  for_each_model([&](const std::string& name, auto model) {
    if (names.erase(name) == 0) return;  // a later release may have more
    std::string wrong;
    try {
      load(folder / (name + ".safetensors"), model);
      wrong = difference(contents_of(folder / (name + ".txt")), written(model));
    } catch (const std::exception& e) {
      wrong = e.what();
    }
    if (wrong.empty()) return;
    std::cout << name << ": " << wrong << "\n";
    ++failed;
  });
  for (const auto& name : names) std::cout << name << ": no model of that name\n";
  std::cout << count << " model files, " << failed << " differ\n";
  return count == 0 || failed > 0 || !names.empty();
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string what = argc == 3 ? argv[1] : "";
  if (what == "write") return write(argv[2]);
  if (what == "check") return check_files(argv[2]);
  std::cerr << "Usage: model_files write|check FOLDER\n";
  return 2;
} catch (const std::exception& e) {
  std::cerr << "error: " << e.what() << "\n";
  return 1;
}
