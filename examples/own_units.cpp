// SPDX-License-Identifier: MIT
// Usage:  own_units
// Output: a kind of unit that strata does not have, as the visible layer of an RBM: its exact
//         log-likelihood before and after training on 4 × 4 bars, by two trainers.
#include <iostream>
#include <strata/strata.hpp>
using namespace strata;

// Spins s ∈ {−1, +1} with energy E(s) = −bᵀs. Below is all that an RBM wants to know of them.
template <std::floating_point S>
struct Spin {
  using Scalar = S;
  static constexpr std::string_view name = "spin";
  static constexpr Interval support{-1, 1};
  Vector<S> bias;  // b, n

  Spin() = default;
  explicit Spin(Index n) : bias(Vector<S>::Zero(n)) {}
  Index size() const { return bias.size(); }

  Row<S> energy(const Batch<S>& s) const { return -bias.transpose() * s; }
  // Γ(x) = Σᵢ log(2 cosh(bᵢ + xᵢ))
  Row<S> log_partition(const Batch<S>& x) const {
    const Matrix<S> y = x.colwise() + bias;
    return (y + softplus(S(-2) * y)).colwise().sum();
  }
  // E[s | x] = tanh(b + x)
  void mean(const Batch<S>& x, Matrix<S>& s) const { s = (x.colwise() + bias).array().tanh(); }
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& s) const {
    s = S(2) * rng.bernoulli(sigmoid(S(2) * (x.colwise() + bias))).array() - S(1);
  }
};
static_assert(UnitLayer<Spin<float>>);

// Each column is a 4 × 4 picture with some of its rows, or some of its columns, all +1.
Matrix<float> bars() {
  Matrix<float> pictures(16, 32);
  for (int k = 0; k < 16; ++k)
    for (int pixel = 0; pixel < 16; ++pixel) {
      pictures(pixel, k) = (k >> pixel / 4) & 1 ? 1.f : -1.f;
      pictures(pixel, 16 + k) = (k >> pixel % 4) & 1 ? 1.f : -1.f;
    }
  return pictures;
}

void learn(const char* name, const auto& trainer) {
  const Matrix<float> data = bars();
  Random rng(1);
  RBM<Spin<float>, Bernoulli<float>> rbm(16, 12);
  initialise(rbm, data, rng);
  std::cout << name << mean_log_likelihood(rbm, data);
  train(rbm, data, trainer, SGD{.learning_rate = linear(0.02, 0, 6000)},
        {.epochs = 6000, .batch_size = 32}, rng);
  std::cout << " -> " << mean_log_likelihood(rbm, data) << "\n";
}

int main() {
  std::cout << "4 x 4 bars under 12 hidden units, nats per case; at best " << -108.13096 / 32
            << "\n";
  learn("CD-1   ", ContrastiveDivergence{.steps = 1});
  learn("PCD-5  ", PersistentContrastiveDivergence{.steps = 5});
}
