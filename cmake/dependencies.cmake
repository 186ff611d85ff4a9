# Each library is found where it is installed, else fetched. Fetched headers become imported targets:
# they are system headers to the compiler, and nothing of theirs is built or installed.
include(FetchContent)

# Finds the target in one of the versions of the package, else fetches the headers under `folder` of
# the archive. A macro, so that what find_package sets is seen by the caller.
macro(strata_find_headers package target versions folder url sha256)
  foreach(version IN ITEMS ${versions})
    if(NOT TARGET ${target})
      find_package(${package} ${version} QUIET CONFIG)
    endif()
  endforeach()
  if(NOT TARGET ${target} AND STRATA_FETCH)
    message(STATUS "strata: fetching ${package}")
    FetchContent_Declare(${package} URL ${url} URL_HASH SHA256=${sha256}
                         DOWNLOAD_EXTRACT_TIMESTAMP ON SOURCE_SUBDIR unused)
    FetchContent_MakeAvailable(${package})
    string(TOLOWER ${package} lower)
    add_library(${target} INTERFACE IMPORTED)
    target_include_directories(${target} INTERFACE ${${lower}_SOURCE_DIR}/${folder})
  endif()
endmacro()

macro(strata_require target)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "strata: ${target} was not found")
  endif()
endmacro()

macro(strata_find_eigen)  # its version files accept no other major version
  strata_find_headers(Eigen3 Eigen3::Eigen "5;3.4" .
    https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.gz
    8586084f71f9bde545ee7fa6d00288b264a2b7ac3607b974e54d13e7162c1c72)
  strata_require(Eigen3::Eigen)
endmacro()

macro(strata_find_io_libraries)  # required of our programs, a gift to a project that includes us
  find_package(ZLIB QUIET)
  find_package(PNG QUIET)
  if(STRATA_PROGRAMS)
    strata_find_headers(nlohmann_json nlohmann_json::nlohmann_json 3.10 include
      https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
      d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d)
    strata_require(ZLIB::ZLIB)
    strata_require(PNG::PNG)
    strata_require(nlohmann_json::nlohmann_json)
  elseif(NOT TARGET nlohmann_json::nlohmann_json)
    find_package(nlohmann_json 3.10 QUIET CONFIG)
  endif()
endmacro()

macro(strata_find_lbfgs)  # as are those of io
  list(PREPEND CMAKE_MODULE_PATH ${PROJECT_SOURCE_DIR}/cmake)
  find_package(lbfgspp QUIET MODULE)
  list(POP_FRONT CMAKE_MODULE_PATH)
  if(STRATA_PROGRAMS)
    strata_find_headers(lbfgspp lbfgspp 0.2 include
      https://github.com/yixuan/LBFGSpp/archive/refs/tags/v0.3.0.tar.gz
      490720b9d5acce6459cb0336ca3ae0ffc48677225f0ebfb35c9bef6baefdfc6a)
    strata_require(lbfgspp)
  endif()
endmacro()

macro(strata_find_doctest)
  strata_find_headers(doctest doctest::doctest 2.4 .
    https://github.com/doctest/doctest/archive/refs/tags/v2.4.11.tar.gz
    632ed2c05a7f53fa961381497bf8069093f0d6628c5f26286161fbd32a560186)
  strata_require(doctest::doctest)
endmacro()

macro(strata_find_cli11)
  strata_find_headers(CLI11 CLI11::CLI11 2.1 include
    https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.4.2.tar.gz
    f2d893a65c3b1324c50d4e682c0cdc021dd0477ae2c048544f39eed6654b699a)
  strata_require(CLI11::CLI11)
endmacro()

macro(strata_find_benchmark)
  find_package(benchmark QUIET CONFIG)
  if(NOT TARGET benchmark::benchmark AND STRATA_FETCH)
    message(STATUS "strata: fetching benchmark")
    set(BENCHMARK_ENABLE_TESTING OFF)
    set(BENCHMARK_ENABLE_INSTALL OFF)
    FetchContent_Declare(benchmark
      URL https://github.com/google/benchmark/archive/refs/tags/v1.8.3.tar.gz
      URL_HASH SHA256=6bc180a57d23d4d9515519f92b0c83d61b05b5bab188961f36ac7b06b0d9e9ce
      DOWNLOAD_EXTRACT_TIMESTAMP ON)
    FetchContent_MakeAvailable(benchmark)
  endif()
  strata_require(benchmark::benchmark)
endmacro()
