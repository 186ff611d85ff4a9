// SPDX-License-Identifier: MIT
// Whatever is trained, stopped after any batch and begun again comes to the same bits as without a stop.
#include "strata/io/checkpoint.hpp"

#include <sys/wait.h>

#include "io/testing.hpp"
#include "strata/nets/dbn.hpp"
#include "strata/nets/generative.hpp"
#include "strata/nets/reweighted_wake_sleep.hpp"
#include "strata/nets/unroll.hpp"
#include "strata/nets/variational_bound.hpp"
#include "strata/nets/wake_sleep.hpp"
#include "strata/optim/adam.hpp"
#include "strata/optim/conjugate_gradient.hpp"
#include "strata/optim/hessian_free.hpp"
#include "strata/optim/lbfgs.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/exact.hpp"
#include "strata/rbm/fast_persistent_contrastive_divergence.hpp"
#include "strata/rbm/negative_phase.hpp"
#include "strata/rbm/parallel_tempering.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/observers.hpp"
#include "strata/train/pretrain.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

const SGD moving{.learning_rate = linear(0.1, 0.01, 3), .momentum = 0.5};
constexpr Training three_epochs{.epochs = 3, .batch_size = 5};

/// Interrupts a program after so many batches of all its runs.
struct InterruptAfter {
  Checkpoint& checkpoint;
  int batches;
  void batch(const Progress&) {
    if (--batches == 0) checkpoint.interrupt();
  }
};

/// All that a program came to, as bytes.
template <class... Values>
Bytes remains(Values&&... values) {
  Archive archive;
  (archive("value", values), ...);
  return archive.bytes();
}

/// program(rng, observers...) trains and returns what remains. It is stopped after each number of batches up
/// to `last`, at first with every batch written, later with none, and begun again.
template <class Program>
void check_goes_on(int last, Program&& program) {
  Random rng(3);
  const Bytes expected = program(rng);
  const TemporaryFolder folder;
  int stopped = 0;
  for (int batches = 1; batches <= last; ++batches) {
    CAPTURE(batches);
    const CheckpointOptions options{.minutes = batches <= 3 ? 0.0 : 1000.0};
    try {
      Checkpoint checkpoint(folder / "run", options);
      Random first(3);
      program(first, InterruptAfter{checkpoint, batches}, checkpoint);
    } catch (const Interrupted&) {
      ++stopped;
    }
    Checkpoint checkpoint(folder / "run", options);
    Random again(3);
    CHECK(program(again, checkpoint) == expected);
    CHECK(again.counter() == rng.counter());
    checkpoint.remove();
    CHECK(folder.files() == 0);
  }
  CHECK(stopped == last);
}

Matrix<float> kept_data(Index rows, bool binary) {
  const auto x = two_classes<float>(rows, 23).images;
  return binary ? Matrix<float>((x.array() > 0.5f).cast<float>()) : x;
}

template <class V = Bernoulli<float>, class Estimator, class Optimiser = SGD>
void check_rbm(const Estimator& estimator, bool binary = true, const Optimiser& steps = moving) {
  const auto data = kept_data(6, binary);
  check_goes_on(14, [&](Random& rng, auto&&... observers) {
    RBM<V, Bernoulli<float>> m(6, 4);
    train(m, data, estimator, steps, three_epochs, rng, WeightDecay{.l2 = 1e-3}, observers...);
    return remains(m);
  });
}

}  // namespace

TEST_CASE("Checkpoint: every estimator of an RBM goes on to the same bits") {
  check_rbm(ContrastiveDivergence{.steps = 2});
  check_rbm(PersistentContrastiveDivergence{});
  check_rbm(PersistentContrastiveDivergence{.chains = 7}, false);
  check_rbm(FastPersistentContrastiveDivergence{});
  check_rbm(ParallelTempering{.replicas = 3, .adapt_every = 4});
  check_rbm(ExactGradient{});
  check_rbm(NegativePhase{[](const auto& m, const auto& v0, auto& v, Random& rng) {
    v = States<float>(gibbs(m, v.cols() > 0 ? v.matrix() : v0.matrix(), 1, rng));
  }});
}

