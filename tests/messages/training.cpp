// SPDX-License-Identifier: MIT
// Programs in which one argument does not go with the others.
#include <strata/strata.hpp>
using namespace strata;

struct Nothing {};

// An optimiser that starts, and has no step.
struct NoStep {
  int start(const Parameters<float>&) const { return 0; }
};

int main() {
  Random rng(1);
  const Matrix<float> data = Matrix<float>::Zero(6, 6);
  const Training training{.epochs = 1};
  RBM<float> rbm(6, 4);
  Autoencoder<float> autoencoder(6, 4);
#if defined(ESTIMATOR_OF_RBMS)
  train(autoencoder, data, ContrastiveDivergence{}, SGD{}, training, rng);
#elif defined(ESTIMATOR_OF_LAYERS)
  auto dbn = stack(rbm, RBM<float>(4, 2));
  train(dbn, data, ContrastiveDivergence{}, SGD{}, training, rng);
#elif defined(ESTIMATOR_OF_OTHER_LAYERS)
  auto net = stack(rbm, Dense<Softmax<float>>(4, 2));
  pretrain(net, data, ContrastiveDivergence{}, SGD{}, training, rng);
#elif defined(OPTIMISER_WITHOUT_STEP)
  train(rbm, data, ContrastiveDivergence{}, NoStep{}, training, rng);
#elif defined(OPTIMISER_OF_LARGE_BATCHES)
  train(rbm, data, ContrastiveDivergence{}, ConjugateGradient{}, training, rng);
#elif defined(OPTIMISER_THAT_IS_NONE)
  auto net = classifier(stack(rbm, RBM<float>(4, 2)), 3, rng);
  fine_tune(net, LabelledData<float>{}, Backpropagation{}, Nothing{}, training, rng);
#elif defined(PENALTY_OF_NOTHING)
  train(rbm, data, ContrastiveDivergence{}, SGD{}, training, rng, WeightDecay{}, Nothing{});
#elif defined(PENALTY_OF_NOTHING_IN_A_STACK)
  DBN<float> dbn({6, 4, 2});
  pretrain(dbn, data, ContrastiveDivergence{}, SGD{}, training, rng, Nothing{});
#elif defined(PENALTY_OF_AUTOENCODERS)
  train(rbm, data, ContrastiveDivergence{}, SGD{}, training, rng, Masking{});
#elif defined(PENALTY_IN_FINE_TUNING)
  auto net = classifier(stack(rbm, RBM<float>(4, 2)), 3, rng);
  fine_tune(net, LabelledData<float>{}, Backpropagation{}, SGD{}, training, rng, Nothing{});
#elif defined(STACK_OF_UNITS)
  auto net = stack(rbm, Bernoulli<float>(4));
#elif defined(STACK_OF_TWO_SCALARS)
  auto net = stack(rbm, RBM<double>(4, 2));
  pretrain(net, data, ContrastiveDivergence{}, SGD{}, training, rng);
#elif defined(STACK_NOT_DENSE)
  auto dbn = stack(rbm, RBM<float>(4, 2));
  fine_tune(dbn, LabelledData<float>{}, Backpropagation{}, SGD{}, training, rng);
#endif
}
