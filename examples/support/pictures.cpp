// SPDX-License-Identifier: MIT
#include "support/pictures.hpp"

#include <cmath>
#include <strata/io/mistakes.hpp>
#include <strata/io/png.hpp>
#include <strata/io/safetensors.hpp>

namespace support {

using namespace strata;

Index side(Index pixels) {
  return static_cast<Index>(std::lround(std::sqrt(static_cast<double>(pixels))));
}

Image squares(const Matrix<float>& x, const TileOptions& options) {
  return tiles(x, side(x.rows()), side(x.rows()), options);
}

void write_filters(const std::filesystem::path& path, const Matrix<float>& weights) {
  const Index n = std::min<Index>(100, weights.rows());
  write_png(path, squares(weights.topRows(n).transpose(), {.shades = Shades::filter, .zoom = 2}));
}

void write_rows(const std::filesystem::path& path, const std::vector<Matrix<float>>& rows) {
  check(!rows.empty(), "write_rows: rows has 0 matrices, but at least 1 is needed");
  const TileOptions row{.columns = rows[0].cols(), .zoom = 2};
  Image all = squares(rows[0], row);
  for (std::size_t i = 1; i < rows.size(); ++i) all = over(all, squares(rows[i], row));
  write_png(path, all);
}
void write_pairs(const std::filesystem::path& path, const Matrix<float>& above,
                 const Matrix<float>& below) {
  write_rows(path, {above, below});
}

void dbn_pictures(const Program& program, const DBN<float>& dbn, const Samples<float>& digits,
                  Random& rng) {
  const Matrix<float> some = digits.columns(0, 20);
  write_pairs(program.announce("reconstructions.png"), some, reconstruct(dbn, some));

  // Chains at the top that set out from digits and forget them.
  Dreams dreams(dbn, digits.columns(0, 100), rng);
  dreams.run(200, rng);
  write_png(program.announce("samples.png"), squares(dreams.pixels(rng), {.zoom = 2}));
  save(program.announce("dbn.safetensors"), dbn);
}

void classifier_pictures(const Program& program, const Classifier<float>& net,
                         const LabelledImages<float>& test, const Labels& guesses) {
  write_filters(program.announce("filters.png"), std::get<0>(net.layers).layers[0].weights);
  const Index s = side(test.images.rows());
  write_png(program.announce("mistakes.png"),
            mistakes(test.images.numbers(), s, s, test.labels, guesses));
}

}  // namespace support
