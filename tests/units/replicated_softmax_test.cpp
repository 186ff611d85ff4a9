// SPDX-License-Identifier: MIT
#include "strata/units/replicated_softmax.hpp"

#include <doctest/doctest.h>

#include "strata/rbm/gibbs.hpp"
#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using Words = ReplicatedSoftmax<double>;

Words words_of_lengths(const Row<double>& lengths, Index words, Random& rng) {
  auto units = random_units(Words(words), rng);
  units.lengths = lengths;
  return units;
}

}  // namespace

TEST_CASE("replicated softmax units of one length obey the laws of units") {
  Random rng(1);
  for (const auto& [words, length] : {std::pair{1, 3}, {4, 1}, {3, 4}, {2, 9}}) {
    const std::string kind = text(words, " words, length ", length);
    CAPTURE(kind);
    check_laws(random_units(Words(words, length), rng), rng);
  }
}

TEST_CASE("replicated softmax units in single precision are those in double") {
  Random rng(2);
  check_single_precision(ReplicatedSoftmax<float>(4, 3), Words(4, 3), rng);
}

TEST_CASE("documents of one word are softmax units") {
  Random rng(3);
  Softmax<double> one(5);
  const Words units = random_units(Words(5), rng);
  one.bias = units.bias;
  const Matrix<double> x = 2 * rng.normal<double>(5, 30), s = one.states(0, 5);
  CHECK(distance(units.energy(s), one.energy(s)) < 1e-15);
  CHECK(distance(units.log_partition(x), one.log_partition(x)) < 1e-14);
  CHECK(distance(mean(units, x), mean(one, x)) < 1e-15);
}

TEST_CASE("each column has a length of its own; some are empty") {
  Random rng(4);
  const Row<double> lengths{{0, 7, 1, 0, 200}};
  const Words units = words_of_lengths(lengths, 4, rng);
  const Matrix<double> x = rng.normal<double>(4, 5), y = mean(units, x), s = sample(units, x, rng);
  const Row<double> gamma = units.log_partition(x);
  CHECK(s.colwise().sum() == lengths);
  CHECK(distance(y.colwise().sum(), lengths) < 1e-13 * 200);
  Matrix<double> g = Matrix<double>::Ones(4, 5);
  units.mean_gradient(x, y, g);  // inputs that all rise by the same change nothing
  CHECK(distance(g, Matrix<double>::Zero(4, 5)) < 1e-12);
  for (Index j = 0; j < 5; ++j) {
    Words alone = units;
    alone.lengths = lengths.segment(j, 1);
    CHECK(gamma(j) == near(alone.log_partition(x.col(j))(0), 1e-15));
    CHECK(distance(y.col(j), mean(alone, x.col(j))) < 1e-13);
    CHECK(units.energy(s)(j) == near(alone.energy(s.col(j))(0), 1e-15));
  }
  CHECK(gamma(0) == 0);
  CHECK(units.energy(s)(0) == 0);
  CHECK(message_of([&] { units.log_partition(x.leftCols(3)); }) ==
        "ReplicatedSoftmax: x has 3 columns, but the units have 5 lengths");
  CHECK(message_of([&] { units.count(); }) ==
        "ReplicatedSoftmax: lengths has 5 values, but states are counted for 1");
}

TEST_CASE("units like documents have their lengths, and the rest as it was") {
  Random rng(5);
  const Words units = random_units(Words(3, 9), rng);
  const Matrix<double> s{{1, 0, 4}, {0, 0, 2}, {3, 0, 0}};
  const Words other = like(units, s);
  CHECK(other.lengths == Row<double>{{4, 0, 6}});
  CHECK(other.bias == units.bias);
  CHECK(like(units, States<double>(s)).lengths == other.lengths);
  CHECK(like(other, Matrix<double>(s.leftCols(1))).lengths == Row<double>{{4}});
}

TEST_CASE("Gibbs sampling leaves each document its number of words") {
  Random rng(6);
  const auto m = random_rbm(Words(4), B(3), rng);
  const Matrix<double> v{{2, 0, 40, 1}, {0, 0, 2, 0}, {1, 0, 7, 0}, {0, 0, 0, 0}};
  const Matrix<double> after = gibbs(m, v, 3, rng);
  CHECK(after.colwise().sum() == v.colwise().sum());
  CHECK(after != v);
}

TEST_CASE("the energy counts the orders in which the words may stand") {
  Words units(3, 4);
  units.bias << 0.5, -1, 2;
  const Matrix<double> s{{2, 4, 0}, {1, 0, 0}, {1, 0, 4}};
  CHECK(distance(units.energy(s), Row<double>{{-2 - std::log(12.0), -2, -8}}) < 1e-14);
}

