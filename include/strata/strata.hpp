// SPDX-License-Identifier: MIT
// The umbrella: everything that needs Eigen alone, in the order of dependence.
#pragma once

#include "strata/core/binary_states.hpp"
#include "strata/core/checks.hpp"
#include "strata/core/minibatches.hpp"
#include "strata/core/parallel.hpp"
#include "strata/core/parameters.hpp"
#include "strata/core/random.hpp"
#include "strata/core/samples.hpp"
#include "strata/core/special.hpp"
#include "strata/core/types.hpp"

#include "strata/kernels/binary_product.hpp"
#include "strata/kernels/column_sums.hpp"
#include "strata/kernels/elementwise.hpp"
#include "strata/kernels/outer_products.hpp"
#include "strata/kernels/product.hpp"

#include "strata/units/bernoulli.hpp"
#include "strata/units/concept.hpp"
#include "strata/units/gaussian.hpp"
#include "strata/units/softmax.hpp"

#include "strata/rbm/contrastive_divergence.hpp"
#include "strata/rbm/exact.hpp"
#include "strata/rbm/gibbs.hpp"
#include "strata/rbm/initialise.hpp"
#include "strata/rbm/persistent_contrastive_divergence.hpp"
#include "strata/rbm/rbm.hpp"
#include "strata/rbm/statistics.hpp"

#include "strata/nets/backpropagation.hpp"
#include "strata/nets/classifier.hpp"
#include "strata/nets/dbn.hpp"
#include "strata/nets/dense.hpp"
#include "strata/nets/layer.hpp"
#include "strata/nets/loss.hpp"
#include "strata/nets/stack.hpp"

#include "strata/optim/adam.hpp"
#include "strata/optim/penalties.hpp"
#include "strata/optim/schedule.hpp"
#include "strata/optim/sgd.hpp"

#include "strata/evaluate/error_rate.hpp"
#include "strata/evaluate/likelihood.hpp"

#include "strata/train/batches.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/loop.hpp"
#include "strata/train/observers.hpp"
#include "strata/train/pretrain.hpp"
#include "strata/train/train.hpp"
