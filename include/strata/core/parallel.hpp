// SPDX-License-Identifier: MIT
// A parallel for over OpenMP, where there is OpenMP. Work is cut by its size, never by the number of
// threads, so results are the same bits at any number.
#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif

#include <algorithm>

#include "strata/core/checks.hpp"

namespace strata {

/// How many threads strata uses: OpenMP's own setting (OMP_NUM_THREADS, all cores by default).
inline int threads() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

/// Sets it for the calling thread; without OpenMP there is only one. Throws if n < 1.
inline void set_threads([[maybe_unused]] int n) {
  check(n >= 1, "set_threads: threads has ", n, ", but at least 1 is needed");
#ifdef _OPENMP
  omp_set_num_threads(n);
#endif
}

/// Calls f(i) once for each i in 0..n-1, in any order and perhaps at once; f must not throw.
/// Products inside f stay in their own thread: Eigen's threads would cut by their number.
template <class F>
void parallel_for(Index n, F&& f) {
#ifdef _OPENMP
  const int available = threads();
  if (available > 1 && n > 1) {
    const int team = static_cast<int>(std::min<Index>(available, n));
#pragma omp parallel for schedule(dynamic) num_threads(team)
    for (Index i = 0; i < n; ++i) f(i);
    return;
  }
  omp_set_num_threads(1);
  for (Index i = 0; i < n; ++i) f(i);
  omp_set_num_threads(available);
#else
  for (Index i = 0; i < n; ++i) f(i);
#endif
}

/// Calls f(begin, count) on pieces of at most `grain` that cover 0..n-1.
template <class F>
void parallel_pieces(Index n, Index grain, F&& f) {
  parallel_for((n + grain - 1) / grain, [&](Index i) {
    const Index begin = i * grain;
    f(begin, std::min(grain, n - begin));
  });
}

/// Elements of one piece of an elementwise pass: 64 KiB of floats, a part of the second cache. Pieces
/// start at whole vectors, so the bits do not depend on who works on which.
inline constexpr Index elementwise_grain = 1 << 14;

/// Calls f on array views of the same elements of each matrix, piece by piece.
template <class F, class First, class... Rest>
void for_each_piece(F&& f, First& first, Rest&... rest) {
  parallel_pieces(first.size(), elementwise_grain, [&](Index i, Index n) {
    const auto piece = [i, n](auto& m) {
      using M = std::remove_reference_t<decltype(m)>;
      using A = Eigen::Array<typename M::Scalar, Eigen::Dynamic, 1>;
      return Eigen::Map<std::conditional_t<std::is_const_v<M>, const A, A>>(m.data() + i, n);
    };
    f(piece(first), piece(rest)...);
  });
}

}  // namespace strata