// E(v, h) − D aᵀh, as the paper writes it, against a added to each row of W.
TEST_CASE("hidden biases times D are weights that all words share") {
  Random rng(7);
  const auto m = random_rbm(Words(4, 3), B(2), rng);
  const Vector<double> a{{0.7, -1.1}};
  auto scaled = m;
  scaled.weights.colwise() += a;
  const Matrix<double> v{{3, 1, 0}, {0, 1, 2}, {0, 0, 0}, {2, 1, 0}}, h = all_states(2).leftCols(3);
  const Row<double> words = v.colwise().sum(), bias = a.transpose() * h;
  CHECK(distance(energy(scaled, v, h), energy(m, v, h) - words.cwiseProduct(bias)) < 1e-13);
}

TEST_CASE("a long document of many words has each word as often as it is likely") {
  Random rng(8);
  Words units = random_units(Words(2000, 100), rng);
  const Vector<double> x = rng.normal<double>(2000, 1);
  const Matrix<double> s = sample(units, x.replicate(1, 2000), rng);
  CHECK(s.colwise().sum() == Row<double>::Constant(2000, 100));
  const Vector<double> p = mean(units, x) / 100;
  Matrix<double> coarse(8, s.cols());
  Vector<double> expected(8);
  for (Index k = 0; k < 4; ++k) {  // counts in four parts: multinomial, with their squares
    const double q = p.segment(500 * k, 500).sum();
    coarse.row(k) = s.middleRows(500 * k, 500).colwise().sum();
    coarse.row(4 + k) = coarse.row(k).cwiseAbs2();
    expected(k) = 100 * q;
    expected(4 + k) = 100 * q * (1 - q) + 1e4 * q * q;
  }
  CHECK(largest_z(coarse, expected) < 5);
  // χ² of the 200,000 words, its expectation and deviation in units of 2,000 degrees of freedom
  const Vector<double> surplus = s.rowwise().sum() - 2e5 * p;
  const double chi_squared = (surplus.array().square() / (2e5 * p.array())).mean();
  CHECK(std::abs(chi_squared - 1) < 5 * std::sqrt(2.0 / 2000));
}

TEST_CASE("samples of documents are the same bits at any number of threads") {
  const auto draw = [](int n) {
    const ThreadCount count(n);
    Random rng(9);
    ReplicatedSoftmax<float> units(50);
    units.lengths =
        rng.uniform<float>(1, 300).unaryExpr([](float u) { return std::floor(90 * u); });
    return sample(units, rng.normal<float>(50, 300), rng);
  };
  CHECK(draw(1) == draw(3));
}

TEST_CASE("inputs of any size leave replicated softmax units finite") {
  const ReplicatedSoftmax<float> units(3, 4);
  const Matrix<float> x{{1e4F, -1e4F}, {0, -1e4F}, {-1e4F, 1e4F}};
  CHECK(mean(units, x) == Matrix<float>{{4, 0}, {0, 0}, {0, 4}});
  CHECK(units.log_partition(x) == Matrix<float>{{4e4F, 4e4F}});
  Random rng(10);
  CHECK(sample(units, x, rng) == Matrix<float>{{4, 0}, {0, 0}, {0, 4}});
}

TEST_CASE("fitted biases are the logarithms of the words' frequencies") {
  Words units(3, 5);
  units.fit(Matrix<double>{{3, 4, 5}, {2, 1, 0}, {0, 0, 0}});
  CHECK(units.bias(0) - units.bias(1) == near(std::log(4.0)));
  CHECK(units.bias(1) - units.bias(2) == near(std::log(8.0)));  // half a word of four documents
}

TEST_CASE("states of documents are the ways to share out their words") {
  CHECK(Words(3, 4).count() == 15);
  CHECK(Words(5, 0).count() == 1);
  CHECK(Words(2000, 100).count() == near(std::exp(log_binomial(2099, 100)), 1e-9));
  CHECK(Words(3, 2).states(0, 6) ==
        Matrix<double>{{0, 0, 0, 1, 1, 2}, {0, 1, 2, 0, 1, 0}, {2, 1, 0, 1, 0, 0}});
  CHECK(block(Words(3, 2), 1) == Rows{0, 3});
  CHECK(kind_name(Words(3, 2)) == "replicated softmax");
  CHECK(describe(support<Words>()) == "values in [0, inf]");
  CHECK(message_of([] { Words(3, -1); }) ==
        "ReplicatedSoftmax: length has -1, but at least 0 is needed");
}
