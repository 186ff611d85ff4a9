// SPDX-License-Identifier: MIT
// Usage:  own_units
// Output: a kind of unit that strata does not have, as the visible layer of an RBM: its exact
//         log-likelihood before and after training on 4 × 4 bars, by two trainers.
#include <iostream>
#include <strata/strata.hpp>
using namespace strata;

// Counts s ∈ {0, 1, …} with energy E(s) = −bᵀs + Σ log sᵢ!. Below is all that an RBM wants to know.
template <std::floating_point S>
struct Poisson {
  using Scalar = S;
  static constexpr std::string_view name = "Poisson";
  static constexpr Interval support{0, HUGE_VAL};
  static constexpr Growth growth = Growth::faster;  // than x²: hidden units have to be bounded
  Vector<S> bias;                                   // b, n

  Poisson() = default;
  explicit Poisson(Index n) : bias(Vector<S>::Zero(n)) {}
  Index size() const { return bias.size(); }

  Row<S> energy(const Batch<S>& s) const {
    const Matrix<S> orders = s.unaryExpr([](S n) { return S(log_factorial(n)); });
    return orders.colwise().sum() - bias.transpose() * s;
  }
  // Γ(x) = Σᵢ e^{bᵢ + xᵢ}
  Row<S> log_partition(const Batch<S>& x) const {
    return (x.colwise() + bias).array().exp().colwise().sum();
  }
  // E[s | x] = e^{b + x}
  void mean(const Batch<S>& x, Matrix<S>& s) const { s = (x.colwise() + bias).array().exp(); }
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& s) const {
    const Matrix<S> u = rng.uniform<S>(x.rows(), x.cols());
    mean(x, s);
    for (Index i = 0; i < s.size();
         ++i) {  // the first count whose cumulative probability exceeds u
      const S rate = s(i);
      S p = std::exp(-rate);
      s(i) = 0;
      for (S sum = p; sum <= u(i) && s(i) < 200; sum += p) p *= rate / ++s(i);
    }
  }
};
static_assert(UnitLayer<Poisson<float>>);

// What 4 × 4 detectors count on average, 4 where some rows, or some columns, are lit, ½ elsewhere.
Matrix<float> log_rates() {
  Matrix<float> pictures(16, 32);
  for (int k = 0; k < 16; ++k)
    for (int pixel = 0; pixel < 16; ++pixel) {
      pictures(pixel, k) = std::log((k >> pixel / 4) & 1 ? 4.f : 0.5f);
      pictures(pixel, 16 + k) = std::log((k >> pixel % 4) & 1 ? 4.f : 0.5f);
    }
  return pictures;
}

void learn(const char* name, const auto& trainer, const Matrix<float>& data) {
  Random rng(1);
  RBM<Poisson<float>, Bernoulli<float>> rbm(16, 12);
  initialise(rbm, data, rng);
  std::cout << name << mean_log_likelihood(rbm, data);
  train(rbm, data, trainer, SGD{.learning_rate = linear(0.01, 0, 300)},
        {.epochs = 300, .batch_size = 32}, rng);
  std::cout << " -> " << mean_log_likelihood(rbm, data) << "\n";
}

int main() {
  const Poisson<float> counts(16);
  const Matrix<float> x = log_rates();
  Random rng(2);
  const Matrix<float> data = sample(counts, x.replicate(1, 50), rng);
  Row<double> best =
      -counts.energy(data).cast<double>().array() - std::log(32.0);  // log (Σₖ p(s | xₖ) / 32)
  for (Index j = 0; j < data.cols(); ++j)
    best(j) += log_sum_exp(data.col(j).transpose() * x - counts.log_partition(x));
  std::cout << "counts of 4 x 4 bars under 12 hidden units, nats per case; as they were made "
            << best.mean() << "\n";
  learn("CD-1   ", ContrastiveDivergence{.steps = 1}, data);
  learn("PCD-5  ", PersistentContrastiveDivergence{.steps = 5}, data);
}
