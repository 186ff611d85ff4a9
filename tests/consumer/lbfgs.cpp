// SPDX-License-Identifier: MIT
// strata::lbfgs brings its library with it.
#include <strata/optim/lbfgs.hpp>

struct Bowl {  // ½ θᵀθ
  using Scalar = float;
  double value(const Eigen::VectorXf& theta, Eigen::VectorXf* gradient) const {
    if (gradient) *gradient = theta;
    return 0.5 * theta.squaredNorm();
  }
  bool changed() const { return false; }
};

int main() {
  Bowl f;
  Eigen::VectorXf theta = Eigen::VectorXf::Ones(3);
  auto state = strata::LBFGS{}.start<float>();
  strata::LBFGS{}.improve(f, theta, state);
  return theta.norm() < 1e-3 ? 0 : 1;
}
