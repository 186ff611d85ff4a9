// SPDX-License-Identifier: MIT
#include "strata/core/random.hpp"

#include <doctest/doctest.h>

#include <bit>

#include "core/statistics.hpp"
#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

struct Answer {
  std::array<std::uint32_t, 4> counter, key, result;
};

/// One block of Threefry-4x32-20, word by word as in the paper.
std::array<std::uint32_t, 4> threefry(const std::array<std::uint32_t, 4>& key,
                                      std::array<std::uint32_t, 4> x) {
  constexpr int rotation[8][2] = {{10, 26}, {11, 21}, {13, 27}, {23, 5},
                                  {6, 20},  {17, 11}, {25, 10}, {18, 20}};
  const std::uint32_t k[5] = {key[0], key[1], key[2], key[3],
                              0x1BD11BDAu ^ key[0] ^ key[1] ^ key[2] ^ key[3]};
  for (std::size_t w = 0; w < 4; ++w) x[w] += k[w];
  for (std::uint32_t round = 0; round < 20; ++round) {
    x[0] += x[1];
    x[1] = std::rotl(x[1], rotation[round % 8][0]) ^ x[0];
    x[2] += x[3];
    x[3] = std::rotl(x[3], rotation[round % 8][1]) ^ x[2];
    std::swap(x[1], x[3]);
    if (round % 4 == 3) {
      const std::uint32_t n = round / 4 + 1;
      for (std::size_t w = 0; w < 4; ++w) x[w] += k[(n + w) % 5];
      x[3] += n;
    }
  }
  return x;
}

std::array<std::uint32_t, 4> block_of(std::uint64_t key, std::uint64_t counter) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  return threefry({low(key), low(key >> 32), 0, 0}, {low(counter), low(counter >> 32), 0, 0});
}

}  // namespace

TEST_CASE("Threefry-4x32-20 gives its authors' known answers") {
  constexpr std::uint32_t ones = 0xffffffff;
  const Answer answers[] = {
      {{0, 0, 0, 0}, {0, 0, 0, 0}, {0x9c6ca96a, 0xe17eae66, 0xfc10ecd4, 0x5256a7d8}},
      {{ones, ones, ones, ones},
       {ones, ones, ones, ones},
       {0x2a881696, 0x57012287, 0xf6c7446e, 0xa16a6732}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89},
       {0x59cd1dbb, 0xb8879579, 0x86b5d00c, 0xac8b6d84}}};
  for (const auto& [counter, key, result] : answers) {
    CHECK(threefry(key, counter) == result);
    for (std::size_t lane = 0; lane < Threefry::lanes; ++lane) {
      Threefry::Words x{};
      for (std::size_t w = 0; w < 4; ++w) x[Threefry::lanes * w + lane] = counter[w];
      Threefry::encrypt(key, x);
      for (std::size_t w = 0; w < 4; ++w) CHECK(x[Threefry::lanes * w + lane] == result[w]);
    }
  }
}

TEST_CASE("sixteen blocks are sixteen successive counters, also where the low word ends") {
  for (const std::uint64_t counter : {0ull, 77ull, 0xfffffff8ull, 0xfffffffffffffff8ull})
    for (const std::uint64_t key : {0ull, 1ull, 0x123456789abcdef0ull}) {
      const auto x = Threefry::blocks(key, counter);
      for (std::size_t lane = 0; lane < Threefry::lanes; ++lane)
        for (std::size_t w = 0; w < 4; ++w)
          CHECK(x[Threefry::lanes * w + lane] == block_of(key, counter + lane)[w]);
    }
}

TEST_CASE("uniform numbers are the words' upper bits") {
  Random rng(9), same(9);
  const Matrix<float> u = rng.uniform<float>(64, 2);
  const Matrix<double> d = same.uniform<double>(32, 2);
  for (Index j = 0; j < 2; ++j) {
    const auto x = Threefry::blocks(9, static_cast<std::uint64_t>(j) * Threefry::lanes);
    for (std::size_t i = 0; i < 64; ++i)
      CHECK(u(static_cast<Index>(i), j) == std::ldexp(static_cast<float>(x[i] >> 8), -24));
    for (std::size_t i = 0; i < 32; ++i)
      CHECK(d(static_cast<Index>(i), j) ==
            std::ldexp(static_cast<double>(((std::uint64_t{x[i]} << 32) | x[32 + i]) >> 11), -53));
  }
}

TEST_CASE_TEMPLATE("a seed gives the same bits at any number of threads", S, float, double) {
  for (const Index n : {1, 2, 63, 64, 65, 4095, 4096, 4097, 10'001, 100'000}) {
    const auto draw = [n](int count) {
      const ThreadCount set(count);
      Random rng(5);
      const Matrix<S> u = rng.uniform<S>(n, 1), z = rng.normal<S>(n, 1), b = rng.bernoulli<S>(u);
      return std::tuple(u, z, b, rng.counter());
    };
    const auto one = draw(1);
    CHECK(draw(2) == one);
    CHECK(draw(3) == one);
  }
}

