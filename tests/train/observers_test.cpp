// SPDX-License-Identifier: MIT
#include "strata/train/observers.hpp"

#include <sstream>

#include "strata/optim/adam.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/pretrain.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

const Training three_epochs{.epochs = 3, .batch_size = 8};

/// A run of which the observers see all; the result, and how far the random numbers went.
template <class... Observers>
std::pair<BB, std::uint64_t> trained(Observers&&... observers) {
  BB m(6, 4);
  Random rng(1);
  train(m, two_classes<double>(6, 20).images, ContrastiveDivergence{}, Adam{}, three_epochs, rng,
        observers...);
  return {m, rng.counter()};
}

/// A run whose score in epoch n is scores[n − 1]; returns what the model was after each epoch.
std::vector<BB> scored_run(const std::vector<double>& scores, int patience, BB& m) {
  std::vector<BB> epochs;
  std::size_t n = 0;
  Random rng(1);
  EarlyStopping<BB> early([&](const BB&) { return scores.at(n++); }, patience);
  train(m, two_classes<double>(6, 20).images, ContrastiveDivergence{}, Adam{},
        {.epochs = static_cast<int>(scores.size())}, rng, early,
        [&](const Progress&, const BB& now) { epochs.push_back(now); });
  CHECK(early.scores().size() == n);
  return epochs;
}

auto count_of(const std::string& words, char c) {
  return std::count(words.begin(), words.end(), c);
}

Progress some_progress() {
  return {"a task", 3, 10, 25, 100, 4.0, {{"loss", 0.123456}, {"training error", 12}}};
}

}  // namespace

TEST_CASE("observing a run does not change a bit of it") {
  const auto [plain, counter] = trained();
  std::ostringstream out;
  ProgressPrinter bar(out, true), lines(out, false);
  History history;
  EarlyStopping<BB> early([n = 0.0](const BB&) mutable { return --n; });  // the last is the best
  int calls = 0;
  const auto [watched, same_counter] =
      trained([&](const Progress&, const auto&) { ++calls; }, bar, history, lines, early);
  CHECK(same_bits(watched, plain));
  CHECK(same_counter == counter);
  CHECK(calls == 3);
}

TEST_CASE("a history keeps what every epoch measured") {
  History history;
  std::vector<double> measured;
  const auto data = two_classes<double>(6, 20).images;
  trained(history,
          [&](const Progress&, const BB& m) { measured.push_back(reconstruction_error(m, data)); });
  REQUIRE(history.epochs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const Progress& p = history.epochs[i];
    CHECK(p.task == "RBM 6-4 (Bernoulli, Bernoulli)");
    CHECK(p.epoch == static_cast<int>(i) + 1);
    CHECK(p.epochs == 3);
    CHECK(p.seen == 20);
    CHECK(p.samples == 20);
    CHECK(p.seconds >= (i == 0 ? 0 : history.epochs[i - 1].seconds));
    REQUIRE(p.metrics.size() == 1);
    CHECK(p.metrics[0].name == "reconstruction error");
    CHECK(p.metrics[0].value == near(measured[i], 1e-14));
  }
}

TEST_CASE("early stopping ends the run when patience does, with the best parameters") {
  BB m(6, 4);
  const auto epochs = scored_run({3, 1, 2, 1, 0, 0, 0}, 2, m);
  CHECK(epochs.size() == 4);  // the score of epoch 4 is as good as the best, not better
  CHECK(same_bits(m, epochs[1]));
  CHECK(!same_bits(m, epochs[3]));
}

TEST_CASE("early stopping gives the best parameters back if the run ends by itself") {
  BB m(6, 4);
  const auto epochs = scored_run({3, 2, 1, 4, 5}, 10, m);
  CHECK(epochs.size() == 5);
  CHECK(same_bits(m, epochs[2]));
  BB best_last(6, 4);
  const auto falling = scored_run({3, 2, 1}, 1, best_last);
  CHECK(same_bits(best_last, falling[2]));
}

TEST_CASE("scores that are not numbers are never the best") {
  BB m(6, 4);
  const auto epochs = scored_run({std::nan(""), 2, std::nan(""), std::nan(""), 0}, 2, m);
  CHECK(epochs.size() == 4);
  CHECK(same_bits(m, epochs[1]));
  BB never(6, 4);
  const auto scoreless = scored_run({std::nan(""), std::nan(""), 0}, 2, never);
  CHECK(same_bits(never, scoreless[1]));
}

TEST_CASE("early stopping remembers its run, and starts anew with the next one") {
  // Each layer has a run of its own; what was best in another is of another shape.
  EarlyStopping<BB> early([](const BB& m) { return m.visible.size() == 6 ? 1.0 : 2.0; }, 1);
  auto net = stack(BB(6, 4), BB(4, 3));
  Random rng(1);
  pretrain(net, two_classes<double>(6, 20).images, ContrastiveDivergence{}, Adam{}, three_epochs,
           rng, early);
  CHECK(describe(net) == "RBM 6-4 (Bernoulli, Bernoulli) | RBM 4-3 (Bernoulli, Bernoulli)");
  CHECK(early.best_score() == 2);
  CHECK(early.best_epoch() == 1);
  CHECK(early.scores() == std::vector<double>{2, 2});

  BB other(5, 2);  // a run of no epochs gives back nothing of an earlier one
  train(other, two_classes<double>(5, 20).images, ContrastiveDivergence{}, Adam{}, {.epochs = 0},
        rng, early);
  CHECK(describe(other) == "RBM 5-2 (Bernoulli, Bernoulli)");
}

TEST_CASE("a pipe gets plain lines, one for each epoch") {
  std::ostringstream out;
  ProgressPrinter printer(out, false);
  printer.batch(some_progress());
  CHECK(out.str().empty());
  auto done = some_progress();
  done.seen = 100;
  printer.epoch(done, 0);
  CHECK(out.str() == "a task  epoch 3/10  loss 0.1235  training error 12  75 samples/s  0:04\n");

  std::ostringstream run;
  ProgressPrinter lines(run, false);
  trained(lines);
  CHECK(run.str().find_first_of("\r\033") == std::string::npos);
  CHECK(count_of(run.str(), '\n') == 3);
}

TEST_CASE("a terminal gets a bar with the rate and the time left") {
  std::ostringstream out;
  ProgressPrinter printer(out, true);
  printer.batch(some_progress());  // 2.25 of 10 epochs in 4 s leave 13.8 s
  CHECK(out.str() ==
        "\r\033[Ka task  epoch 3/10  [======                  ]  56 samples/s  0:14 left");
  printer.batch(some_progress());  // not again within a tenth of a second
  CHECK(count_of(out.str(), '\r') == 1);
  auto later = some_progress();
  later.seconds = 4.2;
  printer.batch(later);
  CHECK(count_of(out.str(), '\r') == 2);
  printer.epoch(some_progress(), 0);
  CHECK(
      out.str().ends_with("\r\033[Ka task  epoch 3/10  loss 0.1235  training error 12  "
                          "56 samples/s  0:04\n"));
  auto next = some_progress();  // the clock of a new task starts again
  next.epoch = 1;
  next.seconds = 0.5;
  out.str("");
  printer.batch(next);
  CHECK(out.str().starts_with("\r\033[Ka task  epoch 1/10"));
}

TEST_CASE("a stream that is none of the standard ones is no terminal") {
  std::ostringstream out;
  auto printer = progress(out);
  printer.batch(some_progress());
  CHECK(out.str().empty());
}
