// SPDX-License-Identifier: MIT
// Random numbers by counting: Threefry-4x32-20, "Parallel random numbers: as easy as 1, 2, 3"
// (Salmon, Moraes, Dror and Shaw 2011). Number i of a stream is a function of the seed and i alone,
// so fills run in vectors and threads, and give the same bits however they are cut. Threefry adds,
// rotates and xors, which compilers turn into vectors as written; the 64-bit products of the
// paper's Philox take them some coaxing.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <utility>

#include "strata/core/binary_states.hpp"
#include "strata/core/parallel.hpp"
#include "strata/core/types.hpp"

namespace strata {

/// Sixteen Threefry blocks side by side, enough lanes for the widest vector registers.
struct Threefry {
  static constexpr std::size_t lanes = 16;
  static constexpr std::size_t words = 4 * lanes;
  using Words = std::array<std::uint32_t, words>;
  using Key = std::array<std::uint32_t, 4>;

  /// Word w of the block at counter + l is element 16 w + l of the result.
  [[gnu::noinline]] static Words blocks(std::uint64_t key, std::uint64_t counter) {
    Words x{};
    for (std::size_t l = 0; l < lanes; ++l) {
      x[l] = static_cast<std::uint32_t>(counter + l);
      x[lanes + l] = static_cast<std::uint32_t>((counter + l) >> 32);
    }
    encrypt({static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32), 0, 0}, x);
    return x;
  }

  /// The twenty rounds on each lane, with the rotations of the paper.
  static void encrypt(const Key& key, Words& x) {
    const std::array<std::uint32_t, 5> k = {key[0], key[1], key[2], key[3],
                                            0x1BD11BDAu ^ key[0] ^ key[1] ^ key[2] ^ key[3]};
    for (std::size_t first = 0; first < lanes; first += vector_bytes / 4) {
      std::array<Vector, 4> v;
      for (std::size_t w = 0; w < 4; ++w) {
        std::memcpy(&v[w], &x[w * lanes + first], vector_bytes);
        v[w] += k[w];
      }
#pragma GCC unroll 5
      for (std::uint32_t round = 0; round < 5; ++round) {
        if (round % 2 == 0)
          four_rounds(v, {10, 26, 11, 21, 13, 27, 23, 5});
        else
          four_rounds(v, {6, 20, 17, 11, 25, 10, 18, 20});
        for (std::size_t w = 0; w < 4; ++w) v[w] += k[(round + 1 + w) % 5];
        v[3] += round + 1;
      }
      for (std::size_t w = 0; w < 4; ++w) std::memcpy(&x[w * lanes + first], &v[w], vector_bytes);
    }
  }

 private:
  // GCC and Clang turn vectors wider than the machine's into several, but not always well.
#ifdef __AVX512F__
  static constexpr std::size_t vector_bytes = 64;
#else
  static constexpr std::size_t vector_bytes = 32;
#endif
  using Vector [[gnu::vector_size(vector_bytes)]] = std::uint32_t;

  static void mix(Vector& a, Vector& b, int rotation) {
    a += b;
    b = ((b << rotation) | (b >> (32 - rotation))) ^ a;
  }
  static void four_rounds(std::array<Vector, 4>& v, const std::array<int, 8>& r) {
    for (std::size_t i = 0; i < 8; i += 4) {
      mix(v[0], v[1], r[i]);
      mix(v[2], v[3], r[i + 1]);
      mix(v[0], v[3], r[i + 2]);
      mix(v[2], v[1], r[i + 3]);
    }
  }
};

/// A stream of random numbers. Every fill goes on where the last one stopped.
class Random {
 public:
  explicit Random(std::uint64_t seed = 0) : seed_(seed) {}