TEST_CASE_TEMPLATE("a fill goes on where the last one stopped", S, float, double) {
  Random once(3), twice(3);
  const Matrix<S> all = once.uniform<S>(64, 200);
  for (const Index columns : {1, 7, 192}) {
    const Matrix<S> some = twice.uniform<S>(64, columns);
    CHECK(some == all.middleCols(columns == 1 ? 0 : columns == 7 ? 1 : 8, columns));
  }
  CHECK(once.counter() == twice.counter());
  // A fill that ends within a block of numbers leaves the rest of it unused.
  Random odd(3);
  CHECK(odd.uniform<S>(5, 1) == all.col(0).head(5));
  CHECK(odd.uniform<S>(64, 1)(0) == all(sizeof(S) > 4 ? 32 : 64));
}

TEST_CASE("an empty fill takes nothing from the stream") {
  Random rng(1);
  CHECK(rng.uniform<float>(0, 3).size() == 0);
  CHECK(rng.normal<double>(4, 0).size() == 0);
  CHECK(rng.counter() == 0);
}

TEST_CASE_TEMPLATE("uniform numbers are uniform in [0, 1)", S, float, double) {
  Random rng(11);
  const Matrix<double> u = rng.uniform<S>(1000, 1000).template cast<double>();
  CHECK(u.minCoeff() >= 0);
  CHECK(u.maxCoeff() < 1);
  std::vector<double> counts(64);
  for (const double x : u.reshaped()) ++counts[static_cast<std::size_t>(64 * x)];
  CHECK(std::abs(chi_square_z(counts)) < 5);
  CHECK(std::abs(mean_z(u.array() - 0.5)) < 5);
  CHECK(std::abs(mean_z((u.array() - 0.5).square() - 1.0 / 12)) < 5);
}

TEST_CASE_TEMPLATE("normal numbers have the normal distribution and its moments", S, float,
                   double) {
  Random rng(12);
  const Eigen::ArrayXXd z = rng.normal<S>(1000, 1000).template cast<double>();
  std::vector<double> counts(50);
  for (const double x : z.reshaped())
    ++counts[static_cast<std::size_t>(50 * 0.5 * std::erfc(-x / std::numbers::sqrt2))];
  CHECK(std::abs(chi_square_z(counts)) < 5);
  CHECK(std::abs(mean_z(z)) < 5);
  CHECK(std::abs(mean_z(z.square() - 1)) < 5);
  CHECK(std::abs(mean_z(z.cube())) < 5);
  CHECK(std::abs(mean_z(z.square().square() - 3)) < 5);
}

TEST_CASE_TEMPLATE("numbers near and far from each other are not correlated", S, float, double) {
  Random rng(13), other(14);
  const Matrix<double> u = rng.uniform<S>(1'000'000, 1).template cast<double>().array() - 0.5;
  for (const Index lag : {1, 2, 15, 16, 31, 32, 33, 64, 4096})
    CHECK(std::abs(mean_z(u.bottomRows(u.size() - lag).cwiseProduct(u.topRows(u.size() - lag)))) <
          5);
  const Matrix<double> next = rng.uniform<S>(1'000'000, 1).template cast<double>().array() - 0.5;
  CHECK(std::abs(mean_z(u.cwiseProduct(next))) < 5);
  const Matrix<double> foreign =
      other.uniform<S>(1'000'000, 1).template cast<double>().array() - 0.5;
  CHECK(std::abs(mean_z(u.cwiseProduct(foreign))) < 5);

  const Matrix<double> z = rng.normal<S>(1'000'000, 1).template cast<double>();
  const Matrix<double> square = z.array().square() - 1;
  for (const Index lag : {1, 16, 32, 64}) {  // Box and Muller's pairs are 16 or 32 apart
    const Index n = z.size() - lag;
    CHECK(std::abs(mean_z(z.bottomRows(n).cwiseProduct(z.topRows(n)))) < 5);
    CHECK(std::abs(mean_z(square.bottomRows(n).cwiseProduct(square.topRows(n)))) < 5);
  }
}

TEST_CASE_TEMPLATE("Bernoulli numbers are ones as often as they should", S, float, double) {
  Random rng(15);
  for (const double p : {0.0, 1e-3, 0.3, 0.5, 0.999, 1.0}) {
    const Matrix<double> s = rng.bernoulli<S>(Matrix<S>::Constant(1000, 1000, static_cast<S>(p)))
                                 .template cast<double>();
    CHECK((s.array() == 0 || s.array() == 1).all());
    if (p == 0 || p == 1)
      CHECK((s.array() == p).all());
    else
      CHECK(std::abs(mean_z(s.array() - p)) < 5);
  }
}

TEST_CASE("below(n) is uniform on 0..n-1") {
  Random rng(16);
  std::vector<double> counts(7);
  for (int i = 0; i < 70'000; ++i) ++counts.at(static_cast<std::size_t>(rng.below(7)));
  CHECK(std::abs(chi_square_z(counts)) < 5);
  for (int i = 0; i < 10; ++i) CHECK(rng.below(1) == 0);
  const Index large = Index{1} << 60;
  for (int i = 0; i < 100; ++i) CHECK(rng.below(large) < large);
}
