// SPDX-License-Identifier: MIT
// CD-k and PCD-k on dense states need 2k + 3 products of n_v × n_h × B. floor_ratio is the
// throughput of a whole step of `train` (the minibatch, sampling, weight decay, momentum, the check
// for finite numbers) relative to those products alone by the fastest library. The claims: on
// binary data above 1, for sums of the few columns that are on replace the products; on real-valued
// data at batch 100 at least 0.8 of Eigen's own products.
#include "support/training.hpp"

namespace benchmarks {
namespace {

template <class Estimator>
void add_step(const std::string& name, Index n_v, Index n_h, Index batch, Estimator estimator) {
  for (const bool binary : {true, false})
    add(strata::text(name, "/visible:", n_v, "/hidden:", n_h, "/batch:", batch,
                     "/k:", static_cast<int>(estimator.steps(0)), binary ? "/binary" : "/real"),
        [=](benchmark::State& state) {
          time_training(state, trained(n_v, n_h), samples(n_v, binary), batch, estimator,
                        images().name);
        });
}

const bool registered = [] {
  for (const auto& [n_v, n_h] :
       {std::pair<Index, Index>{784, 500}, {500, 500}, {500, 2000}, {784, 1024}})
    for (const Index batch : {10, 32, 100, 512}) {
      for (const int k : {1, 10})
        add_step("contrastive_divergence", n_v, n_h, batch,
                 strata::ContrastiveDivergence{.steps = k});
      add_step("persistent_contrastive_divergence", n_v, n_h, batch,
               strata::PersistentContrastiveDivergence{.steps = 1});
    }
  return true;
}();

}  // namespace
}  // namespace benchmarks
