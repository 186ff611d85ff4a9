// SPDX-License-Identifier: MIT
// Which types satisfy which concept, as the pages in concepts/ say. Checked when it is compiled.
#include <strata/strata.hpp>
using namespace strata;

namespace models {

//! [units]
static_assert(UnitLayer<Bernoulli<float>> && UnitLayer<Spin<float>> && UnitLayer<Gaussian<float>>);
static_assert(UnitLayer<Softmax<float>> && UnitLayer<Binomial<float>> &&
              UnitLayer<ReplicatedSoftmax<float>>);
static_assert(UnitLayer<TruncatedGaussian<float>> && UnitLayer<SteppedSigmoid<float>> &&
              UnitLayer<NoisyReLU<float>>);
static_assert(UnitLayer<Joint<Bernoulli<float>, Softmax<float>>>);
// A mean alone, for codes and classifiers:
static_assert(ElementwiseUnits<Tanh<float>> && ElementwiseUnits<ReLU<float>> &&
              ElementwiseUnits<Softplus<float>> && ElementwiseUnits<KSparse<float>>);
static_assert(!UnitLayer<Tanh<float>> && !UnitLayer<KSparse<float>>);
//! [units]

//! [refinements]
static_assert(BinaryUnits<Bernoulli<float>> && BinaryUnits<Softmax<float>> &&
              !BinaryUnits<Spin<float>>);
static_assert(EnumerableUnits<Bernoulli<float>> && EnumerableUnits<Spin<float>> &&
              EnumerableUnits<Binomial<float>> && EnumerableUnits<Softmax<float>> &&
              EnumerableUnits<ReplicatedSoftmax<float>>);
static_assert(!EnumerableUnits<Gaussian<float>> && !EnumerableUnits<TruncatedGaussian<float>>);
static_assert(HasStatistic<Gaussian<float>> && CoupledUnits<Gaussian<float>> &&
              ScaledUnits<Gaussian<float>> && !LinearUnits<Gaussian<float>>);
static_assert(ConservingUnits<ReplicatedSoftmax<float>>);
//! [refinements]

//! [rbm]
static_assert(AnyRBM<RBM<float>> && AnyRBM<GaussianRBM<double>> &&
              AnyRBM<RBM<Softmax<float>, Gaussian<float>>>);
static_assert(LinearRBM<RBM<float>> && !LinearRBM<GaussianRBM<float>>);
static_assert(AnyLabelledRBM<LabelledRBM<float>> && !AnyLabelledRBM<RBM<float>>);
static_assert(HasPseudoLikelihood<RBM<float>> && !HasPseudoLikelihood<GaussianRBM<float>>);
//! [rbm]

//! [layers]
static_assert(GenerativeLayer<RBM<float>> && GenerativeLayer<Autoencoder<float>> &&
              GenerativeLayer<Directed<float>>);
static_assert(Layer<Dense<Bernoulli<float>>> && !GenerativeLayer<Dense<Bernoulli<float>>>);
static_assert(Layer<DBN<float>> && Layer<Classifier<float>>);  // a stack is a layer
//! [layers]

//! [generative]
static_assert(GenerativeNet<SBN<float>> && !GenerativeNet<DBN<float>>);
static_assert(AnyPrior<FactorialPrior<Bernoulli<float>>> && AnyPrior<AutoregressivePrior<float>>);
static_assert(GenerativeNet<decltype(untied(LabelledDBN<float>()))>);
static_assert(LabelledNet<LabelledDBN<float>> && !LabelledNet<DBN<float>>);
//! [generative]

//! [objective]
// Half the square of the distance from a target, as an optimiser on objectives sees it.
struct Distance {
  using Scalar = double;
  Vector<double> target;

  double value(const Vector<double>& theta, Vector<double>* gradient) const {
    if (gradient) *gradient = theta - target;
    return 0.5 * (theta - target).squaredNorm();
  }
  bool changed() const { return false; }
};
static_assert(Objective<Distance> && !CurvedObjective<Distance>);
//! [objective]

}  // namespace models
