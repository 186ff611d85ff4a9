// SPDX-License-Identifier: MIT
#include "strata/units/activation.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "units/laws.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

double function_of(const Tanh<double>&, double z) { return 1 - 2 / (1 + std::exp(2 * z)); }
double function_of(const ReLU<double>&, double z) { return z > 0 ? z : 0; }
double function_of(const Softplus<double>&, double z) { return std::log(1 + std::exp(z)); }

template <class U>
U with_random_bias(U units, Random& rng) {
  units.bias = rng.normal<double>(units.size(), 1).template cast<ScalarOf<U>>();
  return units;
}

/// f′ and f″ beside central differences of f and of f′, entry by entry.
template <class U>
void derivatives_are_slopes(const U& units, const Matrix<double>& x) {
  Matrix<double> first, second, above, below, unused;
  const Matrix<double> step = constant(x.rows(), x.cols(), 1e-5);
  units.derivatives(mean(units, x), first, second);
  CHECK(distance(first, (mean(units, x + step) - mean(units, x - step)) / 2e-5) < 1e-9);
  units.derivatives(mean(units, x + step), above, unused);
  units.derivatives(mean(units, x - step), below, unused);
  CHECK(distance(second, (above - below) / 2e-5) < 1e-9);
}

/// f(x), f′ and f″ at inputs far from 0, where b = 0.
template <class U>
struct Extremes {
  using S = ScalarOf<U>;
  Matrix<S> y, first, second, g;

  Extremes() {
    const U units(4);
    const Matrix<S> x{{S(-1e30)}, {-50}, {50}, {S(1e30)}};
    units.mean(x, y);
    units.derivatives(y, first, second);
    g.setOnes(4, 1);
    units.mean_gradient(x, y, g);
    CHECK(g == first);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("activations are their function of b + x, with its derivatives", U, Tanh<double>,
                   ReLU<double>, Softplus<double>) {
  Random rng(1);
  const U units = with_random_bias(U(5), rng);
  const Matrix<double> x = 2 * rng.normal<double>(5, 40);
  CAPTURE(kind_name(units));
  Matrix<double> y;
  units.mean(x, y);
  REQUIRE(y.rows() == 5);
  REQUIRE(y.cols() == 40);
  for (Index j = 0; j < 40; ++j)
    for (Index i = 0; i < 5; ++i)
      CHECK(y(i, j) == near(function_of(units, x(i, j) + units.bias(i)), 1e-14));
  derivatives_are_slopes(units, x);
  mean_gradient_is_the_derivative(units, Matrix<double>(x.leftCols(5)), rng);
}

TEST_CASE("Bernoulli and Gaussian means have their derivatives, whatever σ is") {
  Random rng(2);
  const Matrix<double> x = 2 * rng.normal<double>(5, 40);
  derivatives_are_slopes(random_units(B(5), rng), x);
  const auto wide = random_units(G(5), rng);
  CHECK((wide.sigma().array() - 1).abs().minCoeff() > 0.01);
  derivatives_are_slopes(wide, x);
}

TEST_CASE_TEMPLATE("inputs far from 0 give what they should, and nothing that is not finite", S,
                   float, double) {
  const Extremes<Tanh<S>> tanh;
  CHECK(tanh.y == Vector<S>{{-1, -1, 1, 1}});
  CHECK(tanh.first.isZero(0));
  CHECK(tanh.second.isZero(0));
  const Extremes<ReLU<S>> relu;
  CHECK(relu.y == Vector<S>{{0, 0, 50, S(1e30)}});
  CHECK(relu.first == Vector<S>{{0, 0, 1, 1}});
  CHECK(relu.second.isZero(0));
  const Extremes<Softplus<S>> softplus;
  CHECK(softplus.y(0) >= 0);
  CHECK(softplus.y(0) <= std::numeric_limits<S>::min());
  CHECK(softplus.y(1) / std::exp(-50.0) == near(1, 1e-6));  // log1p(…), not log(1 + …), which is 0
  CHECK(softplus.y(2) == 50);
  CHECK(softplus.y(3) == S(1e30));
  CHECK(softplus.first(1) == softplus.y(1));  // σ(z) as z → −∞
  CHECK(softplus.first.col(0).tail(2).isOnes(0));
  CHECK(softplus.second.cwiseAbs().maxCoeff() < 1e-20);
}

TEST_CASE("at its corner a rectifier has no slope") {
  const ReLU<double> units(2);
  Matrix<double> y, first, second;
  units.mean(Vector<double>{{0, -0.0}}, y);
  units.derivatives(y, first, second);
  CHECK(first.isZero(0));
  CHECK(second.isZero(0));
}

TEST_CASE_TEMPLATE("activations in single precision are those in double", Function,
                   detail::HyperbolicTangent, detail::Rectifier, detail::SoftRectifier) {
  Random rng(3);
  const auto single = with_random_bias(Activation<float, Function>(5), rng);
  Activation<double, Function> exact(5);
  exact.bias = single.bias.template cast<double>();
  const Matrix<float> x = 3 * rng.normal<float>(5, 200);
  const Matrix<double> xd = x.cast<double>();
  Matrix<float> first, second;
  Matrix<double> exact_first, exact_second;
  const Matrix<float> y = mean(single, x);
  CHECK(distance(y, mean(exact, xd)) < 2e-6);
  single.derivatives(y, first, second);
  exact.derivatives(mean(exact, xd), exact_first, exact_second);
  CHECK(distance(first, exact_first) < 2e-6);
  CHECK(distance(second, exact_second) < 4e-6);
  CHECK(first.minCoeff() >= 0);  // tanh never leaves [−1, 1]
}

TEST_CASE("activations say their names; their bias is a parameter") {
  CHECK(kind_name(Tanh<float>()) == "tanh");
  CHECK(kind_name(ReLU<float>()) == "ReLU");
  CHECK(kind_name(Softplus<float>()) == "softplus");
  CHECK(Tanh<float>(3).bias.isZero(0));
  CHECK(Tanh<float>(3).size() == 3);
  CHECK(describe(support<Tanh<float>>()) == "values in [-1, 1]");
  CHECK(describe(support<ReLU<float>>()) == "values in [0, inf]");
  CHECK(describe(support<Softplus<float>>()) == "values in [0, inf]");
}
