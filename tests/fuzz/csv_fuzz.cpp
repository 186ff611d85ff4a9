// SPDX-License-Identifier: MIT
// The reader of tables. The first byte of an input is its options, the others are the text.
#include "strata/io/csv.hpp"

#include <cmath>
#include <cstring>

#include "fuzz/testing.hpp"

using namespace strata;
using namespace strata::fuzzing;

namespace {

CsvOptions options_of(std::uint8_t byte) {
  CsvOptions options;
  options.separator = "\0\t;, |:\0"[byte & 7];
  if ((byte & 8) != 0) options.header = (byte & 16) != 0;
  if ((byte & 32) != 0) options.label = (byte & 64) != 0 ? "2" : "label";
  if ((byte & 128) != 0) options.classes = {"0", "cat", "1"};
  return options;
}

/// Numbers, written and read again, are the same to the last bit.
template <class S>
void check_table(const Table<S>& table, const CsvOptions& options) {
  const Matrix<S>& x = table.data.images;
  require(x.rows() > 0, "rows");
  require(table.names.empty() || std::ssize(table.names) == x.rows(), "a name for each row");
  require(table.data.labels.empty() || table.data.size() == std::ssize(table.data.labels),
          "a label for each column");
  require(options.label.empty() == table.data.labels.empty() || x.cols() == 0,
          "labels where they are asked for");
  for (const int label : table.data.labels)
    require(label >= 0 && label < std::ssize(table.classes), "labels that are classes");
  if (x.cols() == 0) return;

  const MemoryFile again(bytes_of(detail::csv_lines<S>(x, {})));
  const Matrix<S> back = read_csv<S>(again.path()).data.images;
  require(back.rows() == x.rows() && back.cols() == x.cols(), "the same shape");
  for (Index i = 0; i < x.size(); ++i)
    require(std::isnan(x(i)) ? std::isnan(back(i)) : std::memcmp(&x(i), &back(i), sizeof(S)) == 0,
            "the same bits");
}

/// Reads, or refuses in the grammar of tables.
template <class S>
void read_or_not(const MemoryFile& file, const CsvOptions& options) {
  try {
    check_table(read_csv<S>(file.path(), options), options);
  } catch (const std::runtime_error& e) {
    const std::string said = e.what(), path = file.path().string() + ": ";
    require(said.starts_with(path + "at ") && said.find(": found ") != said.npos &&
                said.find(", but expected ") != said.npos,
            "an error in the grammar of tables: " + said);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const MemoryFile file(std::span(data, size).subspan(1));
  const CsvOptions options = options_of(data[0]);
  read_or_not<double>(file, options);
  read_or_not<float>(file, options);
  return 0;
}
