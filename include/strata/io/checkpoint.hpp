// SPDX-License-Identifier: MIT
// Training that goes on where it was stopped, to the same bits.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "strata/core/run.hpp"
#include "strata/io/crc32.hpp"
#include "strata/io/file.hpp"

namespace strata {

/// A run that was asked to stop has written its checkpoint.
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How often a checkpoint is written, and of what.
struct CheckpointOptions {
  double minutes = 5;  // since the last one; 0: after each batch
  int epochs = 0;      // also after each that many; 0: not
  std::string program =
      {};  // a checkpoint is refused where this differs: the program and its options
};

/// Keeps the state of the runs of a program in a file: parameters, optimiser, chains, random numbers,
/// observers, epoch and batch. Follows the other arguments of train, pretrain and fine_tune, the same one
/// in all the calls of a program:
///   Checkpoint checkpoint("net.checkpoint");
///   pretrain(dbn, images, ContrastiveDivergence{}, SGD{}, {.epochs = 10}, rng, checkpoint);
///   auto net = classifier(dbn, 10, rng);
///   fine_tune(net, digits, Backpropagation{}, Adam{}, {.epochs = 30}, rng, checkpoint);
///   checkpoint.remove();
/// Where the file is there, runs that had finished leave at once what they left then, the one that was
/// under way goes on, and the end is, bit for bit, that of a program never stopped. All else that the
/// program does must follow from its options, data and seeds alone, and these must be the same: of a run,
/// model, samples, epochs, batches and random numbers are compared, of all else what `program` says; observers of one's own that remember
/// something need visit(f) (train/plugins.hpp). Writing needs
/// three times the memory of what is kept.
/// Throws std::runtime_error if the file cannot be read or written, is damaged or is that of other runs;
/// what was in the file stays there. The first run writes it at once, so that what cannot be written is
/// known before hours of work.
class Checkpoint {
 public:
  /// Keeps nothing.
  Checkpoint() = default;
  explicit Checkpoint(std::filesystem::path path, CheckpointOptions options = {})
      : path_(std::move(path)), options_(std::move(options)) {
    check(options_.minutes >= 0, "Checkpoint: minutes has ", options_.minutes,
          ", but at least 0 is needed");
    check(options_.epochs >= 0, "Checkpoint: epochs has ", options_.epochs,
          ", but at least 0 is needed");
    PartFile::remove_left_behind(path_);
    if (std::filesystem::exists(path_)) read();
  }

  /// What the file held when it was opened: "2 runs finished, under way fine-tuning, 10 epochs of …", empty
  /// if there was none.
  const std::string& found() const { return found_; }

  /// The run under way is to stop after its batch, by throwing Interrupted. May be called by another thread
  /// or by a signal's handler.
  void interrupt() noexcept { stop_.store(true); }
  /// There is nothing to go on with any more.
  void remove() {
    if (!path_.empty()) std::filesystem::remove(path_);
  }

  // As a plugin of train/plugins.hpp.

