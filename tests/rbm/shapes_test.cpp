// SPDX-License-Identifier: MIT
// Models and batches of any shape: none, one, odd, one more or less than the words of bits.
#include <doctest/doctest.h>

#include "fixtures.hpp"
#include "strata/rbm/chains.hpp"
#include "strata/rbm/exact.hpp"
#include "strata/units/noisy_relu.hpp"
#include "strata/units/replicated_softmax.hpp"
#include "strata/units/spin.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

const std::vector<std::pair<Index, Index>> rbm_shapes{
    {0, 0}, {0, 3}, {3, 0}, {1, 1}, {1, 65}, {64, 1}, {63, 64}, {65, 127}, {1000, 33}};

/// Σᵢ log(1 + e^{zᵢ}), one after the other.
double plain_softplus_sum(const Vector<double>& z) {
  double sum = 0;
  for (const double x : z) sum += std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
  return sum;
}

/// Columns of a batch are independent, and so are units of most kinds: whatever the units give for a
/// batch they give for each column alone.
template <UnitLayer U>
void check_batches(const U& units, Random& rng) {
  for (const Index cols : {0, 1, 2, 17, 65}) {
    const Matrix<double> x = rng.normal<double>(units.size(), cols);
    const Matrix<double> y = mean(units, x), s = sample(units, x, rng);
    const Row<double> gamma = units.log_partition(x), e = energy(units, s);
    CHECK(y.rows() == units.size());
    CHECK(y.cols() == cols);
    CHECK(s.rows() == units.size());
    CHECK(s.cols() == cols);
    CHECK(gamma.cols() == cols);
    CHECK(e.cols() == cols);
    CHECK_NOTHROW(check_values("test", "samples", s, support<U>()));
    for (Index j = 0; j < cols; ++j) {
      CHECK(distance(mean(units, Matrix<double>(x.col(j))), y.col(j)) < 1e-12);
      CHECK(units.log_partition(x.col(j))(0) == near(gamma(j)));
      CHECK(energy(units, Matrix<double>(s.col(j)))(0) == near(e(j)));
    }
  }
}

}  // namespace

TEST_CASE("RBMs of any shape have the energies of the plain formulas, of numbers and of bits") {
  Random rng(1);
  for (const auto& shape : rbm_shapes)
    for (const Index cols : {0, 1, 2, 65}) {
      const Index n_v = shape.first, n_h = shape.second;
      CAPTURE(n_v);
      CAPTURE(n_h);
      CAPTURE(cols);
      const BB m = random_rbm<B, B>(n_v, n_h, rng);
      const Matrix<double> v = random_states<double>(n_v, cols, rng);
      const Matrix<double> h = random_states<double>(n_h, cols, rng);
      Row<double> f(cols), e(cols);
      for (Index j = 0; j < cols; ++j) {
        const Vector<double> x = m.weights * v.col(j) + m.hidden.bias;
        f(j) = -m.visible.bias.dot(v.col(j)) - plain_softplus_sum(x);
        e(j) = -m.visible.bias.dot(v.col(j)) - h.col(j).dot(x);
      }
      CHECK(distance(free_energy(m, v), f) < 1e-10);
      CHECK(distance(free_energy(m, BinaryStates(v)), f) < 1e-10);
      CHECK(distance(energy(m, v, h), e) < 1e-10);
      CHECK(distance(energy(m, BinaryStates(v), h), e) < 1e-10);
      CHECK(distance(hidden_mean(m, v), hidden_mean(m, BinaryStates(v))) < 1e-12);
      CHECK(distance(visible_mean(m, h), visible_mean(m, BinaryStates(h))) < 1e-12);
      CHECK(sample_hidden(m, v, rng).rows() == n_h);
      CHECK(gibbs(m, v, 2, rng).cols() == cols);
      CHECK(gibbs(m, BinaryStates(v), 0, rng) == v);
      CHECK(sample(m, cols, 1, rng).rows() == n_v);
      CHECK(sample(m, cols, 0, rng).cols() == cols);
    }
}

TEST_CASE("the log Z of a model without units on one side is that of the other side alone") {
  Random rng(2);
  for (const Index n : {0, 1, 3, 12}) {
    const BB no_hidden = random_rbm<B, B>(n, 0, rng), no_visible = random_rbm<B, B>(0, n, rng);
    CHECK(log_partition(no_hidden) == near(plain_softplus_sum(no_hidden.visible.bias)));
    CHECK(log_partition(no_visible) == near(plain_softplus_sum(no_visible.hidden.bias)));
    const GB real = random_rbm<G, B>(n, 0, rng);
    CHECK(log_partition(real) ==
          near(real.visible.log_sigma.sum() +
               0.5 * static_cast<double>(n) * std::log(2 * std::acos(-1.0))));
  }
}