TEST_CASE("Checkpoint: coordinates, optimisers and real-valued units go on to the same bits") {
  check_rbm(PersistentContrastiveDivergence{.coordinates = Coordinates::plain});
  check_rbm(PersistentContrastiveDivergence{.coordinates = Coordinates::standardised}, true,
            SGD{.learning_rate = 0.01, .nesterov = true});
  check_rbm<Gaussian<float>>(PersistentContrastiveDivergence{}, false, Adam{});
  check_rbm<Gaussian<float>>(ParallelTempering{.replicas = 3, .adapt_every = 4}, false);
}

TEST_CASE("Checkpoint: autoencoders and nets that generate go on to the same bits") {
  const auto data = kept_data(6, true);
  check_goes_on(14, [&](Random& rng, auto&&... observers) {
    Autoencoder<float> layer(6, 4);
    train(layer, data, Reconstruction{}, Adam{}, three_epochs, rng, Masking{}, Sparsity{},
          observers...);
    return remains(layer);
  });
  const auto check_net = [&](const auto& net, const auto& estimator) {
    check_goes_on(6, [&](Random& rng, auto&&... observers) {
      auto m = net;
      train(m, data, estimator, moving, three_epochs, rng, observers...);
      return remains(m);
    });
  };
  const auto start = sbn<float>({6, 4, 3});
  check_net(start, WakeSleep{});
  check_net(start, ReweightedWakeSleep{.samples = 3});
  DBN<float> dbn({6, 4, 3});
  check_net(dbn, VariationalBound{});
  check_net(untied(dbn), UpDown{});
  check_net(untied(dbn), WakeSleepBy<PersistentContrastiveDivergence>{});
}

TEST_CASE("Checkpoint: fine-tuning by every optimiser goes on to the same bits") {
  const auto digits = two_classes<float>(6, 23);
  const auto check_steps = [&](const auto& steps, const Backpropagation& trainer,
                               const Training& training, int batches) {
    check_goes_on(batches, [&](Random& rng, auto&&... observers) {
      auto net = untrained_classifier<float>({6, 4, 2});
      fine_tune(net, digits, trainer, steps, training, rng, WeightDecay{.l2 = 1e-3}, observers...);
      return remains(net);
    });
  };
  check_steps(moving, {.top_only_epochs = 2}, three_epochs, 14);
  check_steps(Adam{}, {.sample_hidden = true, .dropout = {.input = 0.2, .hidden = 0.2}},
              {.epochs = 3, .batch_size = 5, .binarise = true}, 14);
  const Training whole{.epochs = 6, .batch_size = 23}, halves{.epochs = 3, .batch_size = 12};
  check_steps(ConjugateGradient{.line_searches = 2}, {}, whole, 5);
  check_steps(ConjugateGradient{.line_searches = 2}, {.top_only_epochs = 2}, whole, 5);
  check_steps(ConjugateGradient{}, {.sample_hidden = true}, halves, 5);
  check_steps(LBFGS{.iterations = 3}, {}, whole, 5);
  check_steps(HessianFree{.iterations = 5}, {}, halves, 5);
}

namespace {

/// A slope of 1 by all parameters, but NaN in every fifth batch of a run, from its sixth on.
struct BreaksNowAndThen {
  template <class M>
  struct State {
    Matrix<float> x0;
    int batch = 0;

    template <class F>
    void visit(F&& f) {
      f("batch", batch);
    }
  };
  template <class M>
  State<M> start(const M&) const {
    return {};
  }
  template <class M>
  void gradient(const M& m, const States<float>& v, State<M>& s, M& g, Random&) const {
    hidden_input(m, v, s.x0);
    for (auto& p : parameters(g)) p.value.setOnes();
    if (++s.batch % 5 == 1 && s.batch > 5) g.hidden.bias(1) = std::nanf("");
  }
};

}  // namespace

TEST_CASE(
    "Checkpoint: what a run that diverged goes back to, and its smaller steps, go on to the same "
    "bits") {
  const auto data = kept_data(6, true);
  for (const Index hidden : {4, 700}) {  // 4,096 parameters are more than few
    check_goes_on(hidden == 4 ? 14 : 9, [&](Random& rng, auto&&... observers) {
      RBM<float> m(6, hidden);
      m.weights.setConstant(0.5f);
      BackOff back_off{.times = 9};
      train(m, data, BreaksNowAndThen{}, moving, three_epochs, rng, back_off, observers...);
      CHECK(back_off.used == 2);
      return remains(m, back_off);
    });
  }
}

