// SPDX-License-Identifier: MIT
// Usage:  strata_kills [kills]   (20)
// Output: whether training that is killed at random moments, by SIGKILL, and begun again each time comes to
//         the same bits as training that never was. A program of its own, for it forks.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "io/testing.hpp"
#include "strata/io/checkpoint.hpp"
#include "strata/strata.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Two layers by persistent chains, then fine-tuning with dropout; the result is all that was learned.
void learn(const std::filesystem::path& result, auto&&... checkpoint) {
  Random rng(1);
  const LabelledData<float> data{rng.uniform<float>(40, 300), Labels(300, 1)};
  History history;
  DBN<float> dbn({40, 20, 10});
  pretrain(dbn, data.images, PersistentContrastiveDivergence{}, SGD{.momentum = 0.5},
           {.epochs = 4, .batch_size = 30, .binarise = true}, rng, history, checkpoint...);
  auto net = classifier(dbn, 2, rng);
  fine_tune(net, data, Backpropagation{.dropout = {.hidden = 0.5}}, Adam{},
            {.epochs = 8, .batch_size = 30}, rng, history, checkpoint...);
  for (auto& epoch : history.epochs) epoch.seconds = 0;
  Archive archive;
  archive("dbn", dbn), archive("net", net), archive("history", history), archive("random", rng);
  write_atomically(result, archive.bytes());
}

/// Runs f in a process that is killed after so many microseconds. Returns whether it had ended before.
template <class F>
bool survives(unsigned microseconds, F&& f) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      f();
      _exit(0);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
      _exit(1);
    }
  }
  int status = 0;
  for (unsigned waited = 0; waitpid(child, &status, WNOHANG) == 0; waited += 500) {
    if (waited >= microseconds) kill(child, SIGKILL);
    usleep(500);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) std::exit(1);
  return WIFEXITED(status);
}

}  // namespace

int main(int argc, char** argv) {
  const int kills = argc > 1 ? std::atoi(argv[1]) : 20;
  const TemporaryFolder folder;
  const auto expected = folder / "expected", result = folder / "result",
             file = folder / "checkpoint";
  if (!survives(600'000'000, [&] { learn(expected); })) return 1;
  std::mt19937 moments(7);
  int killed = 0, ended = 0, other = 0;
  while (killed < kills || ended == 0) {
    const bool end = survives(std::uniform_int_distribution<unsigned>(0, 100'000)(moments), [&] {
      Checkpoint checkpoint(file, {.minutes = 0});
      learn(result, checkpoint);
      checkpoint.remove();
    });
    if (!end) {
      ++killed;
      continue;
    }
    ++ended;
    other += read_bytes(result) != read_bytes(expected);
    std::filesystem::remove(result);
  }
  std::printf("%d kills, %d runs came to an end, %d of them to other bits\n", killed, ended, other);
  return other == 0 && folder.files() <= 3 ? 0 : 1;
}
