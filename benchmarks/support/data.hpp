// SPDX-License-Identifier: MIT
// What the benchmarks learn from. How many binary units are on, and how few of them a
// reconstruction changes, decides the speed: so the data are digits where there are some, and the
// models have learned them.
#pragma once

#include <cmath>
#include <filesystem>
#include <map>
#include <numbers>
#include <strata/io/mnist.hpp>

#include "support/libraries.hpp"

namespace benchmarks {

using RBM = strata::RBM<float>;

/// Pictures of random strokes, grey at their edges, with as much ink as makes the mean grey level
/// about `density`.
inline Matrix strokes(Index pixels, double density, Index count, strata::Random& rng) {
  const auto width = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(pixels))));
  constexpr double half_a_dab = 3.5;
  Matrix images = Matrix::Zero(pixels, count);
  for (auto image : images.colwise()) {
    double ink = density * static_cast<double>(pixels);
    const auto dab = [&](Index x, Index y) {
      for (const Index dy : {-1, 0, 1})
        for (const Index dx : {-1, 0, 1}) {
          const Index i = (y + dy) * width + x + dx;
          if (x + dx < 0 || x + dx >= width || i < 0 || i >= pixels) continue;
          const float grey = std::max(image(i), dx == 0 || dy == 0 ? 1.0f : 0.5f);
          ink -= grey - image(i);
          image(i) = grey;
        }
    };
    while (ink > half_a_dab) {
      const Matrix u = rng.uniform<float>(3, 1);
      const float angle = 2 * std::numbers::pi_v<float> * u(2), size = static_cast<float>(width);
      for (Index step = 0; step < width / 2 && ink > half_a_dab; ++step) {
        const auto length = static_cast<float>(step);
        dab(static_cast<Index>(u(0) * size + length * std::cos(angle)),
            static_cast<Index>(u(1) * size + length * std::sin(angle)));
      }
    }
  }
  return images;
}

/// Grey levels, 784 × N, of digits from the folder $STRATA_DATA/mnist or data/mnist, or else of
/// strokes.
struct Images {
  std::string name;
  Matrix grey;
};

inline const Images& images() {
  static const Images found = [] {
    constexpr Index count = 10'000;
    const char* data = std::getenv("STRATA_DATA");
    for (const std::string folder : {data ? data : "data", "data"})
      if (strata::has_mnist(folder + "/mnist")) {
        const auto mnist = strata::read_mnist<float>(folder + "/mnist");
        return Images{"digits", strata::first(mnist.train, count).images.numbers()};
      }
    strata::Random rng(1);
    return Images{"strokes, as there are no digits", strokes(784, 0.13, count, rng)};
  }();
  return found;
}

/// An RBM after five epochs of CD-1 on the data as probabilities.
inline RBM learned(const Matrix& data, Index n_h) {
  strata::Random rng(2);
  RBM rbm(data.rows(), n_h);
  strata::train(rbm, data, strata::ContrastiveDivergence{},
                strata::SGD{.learning_rate = 0.1, .momentum = 0.5},
                {.epochs = 5, .batch_size = 100, .binarise = true}, rng);
  return rbm;
}

inline const RBM& trained(Index n_v, Index n_h);

/// What an RBM with so many visible units learns: 784 see the images, others are the hidden units
/// of an RBM that does. Real-valued data are grey levels and means; binary ones are drawn from
/// them. Made once.
inline const Matrix& samples(Index n_v, bool binary) {
  static std::map<std::pair<Index, bool>, Matrix> made;
  const auto [place, is_new] = made.try_emplace({n_v, binary});
  Matrix& x = place->second;
  if (!is_new) return x;
  if (binary)
    x = strata::Random(3).bernoulli(samples(n_v, false));
  else if (n_v == 784)
    x = images().grey;
  else
    x = strata::hidden_mean(trained(784, n_v), samples(784, true));
  return x;
}

/// An RBM that has learned samples(n_v, false). Made once.
inline const RBM& trained(Index n_v, Index n_h) {
  static std::map<std::pair<Index, Index>, RBM> made;
  const auto [place, is_new] = made.try_emplace({n_v, n_h});
  if (is_new) place->second = learned(samples(n_v, false), n_h);
  return place->second;
}

}  // namespace benchmarks