  /// Fills 0..n-1 with uniform numbers in [0, 1), multiples of 2⁻²⁴ (float) or 2⁻⁵³ (double), and
  /// hands them on while they are in registers: f(piece, begin, count) is called, perhaps from
  /// several threads, with an array of which the first `count` numbers are those from `begin` on.
  template <class S, class F>
  void for_each_uniform(Index n, F&& f) {
    constexpr Index grain = 64 * Threefry::words;  // cheap to start, fits the first cache
    constexpr Index per_block = Threefry::words / words_per<S>;
    const std::uint64_t first = counter_;
    parallel_pieces(n, grain, [&](Index begin, Index count) {
      std::array<S, per_block> piece;
      for (Index i = begin; i < begin + count; i += per_block) {
        const auto block = static_cast<std::uint64_t>(i / per_block);
        to_uniform(Threefry::blocks(seed_, first + block * Threefry::lanes), piece);
        f(std::as_const(piece), i, std::min(per_block, begin + count - i));
      }
    });
    counter_ += static_cast<std::uint64_t>((n + per_block - 1) / per_block) * Threefry::lanes;
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
    using Half = Eigen::Array<S, Threefry::words / words_per<S> / 2, 1>;
    constexpr Index half = Half::SizeAtCompileTime;
    for_each_uniform<S>(z.size(), [&](const auto& piece, Index begin, Index count) {
      const Eigen::Map<const Half> u(piece.data()), v(piece.data() + half);
      const Half radius = (S(-2) * (S(1) - u).log()).sqrt();  // 1 − u is never 0
      const Half angle = S(2 * std::numbers::pi) * v;
      std::array<S, 2 * half> both;
      Eigen::Map<Half>(both.data()) = radius * angle.cos();
      Eigen::Map<Half>(both.data() + half) = radius * angle.sin();
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
      for (Index i = 0; i < count; ++i)
        state[i] = u[static_cast<std::size_t>(i)] < p[i] ? S(1) : S(0);
    });
    return s;
  }
  /// The same draws, as bits.
  template <class S>
  void bernoulli(const Matrix<S>& probability, BinaryStates& out) {
    out.resize(probability.rows(), probability.cols());
    draw<S>(out, [&]<std::size_t n>(const std::array<S, n>& u, Index begin, Index count,
                                    std::array<bool, n>& on) {
      std::array<S, n> p{};
      std::copy_n(probability.data() + begin, count, p.data());
      for (std::size_t i = 0; i < n; ++i) on[i] = u[i] < p[i];
    });
  }

  /// Turns units of `out`, whose shape is given, on or off by a uniform number each:
  /// f(u, begin, count, on) decides on units begin..begin+count-1, counted column by column.
  template <class S, class F>
  void draw(BinaryStates& out, F&& f) {
    thread_local std::vector<BinaryStates::Word> memory;  // as long as the longest yet
    const auto words = static_cast<std::size_t>((out.size() + 63) / 64);
    if (memory.size() < words) memory.resize(words);
    const std::span run(memory.data(), words);
    for_each_uniform<S>(
        out.size(), [&]<std::size_t n>(const std::array<S, n>& u, Index begin, Index count) {
          std::array<bool, n> on;
          f(u, begin, count, on);
          const BinaryStates::Word bits = gather_bits(on);
          if (auto& word = run[static_cast<std::size_t>(begin) / 64]; begin % 64 == 0)
            word = bits;
          else
            word |= bits << (begin % 64);
        });
    out.assign(run);
  }

  /// A whole number in 0..n-1; the bias is below n / 2⁶⁴. Throws if n < 1.
  Index below(Index n) {
    check(n >= 1, "Random: below has ", n, ", but at least 1 is needed");
    const auto x = Threefry::blocks(seed_, counter_);
    counter_ += Threefry::lanes;
    const auto word = (std::uint64_t{x[0]} << 32) | x[Threefry::lanes];
    return static_cast<Index>(word % static_cast<std::uint64_t>(n));
  }

  std::uint64_t seed() const { return seed_; }
  std::uint64_t counter() const { return counter_; }

  /// Both, for checkpoints.
  template <class F>
  void visit(F&& f) {
    f("seed", seed_), f("counter", counter_);
  }

 private:
  template <class S>
  static constexpr int words_per = sizeof(S) > 4 ? 2 : 1;

  // Bit i is on[i]. Compilers turn comparisons into bytes in vectors, but seldom into bits; a
  // product gathers the bits of eight bytes in its highest byte.
  template <std::size_t n>
  static BinaryStates::Word gather_bits(const std::array<bool, n>& on) {
    static_assert(n % 8 == 0 && n <= 64 && std::endian::native == std::endian::little);
    static_assert(sizeof(bool) == 1);
    BinaryStates::Word bits = 0;
    for (std::size_t i = 0; i < n; i += 8) {
      std::uint64_t eight;
      std::memcpy(&eight, &on[i], 8);
      bits |= (eight * 0x0102040810204080 >> 56) << i;
    }
    return bits;
  }

  static void to_uniform(const Threefry::Words& x, std::array<float, Threefry::words>& u) {
    for (std::size_t i = 0; i < u.size(); ++i)
      u[i] = static_cast<float>(static_cast<std::int32_t>(x[i] >> 8)) * 0x1p-24f;
  }
  static void to_uniform(const Threefry::Words& x, std::array<double, Threefry::words / 2>& u) {
    for (std::size_t i = 0; i < u.size(); ++i) {
      const std::uint64_t word = (std::uint64_t{x[i]} << 32) | x[u.size() + i];
      u[i] = static_cast<double>(static_cast<std::int64_t>(word >> 11)) * 0x1p-53;
    }
  }

  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
};

}  // namespace strata
