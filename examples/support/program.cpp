// SPDX-License-Identifier: MIT
#include "support/program.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <strata/core/parallel.hpp>
#include <strata/io/mnist.hpp>

namespace support {

namespace fs = std::filesystem;

struct Program::Parser {
  CLI::App app;
};

namespace {
// CLI::NonNegativeNumber lets nan and inf through.
std::string check_real(const std::string& input) {
  double value = 0;
  if (CLI::detail::lexical_cast(input, value) && value >= 0 && std::isfinite(value)) return "";
  return strata::text("the number has ", input, ", but finite numbers from 0 are needed");
}
}  // namespace

Program::Program(const std::string& name, const std::string& description, const Common& common)
    : out("out/" + name), parser_(new Parser{CLI::App(description, name)}) {
  auto& app = parser_->app;
  if (!common.data.empty())
    app.add_option("--data", data,
                   strata::text("folder of the files of ", common.data,
                                ", plain or .gz; by default $STRATA_DATA/", common.data,
                                " or data/", common.data));
  app.add_option("--seed", seed, "of all random numbers")->capture_default_str();
  app.add_option("--threads", threads_, "0: all cores; the results do not depend on it")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--out", out, "folder for pictures and tables, made if need be")
      ->capture_default_str();
  if (!common.models) return;
  app.add_option("--save", save, "file for the trained model (safetensors)");
  app.add_option("--load", load, "model file to use instead of training");
  app.add_option("--checkpoint", checkpoint_file_,
                 "file that keeps the state of training; if it is there, training goes on from it. "
                 "It is removed "
                 "at the end");
  app.add_option("--checkpoint-minutes", checkpoint_minutes_,
                 "after which it is written again, 0: each batch")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
}

Program::~Program() = default;

void Program::positional(const std::string& name, fs::path& value, const std::string& help) {
  parser_->app.add_option(name, value, help)->required();
}
void Program::flag(const std::string& name, bool& value, const std::string& help) {
  parser_->app.add_flag(name, value, help);
}
void Program::option(const std::string& name, int& value, const std::string& help) {
  parser_->app.add_option(name, value, help)->capture_default_str()->check(CLI::NonNegativeNumber);
}
void Program::option(const std::string& name, double& value, const std::string& help) {
  parser_->app.add_option(name, value, help)
      ->capture_default_str()
      ->check(check_real, "NONNEGATIVE");
}
void Program::option(const std::string& name, std::string& value, const std::string& help) {
  parser_->app.add_option(name, value, help);
}
void Program::option(const std::string& name, std::vector<strata::Index>& value,
                     const std::string& help) {
  parser_->app.add_option(name, value, help)
      ->capture_default_str()
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
}
void Program::option(const std::string& name, std::vector<std::string>& value,
                     const std::string& help) {
  parser_->app.add_option(name, value, help)->capture_default_str()->delimiter(',');
}

namespace {

// Of the one program that runs. A second signal ends it at once.
strata::Checkpoint* interrupted = nullptr;

void interrupt(int signal) {
  const int before = errno;
  interrupted->interrupt();
  constexpr std::string_view words =
      "\nstopping at the next batch, to go on later; once more stops at once\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, words.data(), words.size());
  std::signal(signal, SIG_DFL);
  errno = before;
}

}  // namespace

// Those that decide what is learned.
std::string Program::options() const {
  std::string all = parser_->app.get_name();
  for (const auto* option : parser_->app.get_options()) {
    const auto name = option->get_name();
    const bool decides = name != "--data" && name != "--out" && name != "--save" &&
                         name != "--threads" && !name.starts_with("--checkpoint");
    if (option->count() == 0 || !decides) continue;
    all += " " + name;
    for (const auto& value : option->results()) all += " " + value;
  }
  return all;
}

void Program::open_checkpoint() {
  if (checkpoint_file_.empty()) {
    checkpoint_.emplace();
    return;
  }
  if (checkpoint_file_.has_parent_path()) fs::create_directories(checkpoint_file_.parent_path());
  checkpoint_.emplace(checkpoint_file_, strata::CheckpointOptions{.minutes = checkpoint_minutes_,
                                                                  .program = options()});
  if (!checkpoint_->found().empty())
    std::cerr << "going on from " << checkpoint_file_.string() << ": " << checkpoint_->found()
              << "\n";
  interrupted = &*checkpoint_;
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, interrupt);
}

int Program::run(int argc, char** argv, const std::function<void()>& body) {
  try {
    parser_->app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return parser_->app.exit(e) == 0 ? 0 : 2;
  }
  try {
    if (threads_ > 0) strata::set_threads(threads_);
    if (save.has_parent_path()) fs::create_directories(save.parent_path());  // or fail at once
    open_checkpoint();
    body();
    checkpoint_->remove();
    std::cout << "result:" << results_ << " seed=" << seed << " threads=" << strata::threads()
              << " seconds=" << rounded_seconds() << std::endl;
    return 0;
  } catch (const strata::Interrupted& e) {
    std::cerr << e.what() << "\nto go on:";
    for (int i = 0; i < argc; ++i) std::cerr << " " << argv[i];
    std::cerr << "\n";
    return 130;
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << "\n";
    return 1;
  }
}

namespace {
std::vector<fs::path> usual_folders(const std::string& name) {
  std::vector<fs::path> folders;
  if (const char* all = std::getenv("STRATA_DATA")) folders.push_back(fs::path(all) / name);
  folders.push_back(fs::path("data") / name);
  return folders;
}
}  // namespace

fs::path Program::mnist_folder() const {
  if (!data.empty()) return data;
  for (const auto& folder : usual_folders("mnist"))
    if (strata::has_mnist(folder)) return folder;
  throw std::runtime_error(
      "mnist: no digits in $STRATA_DATA/mnist or data/mnist, but --data was not "
      "given; ./quickstart.sh fetches them");
}

fs::path Program::folder(const fs::path& given, const std::string& name,
                         const std::string& option) {
  if (!given.empty()) return given;
  for (const auto& usual : usual_folders(name))
    if (fs::is_directory(usual)) return usual;
  throw std::runtime_error(strata::text(name, ": no folder $STRATA_DATA/", name, " or data/", name,
                                        ", but ", option, " was not given"));
}

fs::path Program::announce(const std::string& file) const {
  fs::create_directories(out);
  std::cout << "  wrote " << (out / file).string() << "\n";
  return out / file;
}

double Program::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

}  // namespace support
