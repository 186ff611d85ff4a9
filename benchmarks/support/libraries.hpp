// SPDX-License-Identifier: MIT
// Who multiplies matrices for a floor: Eigen, and each BLAS that is found when the program runs.
#pragma once

#include <dlfcn.h>

#include <cstdlib>
#include <strata/strata.hpp>
#include <string>
#include <vector>

namespace benchmarks {

using Matrix = strata::Matrix<float>;
using strata::Index;

/// All of a program has the same number of threads: strata, Eigen and each BLAS. One, unless
/// OMP_NUM_THREADS says otherwise. Freed memory is kept from the start, as strata's loop keeps it:
/// else the products alone would pay for fresh pages.
inline const int thread_count = [] {
  if (!std::getenv("OMP_NUM_THREADS")) strata::set_threads(1);
  strata::detail::keep_freed_memory();
  return strata::threads();
}();

/// Plain products by one library.
struct Library {
  using Gemm = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k,
                        float alpha, const float* a, int a_stride, const float* b, int b_stride,
                        float beta, float* c, int c_stride);
  std::string name;
  Gemm gemm = nullptr;  // cblas_sgemm; none: Eigen

  /// out = W v
  void up(const Matrix& w, const Matrix& v, Matrix& out) const {
    if (gemm)
      call(plain, plain, 1, w, v, w.cols(), 0, out);
    else
      out.noalias() = w * v;
  }
  /// out = Wᵀ h
  void down(const Matrix& w, const Matrix& h, Matrix& out) const {
    if (gemm)
      call(transposed, plain, 1, w, h, w.rows(), 0, out);
    else
      out.noalias() = w.transpose() * h;
  }
  /// g = h vᵀ
  void outer(const Matrix& h, const Matrix& v, Matrix& g) const {
    if (gemm)
      call(plain, transposed, 1, h, v, h.cols(), 0, g);
    else
      g.noalias() = h * v.transpose();
  }
  /// g −= h vᵀ
  void subtract_outer(const Matrix& h, const Matrix& v, Matrix& g) const {
    if (gemm)
      call(plain, transposed, -1, h, v, h.cols(), 1, g);
    else
      g.noalias() -= h * v.transpose();
  }

 private:
  static constexpr int column_major = 102, plain = 111, transposed = 112;  // of cblas.h

  void call(int ta, int tb, float alpha, const Matrix& a, const Matrix& b, Index inner, float beta,
            Matrix& c) const {
    const auto number = [](Index n) { return static_cast<int>(n); };
    gemm(column_major, ta, tb, number(c.rows()), number(c.cols()), number(inner), alpha, a.data(),
         number(a.rows()), b.data(), number(b.rows()), beta, c.data(), number(c.rows()));
  }
};

namespace detail {

/// OpenBLAS up to 0.3.21 takes Intel CPUs newer than itself for a Prescott of 2004, at a quarter of
/// the speed. What the environment says goes before.
inline void help_openblas() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_is("intel")) return;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
    setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    setenv("OPENBLAS_CORETYPE", "Haswell", 0);
#endif
}

/// Adds the first of `files` that can be opened; its thread count is set by `set_threads`, a
/// function of one Number.
template <class Number>
void open(std::vector<Library>& list, const char* name, std::initializer_list<const char*> files,
          const char* set_threads) {
  for (const char* file : files) {
    void* handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!handle) continue;
    const auto gemm = reinterpret_cast<Library::Gemm>(dlsym(handle, "cblas_sgemm"));
    const auto set = reinterpret_cast<void (*)(Number)>(dlsym(handle, set_threads));
    if (!gemm || !set) continue;
    set(thread_count);
    list.push_back({name, gemm});
    return;
  }
}

}  // namespace detail

/// Eigen first, then what was found.
inline const std::vector<Library>& libraries() {
  static const std::vector<Library> list = [] {
    std::vector<Library> found{{"eigen"}};
    detail::help_openblas();
    const std::string threads = std::to_string(thread_count);
    for (const char* name : {"OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"})
      setenv(name, threads.c_str(), 1);
    detail::open<int>(found, "openblas", {"libopenblas.so.0", "libopenblas.so"},
                      "openblas_set_num_threads");
    detail::open<std::ptrdiff_t>(found, "blis", {"libblis.so.4", "libblis.so"},  // dim_t
                                 "bli_thread_set_num_threads");
    return found;
  }();
  return list;
}

}  // namespace benchmarks
