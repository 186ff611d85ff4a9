// SPDX-License-Identifier: MIT
// The state of a run as bytes: what checkpoints are made of.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "strata/core/binary_states.hpp"
#include "strata/core/checks.hpp"
#include "strata/core/parameters.hpp"

namespace strata {

/// Writes values to bytes, or reads them back in the same order: archive(name, value). Each is kept with its
/// name and type, so that what does not fit is noticed. A value is a number, a text, a matrix, states, a
/// vector of values, or anything with a member visit(f) that calls f(name, value) on each of its own:
///   template <class F>
///   void visit(F&& f) { f("velocity", velocity); }
/// Reading throws std::runtime_error, `run.checkpoint: at byte 96: found velocity: matrix f4, but expected
/// momentum: f8`.
class Archive {
 public:
  /// Writes.
  Archive() = default;
  /// Reads. Errors name the place as `where`, and count bytes from `offset`.
  Archive(std::span<const std::uint8_t> from, std::string where, std::uint64_t offset = 0)
      : reads_(true), from_(from), where_(std::move(where)), offset_(offset) {}

  bool reads() const { return reads_; }
  /// What was written.
  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

  /// `role` and the like, as models give to what visits them, are of no interest here.
  template <class T>
  void operator()(std::string_view name, T& value, const auto&...) {
    if constexpr (std::is_same_v<T, bool>)
      flag(name, value);
    else if constexpr (std::is_arithmetic_v<T>)
      leaf(name, number<T>(), &value, sizeof value);
    else if constexpr (std::is_same_v<T, std::string>)
      text_value(name, value);
    else if constexpr (std::is_base_of_v<Eigen::EigenBase<T>, T>)
      matrix(name, value);
    else if constexpr (std::is_same_v<T, BinaryStates>)
      bits(name, value);
    else if constexpr (requires { value.as_bits(); })
      states(name, value);
    else if constexpr (requires { value.emplace_back(); })
      vector(name, value);
    else
      parts(name, value);
  }

  /// Throws unless all has been read.
  void expect_end() const {
    if (at_ != from_.size()) fail("more bytes", "the end");
  }

 private:
  template <class T>
  static std::string number() {
    return text(std::is_same_v<T, bool>       ? "b"
                : std::is_floating_point_v<T> ? "f"
                : std::is_signed_v<T>         ? "i"
                                              : "u",
                sizeof(T));
  }

  [[noreturn]] void fail(std::string_view found, std::string_view expected) const {
    throw std::runtime_error(
        text(where_, ": at byte ", offset_ + at_, ": found ", found, ", but expected ", expected));
  }

  void raw(void* value, std::size_t size) {
    auto* const p = static_cast<std::uint8_t*>(value);
    if (!reads_) {
      bytes_.insert(bytes_.end(), p, p + size);
      return;
    }
    expect_more(size);
    if (size > 0) std::memcpy(p, from_.data() + at_, size);
    at_ += size;
  }
  // Asked before memory of that size is taken.
  void expect_more(std::uint64_t size) const {
    if (size > from_.size() - at_)
      fail("the end", text(size - (from_.size() - at_), " more bytes"));
  }

  // "optimiser.velocity: matrix f4"
  void label(std::string_view name, std::string_view type) {
    std::string expected = text(prefix_, name, ": ", type), found = expected;
    auto size = static_cast<std::uint32_t>(expected.size());
    const auto begin = at_;
    raw(&size, sizeof size);
    expect_more(reads_ ? size : 0);
    found.resize(size);
    raw(found.data(), size);
    if (found == expected) return;
    at_ = begin;
    fail(found, expected);
  }
  void leaf(std::string_view name, std::string_view type, void* value, std::size_t size) {
    label(name, type);
    raw(value, size);
  }

  // Any other byte in a bool would be undefined behaviour.
  void flag(std::string_view name, bool& value) {
    auto byte = static_cast<std::uint8_t>(value);
    const auto begin = at_;
    leaf(name, number<bool>(), &byte, 1);
    if (byte <= 1) {
      value = byte == 1;
      return;
    }
    at_ = begin;
    fail(text(prefix_, name, " of ", int{byte}), "0 or 1");
  }

