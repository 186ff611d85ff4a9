// SPDX-License-Identifier: MIT
// A parallel for over OpenMP, where there is OpenMP. Work is cut by its size, never by the number
// of threads, so results are the same bits at any number.
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

namespace detail {

/// The loop itself, once for all bodies: it costs a call for each i, and saves their users two
/// copies.
inline void parallel_for(Index n, void (*body)(void*, Index), void* f) {
#ifdef _OPENMP
  const int available = threads();
  if (available > 1 && n > 1) {
    const int team = static_cast<int>(std::min<Index>(available, n));
#pragma omp parallel for schedule(static) num_threads(team)
    for (Index i = 0; i < n; ++i) body(f, i);
    return;
  }
  omp_set_num_threads(1);
  for (Index i = 0; i < n; ++i) body(f, i);
  omp_set_num_threads(available);
#else
  for (Index i = 0; i < n; ++i) body(f, i);
#endif
}

}  // namespace detail

/// Calls f(i) once for each i in 0..n-1, in any order and perhaps at once; f must not throw.
/// Products inside f stay in their own thread: Eigen's threads would cut by their number.
template <class F>
void parallel_for(Index n, F&& f) {
  using Body = std::remove_reference_t<F>;
  detail::parallel_for(
      n, [](void* body, Index i) { (*static_cast<Body*>(body))(i); },
      const_cast<std::remove_const_t<Body>*>(&f));
}

/// Calls f(begin, count) on pieces of at most `grain` that cover 0..n-1.
template <class F>
void parallel_pieces(Index n, Index grain, F&& f) {
  parallel_for((n + grain - 1) / grain, [&](Index i) {
    const Index begin = i * grain;
    f(begin, std::min(grain, n - begin));
  });
}

/// Calls f on array views of the same elements of each matrix, piece by piece. Pieces are 8 KiB of
/// floats: what f reads or writes twice is still in the first cache. They begin at whole vectors,
/// so the bits do not depend on who works on which.
template <class F, class First, class... Rest>
void for_each_piece(F&& f, First& first, Rest&... rest) {
  constexpr Index elements = 1 << 11, per_thread = 2 * elements;
  parallel_pieces(first.size(), per_thread, [&](Index begin, Index count) {
    for (Index i = begin; i < begin + count; i += elements) {
      const Index n = std::min(elements, begin + count - i);
      const auto piece = [i, n](auto& m) {
        using M = std::remove_reference_t<decltype(m)>;
        using A = Eigen::Array<typename M::Scalar, Eigen::Dynamic, 1>;
        return Eigen::Map<std::conditional_t<std::is_const_v<M>, const A, A>>(m.data() + i, n);
      };
      f(piece(first), piece(rest)...);
    }
  });
}

}  // namespace strata
