// SPDX-License-Identifier: MIT
// The programs of tutorial.md: what stands between the marks `//! [name]` is shown there, and all of
// it runs as a test. One file, as its sections go on from one another.
#include <filesystem>
#include <strata/io/png.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/io/tiles.hpp>
#include <strata/strata.hpp>

#include "claims.hpp"
using namespace strata;

namespace tutorial {

//! [data]
// 28 pictures of 4 × 4 pixels: one to three of the rows are lit (label 0), or of the columns (1).
LabelledData<float> bars() {
  LabelledData<float> data{Matrix<float>(16, 28), Labels(28)};
  for (int column = 0; column < 28; ++column) {
    const int label = column % 2, lit = 1 + column / 2;  // lit: which of the four, as bits
    for (int pixel = 0; pixel < 16; ++pixel)
      data.images(pixel, column) = float(lit >> (label ? pixel % 4 : pixel / 4) & 1);
    data.labels[std::size_t(column)] = label;
  }
  return data;
}
//! [data]

namespace {

void first_rbm() {
  const LabelledData<float> data = bars();
  //! [first rbm]
  Random rng(1);
  RBM<float> rbm(16, 12);  // visible and hidden units, all Bernoulli
  train(rbm, data.images, PersistentContrastiveDivergence{.steps = 5},
        SGD{.learning_rate = linear(0.2, 0, 3000)}, {.epochs = 3000, .batch_size = 28}, rng);
  //! [first rbm]

  //! [exact]
  const double log_z = log_partition(rbm);                           // over 2¹² hidden states
  const double nats = mean_log_likelihood(rbm, data.images, log_z);  // per picture
  //! [exact]
  claims::report("nats per picture, exact", nats);
  claims::hold(nats < -std::log(28) && nats > -4, "the RBM comes near -log 28 nats, and not above");

  //! [free energy]
  const Row<float> energies =
      free_energy(rbm, data.images);  // 1 × 28, low where pictures are likely
  const Matrix<float> noise = rng.bernoulli<float>(Matrix<float>::Constant(16, 28, 0.5F));
  const double contrast = free_energy(rbm, noise).mean() - energies.mean();  // nats; log Z cancels
  //! [free energy]
  claims::report("noise above bars, nats", contrast);
  claims::hold(contrast > 5, "noise is less likely than bars");

  //! [reconstruction]
  const Matrix<float> features = hidden_mean(rbm, data.images);  // E[h | v], 12 × 28
  const Matrix<float> again = visible_mean(rbm, features);       // 16 × 28
  const double error = reconstruction_error(rbm, data.images);   // squared, per picture
  //! [reconstruction]
  claims::report("reconstruction error", error);
  claims::hold(std::abs(error - double((again - data.images).squaredNorm()) / 28) < 1e-4,
               "the reconstruction error is the squared error of these means");
  claims::hold(error < 1, "less than one pixel of 16 is lost");

  //! [annealing]
  const auto estimate =
      annealed_importance_sampling(rbm, data.images, {.chains = 100, .temperatures = 1000}, rng);
  const double estimated = mean_log_likelihood(rbm, data.images, estimate.log_z);
  //! [annealing]
  claims::report("the same by annealed importance sampling", estimated);
  claims::report("chains that count", estimate.effective_sample_size);
  claims::hold(std::abs(estimated - nats) < 0.2, "annealing comes within 0.2 nats of enumeration");

  //! [samples]
  Chains chains(rbm, 500, rng);  // from noise
  chains.run(1000, rng);         // sweeps h → v → h; a later call goes on
  const Matrix<float> samples = chains.visible().matrix();  // 16 × 500, 0 or 1
  //! [samples]
  Index good = 0;
  for (const auto& s : samples.colwise())
    good += (data.images.colwise() - s).colwise().squaredNorm().minCoeff() == 0;
  claims::report("samples that are bars, of 500", double(good));
  claims::hold(good > 300, "most samples are bars");

  //! [filters]
  write_png("filters.png",
            tiles(rbm.weights.transpose(), 4, 4, {.shades = Shades::filter, .zoom = 16}));
  //! [filters]

  //! [by heart]
  const Matrix<float> seen = data.images.leftCols(20), unseen = data.images.rightCols(8);
  RBM<float> parrot(16, 12);
  train(parrot, seen, PersistentContrastiveDivergence{.steps = 5}, SGD{.learning_rate = 0.1},
        {.epochs = 3000, .batch_size = 20}, rng);
  const FreeEnergyGap gap = free_energy_gap(parrot, seen, unseen);  // nats
  //! [by heart]
  claims::report("free energy gap, nats", gap.mean);
  claims::hold(gap.mean > 2 * gap.standard_error, "the RBM has learned the twenty by heart");

  //! [trainers]
  RBM<float> by_cd(16, 12);
  train(by_cd, data.images, ContrastiveDivergence{.steps = 1},
        SGD{.learning_rate = linear(0.2, 0, 3000)}, {.epochs = 3000, .batch_size = 28}, rng);
  RBM<float> by_five(16, 12);
  train(by_five, data.images,
        ContrastiveDivergence{.steps = 5, .coordinates = Coordinates::centred},
        SGD{.learning_rate = linear(0.2, 0, 3000)}, {.epochs = 3000, .batch_size = 28}, rng);
  //! [trainers]
  const double nats_of_five = mean_log_likelihood(by_five, data.images);
  claims::report("nats per picture, by CD-5, centred", nats_of_five);
  claims::hold(nats_of_five > -4.2, "CD-5, centred, comes as near as PCD-5");
  const double nats_of_cd = mean_log_likelihood(by_cd, data.images);
  claims::report("nats per picture, by CD-1", nats_of_cd);
  claims::report("reconstruction error, by CD-1", reconstruction_error(by_cd, data.images));
  claims::hold(nats_of_cd < nats - 1, "CD-1 is a worse density than PCD-5, by more than a nat");
  claims::hold(reconstruction_error(by_cd, data.images) < 0.1,
               "yet it reconstructs nearly every pixel");

  //! [save]
  save("bars.safetensors", rbm);
  RBM<float> loaded(16, 12);  // the same kinds and sizes
  load("bars.safetensors", loaded);
  //! [save]
  claims::hold(loaded.weights == rbm.weights && loaded.visible.bias == rbm.visible.bias,
               "what is loaded is what was saved, bit for bit");
  std::filesystem::remove("bars.safetensors");
  std::filesystem::remove("filters.png");
}

void real_data() {
  Random rng(2);
  //! [gaussian]
  const Matrix<float> pictures = bars().images.replicate(1, 20);
  const Matrix<float> data =
      100 + (20 * pictures + 5 * rng.normal<float>(16, 560)).array();  // any place, any spread
  GaussianRBM<float> rbm(16, 12);                                      // σ is learned
  train(rbm, data, ContrastiveDivergence{}, SGD{.learning_rate = linear(0.02, 0, 100)},
        {.epochs = 100, .batch_size = 20}, rng);
  //! [gaussian]
  const double nats = mean_log_likelihood(rbm, data);
  const double of_gaussian = mean_log_likelihood(base_rate_model(rbm, data), data);
  claims::report("Gaussian RBM, nats", nats);
  claims::report("independent Gaussians, nats", of_gaussian);
  claims::report("sigma", double(rbm.visible.sigma().mean()));
  claims::hold(nats > of_gaussian + 3, "the RBM is a better density than independent Gaussians");
  claims::hold(rbm.visible.sigma().mean() < 8, "sigma comes near the noise's deviation of 5");

  //! [diverged]
  GaussianRBM<float> wild(16, 12);
  std::string why;
  try {
    train(wild, data, ContrastiveDivergence{}, SGD{.learning_rate = 10.0},
          {.epochs = 100, .batch_size = 20}, rng);
  } catch (const Diverged& e) {
    why = e.what();  // the epoch and batch; `wild` holds the parameters of before
  }
  //! [diverged]
  std::cout << why << "\n";
  claims::hold(!why.empty() && wild.weights.allFinite(),
               "a rate of 10 diverges, and leaves finite weights");
}

void deep() {
  //! [more data]
  // Each picture several times, each pixel flipped with probability 5 %.
  const auto noisy = [](Index copies, std::uint64_t seed) {
    Random flips(seed);
    const LabelledData<float> clean = bars();
    LabelledData<float> data{clean.images.replicate(1, copies), {}};
    const Matrix<float> flipped =
        flips.bernoulli<float>(Matrix<float>::Constant(16, data.size(), 0.05F));
    data.images = (data.images - flipped).cwiseAbs();
    for (Index j = 0; j < data.size(); ++j)
      data.labels.push_back(clean.labels[std::size_t(j % 28)]);
    return data;
  };
  const LabelledData<float> learned = noisy(20, 1), held_out = noisy(20, 2), test = noisy(50, 3);
  //! [more data]

  //! [stack]
  Random rng(3);
  auto dbn = stack(RBM<float>(16, 24), RBM<float>(24, 24));  // the lower one first
  pretrain(dbn, learned.images, ContrastiveDivergence{},
           SGD{.learning_rate = 0.1, .momentum = step(0.5, 5, 0.9)},
           {.epochs = 50, .batch_size = 20, .binarise = true}, rng);
  const Matrix<float> top = up(dbn, test.images);             // 24 × 1400
  const Matrix<float> again = reconstruct(dbn, test.images);  // 16 × 1400
  //! [stack]
  claims::hold(top.rows() == 24 && again.rows() == 16, "up gives the top, reconstruct the bottom");
  const double lost = double((again - test.images).squaredNorm()) / double(test.size());
  claims::report("what the stack loses of a picture", lost);

  //! [fine-tune]
  auto net = classifier(dbn, 2, rng);  // the same weights, and a softmax on top
  History history;
  EarlyStopping<decltype(net)> stopping([&](const auto& now) { return error_rate(now, held_out); },
                                        10);
  fine_tune(net, learned, Backpropagation{}, Adam{.learning_rate = 0.003},
            {.epochs = 100, .batch_size = 20}, rng, history, stopping);
  const double wrong = error_rate(net, test);  // percent
  //! [fine-tune]
  claims::report("test error, percent", wrong);
  claims::report("the best epoch", stopping.best_epoch());
  claims::report("epochs", double(history.epochs.size()));
  claims::hold(wrong < 10, "the net reads nine of ten noisy pictures");
  claims::hold(error_rate(net, held_out) == stopping.best_score(),
               "the net is that of its best epoch");
}

void penalties() {
  const LabelledData<float> data = bars();
  //! [penalties]
  Random rng(4);
  RBM<float> sparse(16, 12);
  std::vector<float> largest;
  train(sparse, data.images, PersistentContrastiveDivergence{.steps = 5}, SGD{.learning_rate = 0.1},
        {.epochs = 500, .batch_size = 28}, rng, WeightDecay{.l2 = 1e-3},
        Sparsity{.target = 0.1, .strength = 1},
        [&](const Progress& p, const auto& now) {  // an observer, after each epoch
          if (p.epoch % 100 == 0) largest.push_back(now.weights.cwiseAbs().maxCoeff());
        });
  //! [penalties]
  const double activity = double(hidden_mean(sparse, data.images).mean());
  claims::report("mean activity of the hidden units", activity);
  claims::hold(largest.size() == 5, "the observer was called after each epoch");
  claims::hold(activity > 0.05 && activity < 0.2, "a tenth of the hidden units is on");
}

//! [own units]
// Units s ∈ {−1, 0, 1} with energy E(s) = −bᵀs.
template <std::floating_point S>
struct Ternary {
  using Scalar = S;
  static constexpr std::string_view name = "ternary";
  static constexpr Interval support{-1, 1};
  Vector<S> bias;  // b, n