  Resumed resume(const Run& run) {
    if (path_.empty()) return Resumed::no;
    const std::size_t number = number_++;
    if (number < kept_.runs.size()) {
      if (kept_.runs[number].name.empty()) return Resumed::no;
      restore(kept_.runs[number], run.name, run.result);
      return Resumed::finished;
    }
    if (number == kept_.number && !kept_.under_way.name.empty()) {
      restore(std::exchange(kept_.under_way, {}), run.name, run.state);
      return Resumed::under_way;
    }
    if (number == 0) write(run);
    return Resumed::no;
  }
  template <class Progress>
  void keep(const Run& run, const Progress& progress) {
    if (path_.empty()) return;
    const bool stop = stop_.load();
    const bool epochs = options_.epochs > 0 && progress.seen == progress.samples &&
                        progress.epoch % options_.epochs == 0;
    if (!stop && !epochs && !due()) return;
    write(run);
    if (stop)
      throw Interrupted(text(run.name, ": stopped in epoch ", progress.epoch, " after ",
                             progress.seen, " samples; ", path_.string(), " goes on from there"));
  }
  void finished(const Run& run) {
    if (path_.empty()) return;
    Archive result;
    run.result(result);
    kept_.runs.resize(number_ - 1);
    kept_.runs.push_back({run.name, result.take()});
    if (options_.epochs > 0 || due()) write();
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Kept {
    std::string name;
    Bytes state;

    template <class F>
    void visit(F&& f) {
      f("name", name), f("state", state);
    }
  };
  struct Contents {
    std::string program;
    std::vector<Kept> runs;  // that have finished; without a name those that ended by an exception
    std::uint64_t number = 0;  // of the run under way
    Kept under_way;            // without a name if there is none

    template <class F>
    void visit(F&& f) {
      f("program", program), f("runs", runs), f("number", number), f("under way", under_way);
    }
  };

  bool due() const {
    return Clock::now() - written_ >=
           std::chrono::duration<double, std::ratio<60>>(options_.minutes);
  }

  static constexpr std::string_view magic = "strata checkpoint ", version = "1";

  static std::string size_and_sum(std::span<const std::uint8_t> bytes) {
    return text(bytes.size(), " bytes, crc32 ", detail::hexadecimal(detail::checksum(0, bytes)));
  }

  void write(const Run& run) {
    Archive state;
    run.state(state);
    kept_.number = number_ - 1;
    kept_.under_way = {run.name, state.take()};
    write();
    kept_.under_way = {};
  }
  // A line of text, then an archive.
  void write() {
    Archive archive;
    kept_.program = options_.program;
    archive("checkpoint", kept_);
    const auto line = text(magic, version, ": ", size_and_sum(archive.bytes()), "\n");
    PartFile file(path_);
    file.write(bytes_of(line));
    file.write(archive.bytes());
    file.replace_target();
    written_ = Clock::now();
  }

  void read() {
    const Bytes bytes = read_bytes(path_);
    const auto end = std::find(
        bytes.begin(), bytes.begin() + std::min<std::ptrdiff_t>(std::ssize(bytes), 100), '\n');
    const std::string line(bytes.begin(), end);
    if (!line.starts_with(magic))
      file_error(path_, 0, "another kind of file", "a checkpoint of strata");
    if (const auto rest = line.substr(magic.size()); !rest.starts_with(text(version, ": ")))
      file_error(path_, magic.size(), text("version ", rest.substr(0, rest.find(':'))),
                 text("version ", version));
    const auto begin = std::min(line.size() + 1, bytes.size());
    const auto archive = std::span(bytes).subspan(begin);
    const auto expected = line.substr(magic.size() + version.size() + 2);
    if (size_and_sum(archive) != expected)
      file_error(path_, begin, size_and_sum(archive), expected);
    Archive from(archive, path_.string(), begin);
    from("checkpoint", kept_);
    from.expect_end();
    if (kept_.program != options_.program)
      throw std::runtime_error(text(path_.string(), ": is a checkpoint of \"", kept_.program,
                                    "\", but this is \"", options_.program, "\""));
    found_ = text(kept_.runs.size(), kept_.runs.size() == 1 ? " run" : " runs", " finished");
    if (!kept_.under_way.name.empty()) found_ += ", under way " + kept_.under_way.name;
  }

  // All or nothing.
  void restore(const Kept& kept, const std::string& name,
               const std::function<void(Archive&)>& visit) const {
    const auto where = text(path_.string(), ": run ", number_);
    if (kept.name != name)
      throw std::runtime_error(text(where, " is ", kept.name, ", but the program has ", name));
    Archive before;
    visit(before);
    try {
      Archive from(kept.state, where);
      visit(from);
      from.expect_end();
    } catch (...) {
      Archive back(before.bytes(), where);
      visit(back);
      throw;
    }
  }

  std::filesystem::path path_;
  CheckpointOptions options_;
  std::string found_;
  Contents kept_;
  std::size_t number_ = 0;  // of the runs that have begun
  Clock::time_point written_ = Clock::now();
  std::atomic<bool> stop_ = false;
};

}  // namespace strata