  void text_value(std::string_view name, std::string& value) {
    label(name, "text");
    std::uint64_t size = value.size();
    raw(&size, sizeof size);
    if (reads_) {
      expect_more(size);
      value.resize(size);
    }
    raw(value.data(), value.size());
  }

  std::pair<Index, Index> shape(Index rows, Index cols) {
    std::int64_t sizes[] = {rows, cols};
    const auto begin = at_;
    raw(sizes, sizeof sizes);
    for (const auto size : sizes)
      if (size < 0 || size >= std::int64_t{1} << 40) {
        at_ = begin;
        fail(text("a shape of ", sizes[0], " x ", sizes[1]), "sizes that fit into memory");
      }
    return {sizes[0], sizes[1]};
  }
  void expect_elements(std::uint64_t count, std::uint64_t size) const {
    if (size > 0 && count > (from_.size() - at_) / size)
      fail("the end", text(count, " times ", size, " more bytes"));
  }

  template <class X>
  void matrix(std::string_view name, X& x) {
    using S = typename X::Scalar;
    label(name, "matrix " + number<S>());
    const auto begin = at_;
    const auto [rows, cols] = shape(x.rows(), x.cols());
    if (reads_) {
      constexpr bool grows = std::is_base_of_v<Eigen::PlainObjectBase<X>, X>;
      const auto fits = [&](Index got, Index size, Index fixed) {
        return got == (fixed != Eigen::Dynamic ? fixed : grows ? got : size);
      };
      if (!fits(rows, x.rows(), X::RowsAtCompileTime) ||
          !fits(cols, x.cols(), X::ColsAtCompileTime)) {
        at_ = begin;
        fail(text(prefix_, name, " of ", rows, " x ", cols), text(x.rows(), " x ", x.cols()));
      }
      expect_elements(static_cast<std::uint64_t>(cols),
                      static_cast<std::uint64_t>(rows) * sizeof(S));
      x.resize(rows, cols);
    }
    raw(x.data(), static_cast<std::size_t>(x.size()) * sizeof(S));
  }

  void bits(std::string_view name, BinaryStates& s) {
    label(name, "bits");
    const auto [rows, cols] = shape(s.rows(), s.cols());
    if (reads_) {
      expect_elements(static_cast<std::uint64_t>(cols),
                      static_cast<std::uint64_t>((rows + 63) / 64) * sizeof(BinaryStates::Word));
      s.resize(rows, cols);
    }
    for (Index j = 0; s.words() > 0 && j < s.cols(); ++j) {
      raw(s.column(j).data(), s.column(j).size_bytes());
      if (s.rows() % 64 > 0) s.column(j).back() &= ~BinaryStates::Word{0} >> (64 - s.rows() % 64);
    }
  }

  template <class S>
  void states(std::string_view name, States<S>& s) {
    bool binary = s.is_binary();
    flag(text(name, ".binary"), binary);
    if (binary)
      bits(name, s.as_bits());
    else
      matrix(name, s.as_numbers());
  }

  template <class T>
  void vector(std::string_view name, std::vector<T>& values) {
    std::uint64_t size = values.size();
    if constexpr (std::is_arithmetic_v<T>) {
      label(name, "numbers " + number<T>());
      raw(&size, sizeof size);
      if (reads_) {
        expect_elements(size, sizeof(T));
        values.resize(size);
      }
      return raw(values.data(), values.size() * sizeof(T));
    }
    leaf(text(name, ".size"), number<std::uint64_t>(), &size, sizeof size);
    if (reads_) {
      expect_more(size);  // each takes more than a byte
      values.resize(size);
    }
    for (auto& value : values) (*this)(name, value);
  }

  template <class T>
  void parts(std::string_view name, T& value) {
    static_assert(
        requires { value.visit(*this); },
        "a state that is to be kept in checkpoints needs a member visit(f), empty if it keeps "
        "nothing from one batch to the next; see core/archive.hpp");
    const auto outer = prefix_.size();
    prefix_.append(name).append(".");
    value.visit(*this);
    prefix_.resize(outer);
  }

  bool reads_ = false;
  Bytes bytes_;
  std::span<const std::uint8_t> from_;
  std::size_t at_ = 0;
  std::string where_, prefix_;
  std::uint64_t offset_ = 0;
};

}  // namespace strata