  explicit Ternary(Index n = 0) : bias(Vector<S>::Zero(n)) {}
  Index size() const { return bias.size(); }

  Row<S> energy(const Batch<S>& s) const { return -bias.transpose() * s; }
  // Γ(x) = Σᵢ log(1 + 2 cosh(bᵢ + xᵢ))
  Row<S> log_partition(const Batch<S>& x) const {
    return (1 + 2 * (x.colwise() + bias).array().cosh()).log().colwise().sum();
  }
  // E[s | x] = 2 sinh(b + x) / (1 + 2 cosh(b + x))
  void mean(const Batch<S>& x, Matrix<S>& out) const {
    const auto z = (x.colwise() + bias).array().eval();
    out = 2 * z.sinh() / (1 + 2 * z.cosh());
  }
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& out) const {
    const Matrix<S> u = rng.uniform<S>(x.rows(), x.cols());
    out = x.colwise() + bias;
    for (Index i = 0; i < out.size(); ++i) {
      const S up = std::exp(out(i)), down = 1 / up, at = u(i) * (up + 1 + down);
      out(i) = at < up ? S(1) : at < up + down ? S(-1) : S(0);
    }
  }
};
static_assert(UnitLayer<Ternary<float>>);
//! [own units]

void own_units() {
  //! [use own units]
  const Matrix<float> data = 2 * bars().images.array() - 1;  // −1 and 1, never 0
  Random rng(5);
  RBM<Ternary<float>, Bernoulli<float>> rbm(16, 12);
  train(rbm, data, PersistentContrastiveDivergence{.steps = 5},
        SGD{.learning_rate = linear(0.1, 0, 3000)}, {.epochs = 3000, .batch_size = 28}, rng);
  //! [use own units]
  const double nats = mean_log_likelihood(rbm, data);
  claims::report("ternary units, nats per picture", nats);
  claims::hold(nats > -10 && nats < -std::log(28),
               "from -16 log 3 = -17.6 nats, the RBM comes above -10");
}

}  // namespace

void run() {
  first_rbm();
  real_data();
  deep();
  penalties();
  own_units();
}

}  // namespace tutorial

int main() {
  tutorial::run();
  coming_from::run();
  return claims::failures > 0;
}
