// Usage:  first_program DATA_FOLDER      the four MNIST files, plain or gzipped
// Output: the test error of a deep belief net after pre-training and fine-tuning
#include <iostream>
#include <strata/io/mnist.hpp>
#include <strata/strata.hpp>
using namespace strata;

int main(int argc, char** argv) {
  const auto mnist = read_mnist<float>(argc > 1 ? argv[1] : "data/mnist");
  Random rng(1);

  auto dbn = stack(RBM<float>(784, 500), RBM<float>(500, 500), RBM<float>(500, 2000));
  pretrain(dbn, mnist.train.images, ContrastiveDivergence{.steps = 1},
           SGD{.learning_rate = 0.1, .momentum = 0.5}, {.epochs = 2, .batch_size = 100}, rng,
           progress(std::cerr));

  auto net = classifier(dbn, 10, rng);
  fine_tune(net, mnist.train, Backpropagation{}, SGD{.learning_rate = 0.1, .momentum=.9}, {.epochs = 5}, rng,
            progress(std::cerr));
  std::cout << "test error " << error_rate(net, mnist.test) << " %\n";
}
