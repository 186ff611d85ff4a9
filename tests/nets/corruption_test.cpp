// SPDX-License-Identifier: MIT
#include "strata/nets/corruption.hpp"

#include "fixtures.hpp"
#include "strata/optim/penalties.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

template <class... Plugins>
Matrix<double> changed(const States<double>& x, std::uint64_t seed, const Plugins&... plugins) {
  Random rng(seed);
  States<double> out;
  REQUIRE(corrupted(x, out, rng, plugins...));
  CHECK(!out.is_binary());
  return out.numbers();
}

/// Numbers that are all different, none of them 0 or 1.
Matrix<double> different() { return Vector<double>::LinSpaced(30'000, 2, 3).reshaped(100, 300); }

/// |z| of how often something is, given how often it should be.
double z_of(const Eigen::Array<bool, -1, -1>& is, double probability) {
  const Row<double> draws = is.cast<double>().reshaped().transpose();
  return largest_z(draws, Vector<double>{{probability}});
}

}  // namespace

TEST_CASE("masking makes each entry 0 with its probability, and no other") {
  const Matrix<double> x = different(), y = changed(x, 1, Masking{.probability = 0.3});
  CHECK(((y.array() == 0) || (y.array() == x.array())).all());
  CHECK(z_of(y.array() == 0, 0.3) < 5);
  // By itself: both of two neighbours, in a column or a row, with the square.
  CHECK(z_of(y.topRows(99).array() == 0 && y.bottomRows(99).array() == 0, 0.09) < 5);
  CHECK(z_of(y.leftCols(299).array() == 0 && y.rightCols(299).array() == 0, 0.09) < 5);
}

TEST_CASE("salt and pepper makes as many entries 0 as 1") {
  const Matrix<double> x = different(), y = changed(x, 2, SaltAndPepper{.probability = 0.4});
  CHECK(((y.array() == 0) || (y.array() == 1) || (y.array() == x.array())).all());
  CHECK(z_of(y.array() == 0, 0.2) < 5);
  CHECK(z_of(y.array() == 1, 0.2) < 5);
}

TEST_CASE("Gaussian noise is normal with its deviation, and added") {
  const Matrix<double> x = different(), y = changed(x, 3, GaussianNoise{.deviation = 0.5});
  const Row<double> z = 2 * (y - x).reshaped().transpose();
  Matrix<double> moments(4, z.size());
  moments << z, z.array().square(), z.array().cube(), z.array().pow(4);
  CHECK(largest_z(moments, Vector<double>{{0, 1, 0, 3}}) < 5);
}

TEST_CASE("noise of probability or deviation 0 changes nothing, of probability 1 all") {
  const Matrix<double> x = different();
  CHECK(changed(x, 1, Masking{.probability = 0}) == x);
  CHECK(changed(x, 1, SaltAndPepper{.probability = 0}) == x);
  CHECK(changed(x, 1, GaussianNoise{.deviation = 0}) == x);
  CHECK(changed(x, 1, Masking{.probability = 1}).isZero(0));
  const Matrix<double> y = changed(x, 1, SaltAndPepper{.probability = 1});
  CHECK(((y.array() == 0) || (y.array() == 1)).all());
  CHECK(z_of(y.array() == 1, 0.5) < 5);
}

TEST_CASE("the same seed gives the same noise, at any number of threads, the next draw another") {
  const Matrix<double> x = different();
  const SaltAndPepper noise;
  const Matrix<double> once = changed(x, 4, noise);
  CHECK(changed(x, 4, noise) == once);
  CHECK(changed(x, 5, noise) != once);
  {
    const ThreadCount three(3);
    CHECK(changed(x, 4, noise) == once);
  }
  Random rng(4);
  States<double> first, second;
  corrupted(States<double>(x), first, rng, noise);
  corrupted(States<double>(x), second, rng, noise);
  CHECK(first.numbers() == once);
  CHECK(second.numbers() != once);
}

TEST_CASE("several corruptions act in their order, with what is none among them") {
  const Matrix<double> x = different();
  const Masking all{.probability = 1};
  const GaussianNoise noise{.deviation = 0.5};
  const WeightDecay decay{.l2 = 1};
  CHECK(changed(x, 6, decay, noise, all).isZero(0));
  const Matrix<double> noise_last = changed(x, 6, all, decay, noise);
  CHECK((noise_last.array() != 0).all());

  Random rng(6);  // that of the second comes after that of the first
  Matrix<double> by_hand = x;
  all.corrupt(by_hand, rng);
  noise.corrupt(by_hand, rng);
  CHECK(noise_last == by_hand);
}

TEST_CASE("bits are corrupted as the numbers that they are, and stay as they were") {
  Random rng(7);
  const Matrix<double> x = random_states<double>(70, 30, rng);
  const States<double> bits = BinaryStates(x);
  CHECK(changed(bits, 8, Masking{}) == changed(x, 8, Masking{}));
  CHECK(changed(bits, 8, GaussianNoise{}) == changed(x, 8, GaussianNoise{}));
  CHECK(bits.matrix() == x);
}

TEST_CASE("without a corruption nothing is drawn or written") {
  Random rng(9);
  States<double> out = constant(1, 2, 5);
  CHECK(!corrupted(States<double>(constant(3, 3, 1)), out, rng));
  CHECK(!corrupted(States<double>(constant(3, 3, 1)), out, rng, WeightDecay{}, Sparsity{}));
  CHECK(out.numbers() == constant(1, 2, 5));
  CHECK(rng.counter() == 0);
  static_assert(Corrupts<Masking, float> && !Corrupts<WeightDecay, float>);
}

TEST_CASE("probabilities and deviations have to be such") {
  const auto error = [](const auto& noise) { return message_of([&] { noise.check_options(); }); };
  CHECK(error(Masking{.probability = 1}) == "no exception");
  CHECK(error(Masking{.probability = -0.1}) ==
        "Masking: probability has -0.1, but a value in [0, 1] is needed");
  CHECK(error(SaltAndPepper{.probability = 1.5}) ==
        "SaltAndPepper: probability has 1.5, but a value in [0, 1] is needed");
  CHECK(error(SaltAndPepper{.probability = std::nan("")}) ==
        "SaltAndPepper: probability has nan, but a value in [0, 1] is needed");
  CHECK(error(GaussianNoise{.deviation = 0}) == "no exception");
  CHECK(error(GaussianNoise{.deviation = -1}) ==
        "GaussianNoise: deviation has -1, but at least 0 is needed");
}
