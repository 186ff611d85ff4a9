// SPDX-License-Identifier: MIT
#include "support/codes.hpp"

#include <strata/evaluate/logistic_pca.hpp>
#include <strata/evaluate/pca.hpp>
#include <strata/evaluate/squared_error.hpp>
#include <strata/io/mnist.hpp>
#include <strata/io/scatter.hpp>

#include "support/curves.hpp"
#include "support/faces.hpp"
#include "support/pictures.hpp"

namespace support {

using namespace strata;

namespace {

DataSet read(const Program& program, const std::string& name) {
  if (name == "curves") return make_curves(curve_sizes, program.seed);
  if (name == "faces") {
    const auto folder = Program::folder(program.data, "olivetti", "--data");
    return make_faces(read_pictures(folder, "olivetti_faces"), face_sizes, patches_per_face,
                      program.seed);
  }
  check(name == "mnist", "deep_autoencoder: set has ", name,
        ", but mnist, curves or faces is needed");
  auto mnist = read_mnist<float>(program.mnist_folder());
  return {std::move(mnist.train), {}, std::move(mnist.test)};
}

}  // namespace

Matrix<float> PictureSet::shown(const Matrix<float>& x) const {
  if (mean.size() == 0) return x;
  return (deviation * x).colwise() + mean;
}

PictureSet read_picture_set(const Program& program, const std::string& name, bool held_out) {
  DataSet set = read(program, name);
  if (held_out && set.valid.size() > 0)
    set.test = std::move(set.valid);
  else if (held_out)
    hold_out(set.train, set.test);
  PictureSet pictures{
      set.train.images.numbers(), set.test.images.numbers(), set.test.labels, {}, 1};
  if (name != "faces") return pictures;
  pictures.labels.clear();  // whose they are
  // The published numbers are in units of the variance of all patches, so the test patches count too.
  auto &train = pictures.train, &test = pictures.test;
  const auto n = static_cast<float>(train.cols() + test.cols());
  pictures.mean = (train.rowwise().sum() + test.rowwise().sum()) / n;
  train.colwise() -= pictures.mean;
  test.colwise() -= pictures.mean;
  pictures.deviation = std::sqrt((train.squaredNorm() + test.squaredNorm()) /
                                 (n * static_cast<float>(train.rows())));
  train /= pictures.deviation;
  test /= pictures.deviation;
  return pictures;
}

void compare_codes(Program& program, const PictureSet& set, Index size,
                   const std::function<Matrix<float>(const Matrix<float>&)>& reconstruct) {
  const Index n = std::min<Index>(20, set.test.cols());
  const Matrix<float> some = set.test.leftCols(n);
  std::vector<Matrix<float>> rows{set.shown(some), set.shown(reconstruct(some))};
  if (set.mean.size() == 0) {
    const auto logistic = logistic_pca(set.train, size);
    program.result("logistic_pca", squared_error(logistic, set.test));
    rows.push_back(strata::reconstruct(logistic, some));
  }
  const auto linear = pca(set.train, size);
  program.result("pca", squared_error(linear, set.test));
  rows.push_back(set.shown(strata::reconstruct(linear, some)));
  write_rows(program.announce("reconstructions.png"), rows);
}

void draw_codes(const Program& program, const Matrix<float>& codes, const Labels& labels) {
  const Index n = codes.cols();
  const bool plane = codes.rows() == 2;
  write_scatter_chart(program.announce("codes.svg"),
                      plane ? "codes" : "codes, first two principal components",
                      plane ? codes : encode(pca(codes, 2), codes),
                      labels.empty() ? Labels(static_cast<std::size_t>(n), 0)
                                     : Labels(labels.begin(), labels.begin() + n));
}

}  // namespace support
