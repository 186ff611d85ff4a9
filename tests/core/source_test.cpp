// SPDX-License-Identifier: MIT
// Data that are read block by block are the same data. The thread sanitizer runs these, too.
#include "strata/core/source.hpp"

#include <doctest/doctest.h>

#include <list>
#include <thread>

#include "core/reader.hpp"
#include "strata/core/samples.hpp"

using namespace strata;
using namespace strata::testing;

TEST_CASE("Source: every sample is the one that was asked for, whatever the block") {
  const auto all = source_data();
  for (const Index block : {1, 2, 7, 22, 23, 24, 1000}) {
    const Source<float> source(6, 23, MatrixReader{all}, block);
    const Samples<float> samples(source);
    CHECK(samples.rows() == 6);
    CHECK(samples.cols() == 23);
    CHECK(samples.columns(0, 23) == all);
    CHECK(samples.columns(5, 9) == all.middleCols(5, 9));
    Matrix<float> some;
    const std::vector<Index> columns{22, 0, 7, 6, 8, 22};
    samples.gather(columns, some);
    CHECK(some == all(Eigen::all, columns));
  }
  const Source<float> none(6, 0, [](Index, Matrix<float>&) { FAIL("nothing is to be read"); });
  CHECK(Samples<float>(none).columns(0, 0).cols() == 0);
}

TEST_CASE("Source: an epoch reads each block once, in order, and takes each sample once") {
  const auto all = source_data();
  std::vector<Index> firsts;
  const Source<float> source(6, 23, MatrixReader{all, &firsts}, 5);
  const Samples<float> samples(source);
  Random rng(1);
  std::vector<Index> columns = samples.order(rng), before = columns;
  for (std::size_t b = 0; b < 23; b += 5)
    std::sort(columns.begin() + static_cast<std::ptrdiff_t>(b),
              columns.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(b + 5, 23)));
  for (std::size_t j = 0; j < 23; ++j) CHECK(columns[j] == static_cast<Index>(j));
  CHECK(before != columns);
  CHECK(samples.order(rng) != before);
  Matrix<float> x;
  for (int epoch = 0; epoch < 2; ++epoch)
    for_each_minibatch(std::span<const Index>(before), 4,
                       [&](std::span<const Index> batch) { samples.gather(batch, x); });
  samples.columns(0, 1);  // waits for the block that was coming
  CHECK(std::vector<Index>(firsts.begin(), firsts.begin() + 10) ==
        std::vector<Index>{0, 5, 10, 15, 20, 0, 5, 10, 15, 20});
}

TEST_CASE("Source: ranges that can be gone through again are data") {
  const auto all = source_data();
  std::list<std::vector<double>> samples;
  for (Index j = 0; j < all.cols(); ++j) samples.emplace_back(all.col(j).begin(), all.col(j).end());
  const Source<float> source(6, samples, 5);
  CHECK(Samples<float>(source).columns(0, 23) == all);
  CHECK(Samples<float>(source).columns(3, 2) == all.middleCols(3, 2));
  const Source<float> own(6, std::vector{Vector<float>(all.col(4))}, 5);
  CHECK(Samples<float>(own).columns(0, 1) == all.col(4));
  std::next(samples.begin(), 7)->pop_back();
  const Source<float> uneven(6, samples, 5);
  for (int i = 0; i < 2; ++i)
    CHECK_THROWS_WITH(Samples<float>(uneven).columns(0, 23),
                      "Source: sample 7 has 5 numbers, but 6 are needed");
  CHECK(Samples<float>(uneven).columns(10, 13) == all.rightCols(13));
}

TEST_CASE("Source: the next block is read while one is learned from") {
  const auto all = source_data();
  std::vector<std::thread::id> readers;
  const Source<float> source(
      6, 23,
      [&](Index first, Matrix<float>& x) {
        readers.push_back(std::this_thread::get_id());
        x = all.middleCols(first, x.cols());
      },
      5);
  Samples<float>(source).columns(0, 23);
  Samples<float>(source).columns(0, 1);
  CHECK(readers[0] == std::this_thread::get_id());
  for (std::size_t i = 1; i < 5; ++i) CHECK(readers[i] != std::this_thread::get_id());
}

TEST_CASE(
    "Source: each view of it asks for its own values, and the other's go on being asked for") {
  Matrix<float> all = source_data();
  all(1, 17) = 2;
  const Source<float> source(6, 23, MatrixReader{all}, 5);
  const Samples<float> strict(source), lax(source);
  strict.check_values("here", "data", {0, 1});
  CHECK(lax.columns(0, 23) == all);
  CHECK(strict.columns(0, 15) == all.leftCols(15));
  for (int i = 0; i < 2; ++i)
    CHECK_THROWS_WITH(strict.columns(0, 23),
                      "here: data has 2 at row 1, column 17, but the units take values in [0, 1]");
  CHECK(lax.columns(15, 8) == all.rightCols(8));
  CHECK_THROWS_WITH(strict.columns(17, 1),
                    "here: data has 2 at row 1, column 17, but the units take values in [0, 1]");
}

TEST_CASE("Source: one that reads from another while that is read, too") {
  const auto all = source_data();
  const Source<float> below(6, 23, MatrixReader{all}, 5);
  const auto doubled = [below](Index first, Matrix<float>& x) {
    below.read(first, x);
    x *= 2;
  };
  const Source<float> above(6, 23, doubled, 5);
  for (Index j = 0; j < 46; ++j) {
    CHECK(Samples<float>(below).columns(j % 23, 1) == all.col(j % 23));
    CHECK(Samples<float>(above).columns(j % 23, 1) == 2 * all.col(j % 23));
  }
}