TEST_CASE("Checkpoint: a program that goes on after a run has thrown") {
  const auto data = kept_data(6, true);
  check_goes_on(5 + 14, [&](Random& rng, auto&&... observers) {
    RBM<float> m(6, 4);
    m.weights.setConstant(0.5f);
    Random first = rng, second = rng;
    bool diverged = false;
    try {
      train(m, data, BreaksNowAndThen{}, moving, three_epochs, first, observers...);
    } catch (const Diverged&) {
      diverged = true;
    }
    CHECK(diverged);
    m.weights.setConstant(0.5f);
    train(m, data, PersistentContrastiveDivergence{}, moving, three_epochs, second, observers...);
    return remains(m, second);
  });
}

TEST_CASE("Checkpoint: runs that follow one another, with all who look on") {
  const auto digits = two_classes<float>(6, 23);
  check_goes_on(3 * 15 - 1, [&](Random& rng, auto&&... observers) {
    History history;
    BackOff back_off;
    DBN<float> dbn({6, 4, 3});
    pretrain(dbn, digits.images, PersistentContrastiveDivergence{}, moving, three_epochs, rng,
             history, back_off, observers...);
    auto net = classifier(dbn, 2, rng);
    EarlyStopping<Classifier<float>> early(
        [](const auto& m) { return top_layer(m).weights.squaredNorm(); }, 5);  // which grows
    fine_tune(net, digits, Backpropagation{}, Adam{}, three_epochs, rng, history, early,
              observers...);
    for (auto& epoch : history.epochs) epoch.seconds = 0;
    CHECK(history.epochs.size() == 9);
    return remains(dbn, net, history);
  });
}

namespace {

/// Three epochs of a small RBM, stopped after four batches.
struct StoppedRun {
  TemporaryFolder folder;
  std::filesystem::path path = folder / "run";
  Matrix<float> data = kept_data(6, true);

  StoppedRun() {
    Checkpoint checkpoint(path, {.minutes = 1000, .program = "rbm --hidden 4"});
    CHECK_THROWS_AS(train_with(checkpoint, three_epochs, InterruptAfter{checkpoint, 4}),
                    Interrupted);
  }
  RBM<float> train_with(Checkpoint& checkpoint, const Training& training,
                        auto&&... observers) const {
    RBM<float> m(6, 4);
    m.weights.setConstant(0.1f);
    Random rng(1);
    train(m, data, PersistentContrastiveDivergence{}, moving, training, rng, observers...,
          checkpoint);
    return m;
  }
  /// What opening the file says when it holds these bytes.
  std::string error_with(const Bytes& bytes) const {
    write_atomically(path, bytes);
    const auto error =
        error_of<std::runtime_error>([&] { Checkpoint(path, {.program = "rbm --hidden 4"}); });
    CHECK(read_bytes(path) == bytes);
    return error;
  }
};

}  // namespace

TEST_CASE("Checkpoint: a file that was damaged anywhere is refused") {
  const StoppedRun run;
  const Bytes bytes = read_bytes(run.path);
  CHECK(run.error_with(bytes) == "no error");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CAPTURE(i);
    Bytes damaged = bytes;
    damaged[i] ^= 4;
    CHECK(contains(run.error_with(damaged), run.path.string() + ": at byte "));
    if (i % 7 == 0) CHECK(contains(run.error_with(first_bytes(bytes, i)), "but expected"));
  }
  Bytes longer = bytes;
  longer.push_back(0);
  CHECK(contains(run.error_with(longer), " bytes, crc32 "));
  const std::string other = "strata checkpoint 2: 0 bytes, crc32 00000000\n";
  CHECK(run.error_with({other.begin(), other.end()}) ==
        run.path.string() + ": at byte 18: found version 2, but expected version 1");
  CHECK(run.error_with({1, 2, 3}) ==
        run.path.string() +
            ": at byte 0: found another kind of file, but expected a checkpoint of strata");
}

