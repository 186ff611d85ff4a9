// SPDX-License-Identifier: MIT
#include "strata/core/parallel.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("a parallel loop does each piece once, at any number of threads") {
  for (const int count : {1, 2, 5}) {
    const ThreadCount set(count);
    for (const Index n : {0, 1, 2, 7, 100}) {
      std::vector<int> done(static_cast<std::size_t>(n));
      parallel_for(n, [&](Index i) { ++done[static_cast<std::size_t>(i)]; });
      CHECK(done == std::vector<int>(static_cast<std::size_t>(n), 1));
      for (const Index grain : {1, 3, 100}) {
        parallel_pieces(n, grain, [&](Index begin, Index size) {
          for (Index i = begin; i < begin + size; ++i) ++done[static_cast<std::size_t>(i)];
        });
        CHECK(std::all_of(done.begin(), done.end(), [&](int k) { return k == done[0]; }));
      }
      CHECK(done == std::vector<int>(static_cast<std::size_t>(n), 4));
    }
#ifdef _OPENMP
    CHECK(threads() == count);  // as it was before the loops
#endif
  }
}

TEST_CASE("pieces are the same elements of each matrix") {
  const Matrix<double> x = Matrix<double>::Random(173, 200);  // three pieces, the last one short
  Matrix<double> y = Matrix<double>::Random(173, 200);
  const Matrix<double> sum = x + y;
  for_each_piece([](auto a, auto b) { a += b; }, y, x);
  CHECK(y == sum);
}

TEST_CASE("fewer than one thread is an error") {
  CHECK(message_of([] { set_threads(0); }) ==
        "set_threads: threads has 0, but at least 1 is needed");
}
