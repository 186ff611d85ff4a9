// SPDX-License-Identifier: MIT
// The programs of coming_from.md, and, in run(), a check of each on pictures of bars.
#include <strata/strata.hpp>

#include "claims.hpp"
using namespace strata;

namespace coming_from {

namespace {

struct Scored {
  RBM<float> rbm;
  Matrix<float> features;
  Row<double> scores;
};

Scored scikit_learn(const Matrix<float>& data) {
  //! [scikit-learn]
  // X has a sample in each row, `data` in each column: data = X.transpose().
  Random rng(0);                                             // random_state=0
  RBM<float> rbm(data.rows(), 12);                           // n_components=12
  rbm.weights = 0.01F * rng.normal<float>(12, data.rows());  // as scikit-learn begins
  train(rbm, data, PersistentContrastiveDivergence{.steps = 1, .coordinates = Coordinates::plain},
        SGD{.learning_rate = 0.1}, {.epochs = 10, .batch_size = 10}, rng);  // fit
  const Matrix<float> features = hidden_mean(rbm, data);                    // transform, transposed
  const Row<double> scores = pseudo_log_likelihood(rbm, data, 1, rng);      // score_samples
  //! [scikit-learn]
  return {rbm, features, scores};
}

double deep_belief_net(const LabelledData<float>& learned) {
  //! [theano dbn]
  Random rng(123);
  DBN<float> dbn({learned.images.rows(), 24, 24});
  pretrain(dbn, learned.images, ContrastiveDivergence{.steps = 1}, SGD{.learning_rate = 0.01},
           {.epochs = 100, .batch_size = 10}, rng);
  auto net = classifier(dbn, 2, rng);
  fine_tune(net, learned, Backpropagation{}, SGD{.learning_rate = 0.1},
            {.epochs = 100, .batch_size = 10}, rng);  // an EarlyStopping may follow
  //! [theano dbn]
  return error_rate(net, learned);
}

double stacked_denoising(const LabelledData<float>& learned) {
  //! [theano sda]
  Random rng(89677);
  Stack<Autoencoder<float>> below({learned.images.rows(), 24, 24});
  const double corruption[] = {0.1, 0.2};
  pretrain(below, learned.images, [&](auto& layer, const auto& x, std::size_t i) {
    train(layer, x, Reconstruction{}, SGD{.learning_rate = 0.1}, {.epochs = 15, .batch_size = 20},
          rng, Masking{.probability = corruption[i]});
  });
  auto net = classifier(below, 2, rng);  // and fine_tune as above
  //! [theano sda]
  claims::hold(depth(net) == 3, "two layers and a softmax");
  return reconstruction_error(below.layers[0], learned.images);
}

double dll(const LabelledData<float>& learned) {
  //! [dll]
  const SGD momentum{.learning_rate = 0.1, .momentum = step(0.5, 6, 0.9)};
  Random rng(1);
  DBN<float> dbn({learned.images.rows(), 24, 24});  // sizes are no template arguments
  pretrain(dbn, learned.images, ContrastiveDivergence{.steps = 1}, momentum,
           {.epochs = 10, .batch_size = 50}, rng);  // net->pretrain(…, 10)
  auto net = classifier(dbn, 2, rng);
  fine_tune(net, learned, Backpropagation{}, momentum, {.epochs = 50, .batch_size = 50}, rng);
  return error_rate(net, learned);  // net->evaluate(…), in percent
  //! [dll]
}

// The squared error per sample of the mean picture.
double base_rates(const Matrix<float>& data) {
  return double((data.colwise() - data.rowwise().mean()).squaredNorm()) / double(data.cols());
}

}  // namespace

void run() {
  const LabelledData<float> bars = tutorial::bars();
  LabelledData<float> many{bars.images.replicate(1, 50), {}};
  for (int i = 0; i < 50; ++i)
    many.labels.insert(many.labels.end(), bars.labels.begin(), bars.labels.end());

  const Scored scored = scikit_learn(many.images);
  claims::report("scikit-learn's trainer, mean score", scored.scores.mean());
  claims::hold(scored.features.rows() == 12 && scored.features.cols() == many.size(),
               "a column of features for each sample");
  claims::hold(scored.scores.mean() > -16 * std::log(2), "ten epochs are better than coins");
  claims::hold(scored.scores.maxCoeff() <= 0, "a score is the logarithm of a probability");

  const double theano = deep_belief_net(many), denoised = stacked_denoising(many),
               of_dll = dll(many);
  claims::report("Theano's DBN, error in percent", theano);
  claims::report("what a denoising layer loses of a picture", denoised);
  claims::report("dll's DBN, error in percent", of_dll);
  claims::hold(theano < 5 && of_dll < 5, "both nets read the pictures they learned");
  claims::hold(denoised < base_rates(many.images),
               "a denoising layer tells more than the mean picture");
}

}  // namespace coming_from
