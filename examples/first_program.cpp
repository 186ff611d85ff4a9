// SPDX-License-Identifier: MIT
// Usage:  first_program      where data/mnist has the four MNIST files, plain or gzipped
// Output: the README's first program: the test error of a deep belief net, in a minute
#include <iostream>
#include <strata/io/mnist.hpp>
#include <strata/strata.hpp>
using namespace strata;

int main() {
  const auto mnist = read_mnist<float>("data/mnist");
  Random rng(1);

  auto dbn = stack(RBM<float>(784, 500), RBM<float>(500, 500), RBM<float>(500, 2000));
  pretrain(dbn, mnist.train.images, ContrastiveDivergence{.steps = 1},
           SGD{.learning_rate = 0.05, .momentum = 0.5}, {.epochs = 5, .batch_size = 100}, rng,
           progress(std::cerr));

  auto net = classifier(dbn, 10, rng);
  fine_tune(net, mnist.train, Backpropagation{}, Adam{.learning_rate = linear(0.001, 0, 10)},
            {.epochs = 10}, rng, progress(std::cerr));
  std::cout << "test error " << error_rate(net, mnist.test) << " %\n";
}
