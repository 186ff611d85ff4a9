// SPDX-License-Identifier: MIT
// A program of its own, for an evening: trains, fine-tunes, saves, loads and samples new models over and
// over, and looks at the memory, which must not grow.
//
// Usage: strata_soak [MINUTES]   (60)
// Output: a line each minute (of a short run more often), of the memory that is resident and of that which
//         is allocated, in kB, as they are at the end of a round, when all models of the round are gone.
//         Ends with 1 if either grew: if the lowest number of the last third is above the highest of the
//         middle third, by more than 1 MB of resident memory or 64 kB of what is allocated. The first third
//         is for the memory that threads and the allocator keep.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "strata/io/safetensors.hpp"
#include "strata/strata.hpp"

using namespace strata;

namespace {

struct Memory {
  long resident, allocated;  // kB
};

/// Linux and glibc alone can be asked.
Memory memory() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  const auto info = mallinfo2();
  return {resident * (sysconf(_SC_PAGESIZE) / 1024),
          static_cast<long>((info.uordblks + info.hblkhd) / 1024)};
}

/// Everything once, with numbers of its own: the same shapes each time, so that rounds are alike.
void round(std::uint64_t seed, const std::filesystem::path& file) {
  Random rng(seed);
  const Training training{.epochs = 2, .batch_size = 50};
  const Matrix<float> grey = rng.uniform<float>(100, 500);
  const BinaryStates bits(rng.bernoulli<float>(Matrix<float>(0.5F * grey)));
  LabelledData<float> labelled{grey, Labels(500)};
  for (auto& label : labelled.labels) label = static_cast<int>(rng.below(10));

  RBM<float> rbm(100, 65);
  train(rbm, bits, ContrastiveDivergence{.steps = 2}, SGD{.momentum = 0.5}, training, rng,
        WeightDecay{.l2 = 1e-4}, Sparsity{}, MaxNorm{});
  train(rbm, grey, PersistentContrastiveDivergence{}, Adam{}, training, rng);
  train(rbm, bits, FastPersistentContrastiveDivergence{}, SGD{}, training, rng);
  train(rbm, bits, ParallelTempering{.replicas = 3}, SGD{}, training, rng);
  Chains chains(rbm, 20, rng);
  chains.run(5, rng);
  annealed_importance_sampling(rbm, Samples<float>(bits), {.chains = 10, .temperatures = 50}, rng);

  GaussianRBM<float> real(100, 30);
  const Matrix<float> normal = rng.normal<float>(100, 500);
  train(real, normal, ContrastiveDivergence{}, SGD{.learning_rate = 0.001}, training, rng,
        BackOff{});
  Autoencoder<float> tied(100, 30);
  train(tied, grey, Reconstruction{}, Adam{}, training, rng, Masking{});

  DBN<float> dbn({100, 60, 40});
  pretrain(dbn, grey, ContrastiveDivergence{}, SGD{}, {.epochs = 1, .binarise = true}, rng);
  auto net = classifier(dbn, 10, rng);
  fine_tune(net, labelled, Backpropagation{.dropout = {.hidden = 0.2}}, SGD{}, training, rng);
  fine_tune(net, labelled, Backpropagation{}, ConjugateGradient{}, training, rng);
  auto deep = unroll(dbn);
  fine_tune(deep, grey, Backpropagation{}, HessianFree{.iterations = 5}, {.epochs = 1}, rng);
  auto belief = sbn<float>({100, 30, 20});
  train(belief, grey, WakeSleep{}, SGD{}, training, rng);

  save(file, net);
  auto again = untrained_classifier<float>({100, 60, 40, 10});
  load(file, again);
  if (error_rate(again, labelled) != error_rate(net, labelled)) std::abort();
  try {  // what is thrown is freed too
    train(rbm, rng.uniform<float>(99, 5), ContrastiveDivergence{}, SGD{}, training, rng);
    std::abort();
  } catch (const std::invalid_argument&) {
  }
}

/// Whether all of the last third is above all of the middle third.
bool grew(const std::vector<Memory>& all, long Memory::*kind, long slack) {
  const auto n = static_cast<std::ptrdiff_t>(all.size());
  const auto less = [=](const Memory& a, const Memory& b) { return a.*kind < b.*kind; };
  const auto before = std::max_element(all.begin() + n / 3, all.begin() + 2 * n / 3, less);
  const auto after = std::min_element(all.begin() + 2 * n / 3, all.end(), less);
  return (*after).*kind > (*before).*kind + slack;
}

}  // namespace

int main(int argc, char** argv) {
  const double minutes = argc > 1 ? std::atof(argv[1]) : 60;
  if (!(minutes > 0)) return std::puts("Usage: strata_soak [MINUTES]"), 2;
  const auto file = std::filesystem::temp_directory_path() /
                    ("strata_soak_" + std::to_string(getpid()) + ".safetensors");
  const auto begin = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / 60;
  };
  const double interval = std::min(1.0, minutes / 30);
  std::vector<Memory> all;
  all.reserve(static_cast<std::size_t>(minutes / interval) + 1);  // it must not grow either
  for (std::uint64_t rounds = 1; passed() < minutes; ++rounds) {
    round(rounds, file);
    if (passed() < interval * static_cast<double>(all.size() + 1)) continue;
    const Memory& now = all.emplace_back(memory());
    std::printf("%6.1f min  %6llu rounds  resident %ld kB  allocated %ld kB\n", passed(),
                static_cast<unsigned long long>(rounds), now.resident, now.allocated);
    std::fflush(stdout);
  }
  std::filesystem::remove(file);
  if (all.size() < 9) return std::puts("too short: the rounds are longer"), 2;
  const bool resident = grew(all, &Memory::resident, 1024);
  const bool allocated = grew(all, &Memory::allocated, 64);
  std::printf("resident memory %s, allocated memory %s\n", resident ? "GREW" : "stayed",
              allocated ? "GREW" : "stayed");
  return resident || allocated ? 1 : 0;
}