TEST_CASE("units of any number treat the columns of a batch one by one") {
  Random rng(3);
  for (const Index n : {0, 1, 2, 63, 65}) {
    CAPTURE(n);
    check_batches(random_units(B(n), rng), rng);
    check_batches(random_units(G(n), rng), rng);
    check_batches(random_units(Spin<double>(n), rng), rng);
    check_batches(random_units(Binomial<double>(n, 3), rng), rng);
    check_batches(random_units(TruncatedGaussian<double>(n), rng), rng);
    check_batches(random_units(SteppedSigmoid<double>(n), rng), rng);
    check_batches(random_units(NoisyReLU<double>(n), rng), rng);
    check_batches(random_units(S(3, n), rng), rng);
    check_batches(random_units(S(1, n), rng), rng);
    check_batches(random_units(ReplicatedSoftmax<double>(n, n == 0 ? 0 : 4), rng), rng);
    check_batches(random_units(Joint<B, S>(B(n), S(2, 1)), rng), rng);
    check_batches(random_units(Joint<B, S>(B(1), S(2, n)), rng), rng);
  }
  check_batches(S(), rng);
  check_batches(ReplicatedSoftmax<double>(), rng);
}

TEST_CASE("a group of one class is always on") {
  Random rng(4);
  const S one = random_units(S(1, 5), rng);
  const Matrix<double> x = rng.normal<double>(5, 7);
  CHECK(mean(one, x) == Matrix<double>::Ones(5, 7));
  CHECK(sample(one, x, rng) == Matrix<double>::Ones(5, 7));
  CHECK(distance(one.log_partition(x), (x.colwise() + one.bias).colwise().sum()) < 1e-12);
}

TEST_CASE("no chains are chains, and clamp nothing") {
  Random rng(5);
  const BB m = random_rbm<B, B>(5, 3, rng);
  Chains<BB> none(m, 0, rng);
  none.clamp(BinaryStates(5, 1), constant(5, 1, 0));
  none.run(3, rng);
  CHECK(none.visible().cols() == 0);
  CHECK(none.visible_mean().rows() == 5);
  CHECK(message_of([&] { Chains<BB>(m, -1, rng); }) == "noise: n has -1, but at least 0 is needed");
}

TEST_CASE("sizes below 0 are refused") {
  CHECK(message_of([] { B(-1); }) == "Bernoulli: n has -1, but at least 0 is needed");
  CHECK(message_of([] { BB(2, -3); }) == "Bernoulli: n has -3, but at least 0 is needed");
  CHECK(message_of([] { G(-1); }) == "Gaussian: n has -1, but at least 0 is needed");
  CHECK(message_of([] { Spin<double>(-1); }) == "Spin: n has -1, but at least 0 is needed");
  CHECK(message_of([] { S(2, -1); }) == "Softmax: groups has -1, but at least 0 is needed");
  CHECK(message_of([] { Binomial<double>(-1); }) == "Binomial: n has -1, but at least 0 is needed");
  CHECK(message_of([] { ReplicatedSoftmax<double>(-1); }) ==
        "ReplicatedSoftmax: words has -1, but at least 0 is needed");
  CHECK(message_of([] { BinaryStates(-1, 2); }) ==
        "BinaryStates: rows, cols has -1, 2, but at least 0 is needed");
}

TEST_CASE("weights of another shape than the layers are refused, not read past their end") {
  Random rng(6);
  BB m = random_rbm<B, B>(5, 3, rng);
  m.weights.transposeInPlace();
  const std::string needed =
      ": weights has 5 x 3 values, but 3 x 5 (hidden x visible units) are needed";
  const Matrix<double> v = constant(5, 2, 1), h = constant(3, 2, 1);
  CHECK(message_of([&] { free_energy(m, v); }) == "hidden_input" + needed);
  CHECK(message_of([&] { hidden_mean(m, BinaryStates(v)); }) == "hidden_input" + needed);
  CHECK(message_of([&] { visible_mean(m, h); }) == "visible_input" + needed);
  CHECK(message_of([&] { gibbs(m, v, 1, rng); }) == "gibbs" + needed);
  CHECK(message_of([&] { sample(m, 2, 1, rng); }) == "Chains" + needed);
  CHECK(message_of([&] { log_partition(m); }) == "log_partition" + needed);
}

TEST_CASE("documents of words without number are refused") {
  Random rng(7);
  ReplicatedSoftmax<double> units(3);
  const Matrix<double> x = constant(3, 2, 0);
  for (const double wrong : {-1.0, 1e30, HUGE_VAL, std::nan("")}) {
    units.lengths = Row<double>{{4, wrong}};
    CHECK(message_of([&] { sample(units, x, rng); }) ==
          text("ReplicatedSoftmax: column 1 has ", wrong, " words, but 0 to 1e9 can be drawn"));
  }
}
