// SPDX-License-Identifier: MIT
// Random numbers by counting: Philox4x32-10, "Parallel random numbers: as easy as 1, 2, 3"
// (Salmon, Moraes, Dror and Shaw 2011). Number i of a stream is a function of the seed and i alone,
// so fills run in vectors and threads, and give the same bits however they are cut.
#pragma once

#include <array>
#include <cstdint>
#include <numbers>
#include <utility>

#include "strata/core/parallel.hpp"
#include "strata/core/types.hpp"

namespace strata {

/// Sixteen Philox blocks side by side, enough lanes for the widest vector registers.
struct Philox {
  static constexpr int lanes = 16;
  static constexpr int words = 4 * lanes;
  using Words = std::array<std::uint32_t, words>;

  /// Word w of the block at counter + l is element 16 w + l of the result.
  static Words blocks(std::uint64_t key, std::uint64_t counter) {
    Words x{};
    for (unsigned l = 0; l < lanes; ++l) {
      x[l] = static_cast<std::uint32_t>(counter + l);
      x[lanes + l] = static_cast<std::uint32_t>((counter + l) >> 32);
    }
    return rounds(key, x);
  }

  /// Ten rounds on each lane. Multipliers and Weyl constants are those of the paper.
  static Words rounds(std::uint64_t key, Words x) {
    auto k0 = static_cast<std::uint32_t>(key);
    auto k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
      for (std::size_t l = 0; l < lanes; ++l) {
        const std::uint64_t p = std::uint64_t{0xD2511F53u} * x[l];
        const std::uint64_t q = std::uint64_t{0xCD9E8D57u} * x[2 * lanes + l];
        const std::uint32_t x1 = x[lanes + l], x3 = x[3 * lanes + l];
        x[l] = static_cast<std::uint32_t>(q >> 32) ^ x1 ^ k0;
        x[lanes + l] = static_cast<std::uint32_t>(q);
        x[2 * lanes + l] = static_cast<std::uint32_t>(p >> 32) ^ x3 ^ k1;
        x[3 * lanes + l] = static_cast<std::uint32_t>(p);
      }
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    return x;
  }
};

/// A stream of random numbers. Every fill goes on where the last one stopped.
class Random {
 public:
  explicit Random(std::uint64_t seed = 0) : seed_(seed) {}

  /// Fills 0..n-1 with uniform numbers in [0, 1), multiples of 2⁻²⁴ (float) or 2⁻⁵³ (double), and
  /// hands them on while they are in registers: f(piece, begin, count) is called, perhaps from several
  /// threads, with an array of which the first `count` numbers are those from `begin` on.
  template <class S, class F>
  void for_each_uniform(Index n, F&& f) {
    constexpr Index grain = 64 * Philox::words;  // 4096 words: cheap to start, fits the first cache
    constexpr Index per_block = Philox::words / words_per<S>;
    const std::uint64_t first = counter_;
    parallel_pieces(n, grain, [&](Index begin, Index count) {
      std::array<S, per_block> piece;
      for (Index i = begin; i < begin + count; i += per_block) {
        const auto block = static_cast<std::uint64_t>(i / per_block);
        to_uniform(Philox::blocks(seed_, first + block * Philox::lanes), piece);
        f(std::as_const(piece), i, std::min(per_block, begin + count - i));
      }
    });
    counter_ += static_cast<std::uint64_t>((n + per_block - 1) / per_block) * Philox::lanes;
  }

  /// Independent, uniform in [0, 1).
  template <class S>
  Matrix<S> uniform(Index rows, Index cols) {
    Matrix<S> u(rows, cols);
    for_each_uniform<S>(u.size(), [&](const auto& piece, Index begin, Index count) {
      std::copy_n(piece.data(), count, u.data() + begin);
    });
    return u;
  }

  /// Independent standard normal numbers, by Box and Muller.
  template <class S>
  Matrix<S> normal(Index rows, Index cols) {
    Matrix<S> z(rows, cols);
    using Half = Eigen::Array<S, Philox::words / words_per<S> / 2, 1>;
    constexpr Index half = Half::SizeAtCompileTime;
    for_each_uniform<S>(z.size(), [&](const auto& piece, Index begin, Index count) {
      const Eigen::Map<const Half> u(piece.data()), v(piece.data() + half);
      const Half radius = (S(-2) * (S(1) - u).log()).sqrt();  // 1 − u is never 0
      const Half angle = S(2 * std::numbers::pi) * v;
      Eigen::Array<S, 2 * half, 1> both;
      both << radius * angle.cos(), radius * angle.sin();
      std::copy_n(both.data(), count, z.data() + begin);
    });
    return z;
  }

  /// Ones with the given probabilities, else zeros.
  template <class S>
  Matrix<S> bernoulli(const Matrix<S>& probability) {
    Matrix<S> s(probability.rows(), probability.cols());
    for_each_uniform<S>(s.size(), [&](const auto& u, Index begin, Index count) {
      const S* p = probability.data() + begin;
      S* state = s.data() + begin;
      for (Index i = 0; i < count; ++i) state[i] = u[static_cast<std::size_t>(i)] < p[i] ? S(1) : S(0);
    });
    return s;
  }

  /// A whole number in 0..n-1; the bias is below n / 2⁶⁴.
  Index below(Index n) {
    const auto x = Philox::blocks(seed_, counter_);
    counter_ += Philox::lanes;
    const auto word = (std::uint64_t{x[0]} << 32) | x[Philox::lanes];
    return static_cast<Index>(word % static_cast<std::uint64_t>(n));
  }

  std::uint64_t seed() const { return seed_; }
  std::uint64_t counter() const { return counter_; }

 private:
  template <class S>
  static constexpr int words_per = sizeof(S) > 4 ? 2 : 1;

  static void to_uniform(const Philox::Words& x, std::array<float, Philox::words>& u) {
    for (std::size_t i = 0; i < u.size(); ++i)
      u[i] = static_cast<float>(static_cast<std::int32_t>(x[i] >> 8)) * 0x1p-24f;
  }
  static void to_uniform(const Philox::Words& x, std::array<double, Philox::words / 2>& u) {
    for (std::size_t i = 0; i < u.size(); ++i) {
      const std::uint64_t word = (std::uint64_t{x[i]} << 32) | x[u.size() + i];
      u[i] = static_cast<double>(static_cast<std::int64_t>(word >> 11)) * 0x1p-53;
    }
  }

  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
};

}  // namespace strata