TEST_CASE("Checkpoint: one of another program or other runs is refused, with both sides named") {
  const StoppedRun run;
  const Bytes bytes = read_bytes(run.path);
  CHECK(error_of<std::runtime_error>([&] {
          Checkpoint(run.path, {.program = "rbm --hidden 5"});
        }) == run.path.string() +
                  ": is a checkpoint of \"rbm --hidden 4\", but this is \"rbm --hidden 5\"");
  const CheckpointOptions same{.minutes = 1000, .program = "rbm --hidden 4"};
  Checkpoint longer(run.path, same);
  const auto name = [](int epochs) {
    return text("RBM 6-4 (Bernoulli, Bernoulli), ", epochs,
                " epochs of 23 samples in batches of 5, random numbers of seed 1 from 0");
  };
  CHECK(longer.found() == "0 runs finished, under way " + name(3));
  CHECK(error_of<std::runtime_error>([&] {
          run.train_with(longer, {.epochs = 4, .batch_size = 5});
        }) == text(run.path.string(), ": run 1 is ", name(3), ", but the program has ", name(4)));

  RBM<double> m(6, 4);
  m.weights.setOnes();
  const auto before = m;
  Random rng(1);
  Checkpoint checkpoint(run.path, same);
  const auto error = error_of<std::runtime_error>([&] {
    train(m, run.data.cast<double>(), PersistentContrastiveDivergence{}, moving, three_epochs, rng,
          checkpoint);
  });
  CHECK(error ==
        run.path.string() +
            ": run 1: at byte 0: found weights: matrix f4, but expected weights: matrix f8");
  CHECK(same_bits(m, before));

  Random other(1);
  RBM<float> n(6, 4);
  n.weights.setOnes();
  Checkpoint again(run.path, same);
  CHECK(contains(error_of<std::runtime_error>([&] {
                   train(n, run.data, PersistentContrastiveDivergence{}, Adam{}, three_epochs,
                         other, again);
                 }),
                 "but expected optimiser.first.size: u8"));
  CHECK(n.weights == Matrix<float>::Ones(4, 6));
  CHECK(read_bytes(run.path) == bytes);
}

TEST_CASE(
    "Checkpoint: what cannot be written is said before the first batch, and what was written "
    "stays") {
  const TemporaryFolder folder;
  Random rng(1);
  RBM<float> m(6, 4);
  int batches = 0;
  const auto count = [&](const Progress&, const RBM<float>&) { ++batches; };
  Checkpoint nowhere(folder / "none" / "run");
  CHECK(contains(error_of<std::runtime_error>([&] {
                   train(m, kept_data(6, true), PersistentContrastiveDivergence{}, moving,
                         three_epochs, rng, count, nowhere);
                 }),
                 "none/run: cannot be written: No such file or directory"));
  CHECK(batches == 0);

  const StoppedRun run;
  const Bytes bytes = read_bytes(run.path);
  Checkpoint checkpoint(run.path, {.minutes = 0, .program = "rbm --hidden 4"});
  const auto error = error_of<std::runtime_error>([&] {
    const FileSizeLimit full_disk(1000);
    run.train_with(checkpoint, three_epochs);
  });
  CHECK(error == run.path.string() + ": cannot be written: File too large");
  CHECK(read_bytes(run.path) == bytes);
  CHECK(run.folder.files() == 1);
}

TEST_CASE(
    "Checkpoint: what killed processes were writing is removed, and what others write is not") {
  const TemporaryFolder folder;
  const auto dead = fork();
  if (dead == 0) _exit(0);
  waitpid(dead, nullptr, 0);
  const auto part = [&](pid_t process) { return folder / text("run.part-", process, "-0"); };
  for (const auto process : {dead, getpid()}) write_atomically(part(process), "half a checkpoint");
  Checkpoint(folder / "run");
  CHECK(!std::filesystem::exists(part(dead)));
  CHECK(std::filesystem::exists(part(getpid())));
}

TEST_CASE(
    "Checkpoint: options without a meaning are refused, and one without a file does nothing") {
  CHECK_THROWS_WITH(Checkpoint("x", {.minutes = -1}),
                    "Checkpoint: minutes has -1, but at least 0 is needed");
  CHECK_THROWS_WITH(Checkpoint("x", {.minutes = std::nan("")}),
                    "Checkpoint: minutes has nan, but at least 0 is needed");
  CHECK_THROWS_WITH(Checkpoint("x", {.epochs = -1}),
                    "Checkpoint: epochs has -1, but at least 0 is needed");
  Checkpoint none, other;
  const StoppedRun run;
  other.interrupt();
  CHECK(same_bits(run.train_with(none, three_epochs), run.train_with(other, three_epochs)));
}
