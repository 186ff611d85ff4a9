// SPDX-License-Identifier: MIT
// Files read with errors that say where, and written so that the old file stays whole until the new
// one is.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "strata/core/checks.hpp"

namespace strata {

/// The same characters as bytes; refers to them.
inline std::span<const std::uint8_t> bytes_of(std::string_view characters) {
  return {reinterpret_cast<const std::uint8_t*>(characters.data()), characters.size()};
}

/// `digits.idx: at byte 3: found 9 dimensions, but expected 1 to 4`
[[noreturn]] inline void file_error(const std::filesystem::path& path, std::uint64_t offset,
                                    std::string_view found, std::string_view expected) {
  throw std::runtime_error(
      text(path.string(), ": at byte ", offset, ": found ", found, ", but expected ", expected));
}

/// `out/net.safetensors: cannot be written: No such file or directory`, from errno.
[[noreturn]] inline void system_error(const std::filesystem::path& path, std::string_view what) {
  throw std::runtime_error(text(path.string(), ": cannot be ", what, ": ", std::strerror(errno)));
}

/// A file read from front to back; zlib sees by itself whether it is gzipped. Offsets count
/// unpacked bytes.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path)
      : path_(std::move(path)), file_(gzopen(path_.c_str(), "rb")) {
    if (!file_) system_error(path_, "opened");
  }

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t offset() const { return offset_; }

  /// The next `count` bytes, or fewer where the file ends. Memory grows with what is there, since a
  /// `count` out of a header may lie.
  Bytes read(std::uint64_t count) {
    constexpr std::uint64_t step = 1 << 20;
    Bytes bytes;
    for (bool more = true; more && bytes.size() < count;) {
      const auto before = bytes.size();
      bytes.resize(before + std::min(count - before, step));
      const auto got = unpack(std::span(bytes).subspan(before));
      more = before + got == bytes.size();
      bytes.resize(before + got);
    }
    return bytes;
  }

  /// The next `count` bytes, which must be there: `what` names them in the error.
  Bytes read_exactly(std::uint64_t count, std::string_view what) {
    Bytes bytes = read(count);
    if (bytes.size() < count)
      file_error(path_, offset_, "the end of the file",
                 text(count - bytes.size(), " more bytes of ", what));
    return bytes;
  }

  void expect_end(std::string_view what) {
    const auto end = offset_;
    if (!read(1).empty())
      file_error(path_, end, "more bytes", text("the end of the file after ", what));
  }

 private:
  std::size_t unpack(std::span<std::uint8_t> bytes) {
    const int got = gzread(file_.get(), bytes.data(), static_cast<unsigned>(bytes.size()));
    if (got > 0) offset_ += static_cast<std::uint64_t>(got);
    int state = Z_OK;
    gzerror(file_.get(),
            &state);  // a stream cut short is told only here: gzread returns what it has
    if (state == Z_ERRNO) system_error(path_, "read");
    if (state == Z_BUF_ERROR)
      file_error(path_, offset_, "the end of the file", "the rest of a gzip stream");
    if (state != Z_OK || got < 0)
      file_error(path_, offset_, "damaged gzip data", "an intact gzip stream");
    return static_cast<std::size_t>(got);
  }

  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::uint64_t offset_ = 0;
};

/// The whole of a file, unpacked if it is gzipped.
inline Bytes read_bytes(const std::filesystem::path& path) {
  return InputFile(path).read(std::numeric_limits<std::uint64_t>::max());
}

/// The new contents of a file, kept beside it until they are complete, and removed if they never
/// are.
class PartFile {
 public:
  explicit PartFile(std::filesystem::path target) : target_(std::move(target)) {
    static std::atomic<unsigned> count = 0;  // two threads may write one file: the last rename wins
    do {
      part_ = target_;
      part_ += text(infix, getpid(), "-", count++);
      file_ = open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (file_ < 0 && errno == EEXIST);  // left by a process that died
    if (file_ < 0) system_error(target_, "written");
  }
  /// Removes what processes that were killed left of this file.
  static void remove_left_behind(const std::filesystem::path& target) {
    const auto folder =
        target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
    const auto start = target.filename().string() + infix;
    std::error_code none;  // then there is nothing to remove
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
      const auto name = entry.path().filename().string();
      pid_t process = 0;
      if (!name.starts_with(start)) continue;
      std::from_chars(name.data() + start.size(), name.data() + name.size(), process);
      if (process > 0 && kill(process, 0) != 0 && errno == ESRCH)
        std::filesystem::remove(entry.path(), none);
    }
  }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  ~PartFile() {
    if (file_ >= 0) close(file_);
    if (!renamed_) unlink(part_.c_str());
  }

  void write(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
      const auto written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) system_error(target_, "written");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  /// The bytes reach the disk before the name does: otherwise a power cut could leave an empty
  /// file.
  void replace_target() {
    if (fsync(file_) != 0) system_error(target_, "written");
    if (close(std::exchange(file_, -1)) != 0) system_error(target_, "written");
    if (std::rename(part_.c_str(), target_.c_str()) != 0) system_error(target_, "written");
    renamed_ = true;
  }

 private:
  static constexpr const char* infix = ".part-";  // before the process that writes

  std::filesystem::path target_, part_;
  int file_ = -1;
  bool renamed_ = false;
};

/// Writes beside, flushes, renames: whatever fails, the old file is whole. Creates no folders.
inline void write_atomically(const std::filesystem::path& path,
                             std::span<const std::uint8_t> bytes) {
  PartFile file(path);
  file.write(bytes);
  file.replace_target();
}

inline void write_atomically(const std::filesystem::path& path, std::string_view characters) {
  write_atomically(path, bytes_of(characters));
}

}  // namespace strata
