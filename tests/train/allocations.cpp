// SPDX-License-Identifier: MIT
// A program of its own, because it counts the whole program's allocations: training on bits makes
// none once its lists have met the longest they will hold. Prints what it counted; fails if any.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {
std::atomic<bool> counting = false;
std::atomic<int> allocations = 0;

void* allocate(std::size_t size) {
  if (counting) ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
}  // namespace

// Eigen's own allocations are refused, which it takes for a failed assertion.
#define EIGEN_RUNTIME_NO_MALLOC
#define eigen_assert(condition)      \
  do {                               \
    if (!(condition)) ++allocations; \
  } while (false)

#include "strata/strata.hpp"

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

using namespace strata;

namespace {

void count(bool on) {
  counting = on;
  Eigen::internal::set_is_malloc_allowed(!on);
}

/// Counts from the end of batch 100 to that of batch 190 of 200.
struct Counter {
  int batches = 0;

  void batch(const Progress&) {
    ++batches;
    if (batches == 100) count(true);
    if (batches == 190) count(false);
  }
};

template <class Estimator>
bool trains_without(const char* name, const Matrix<float>& data, const Estimator& estimator) {
  Random rng(1);
  RBM<float> rbm(data.rows(), 130);
  allocations = 0;
  train(rbm, data, estimator, SGD{.learning_rate = 0.05, .momentum = 0.5},
        {.epochs = 1, .batch_size = 50}, rng, WeightDecay{.l2 = 1e-4}, Counter());
  std::printf("%s: %d allocations in 90 batches\n", name, allocations.load());
  return allocations == 0;
}

}  // namespace

int main() {
  set_threads(1);  // Eigen keeps its switch for all threads, unguarded
  Random rng(2);
  const Matrix<float> data = rng.bernoulli<float>(Matrix<float>::Constant(200, 10000, 0.2F));
  const bool cd_1 = trains_without("CD-1", data, ContrastiveDivergence{});
  const bool cd_3 = trains_without("CD-3", data, ContrastiveDivergence{.steps = 3});
  const bool pcd_1 = trains_without("PCD-1", data, PersistentContrastiveDivergence{});
  return cd_1 && cd_3 && pcd_1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
