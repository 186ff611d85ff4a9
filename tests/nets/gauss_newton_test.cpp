// SPDX-License-Identifier: MIT
#include "strata/nets/gauss_newton.hpp"

#include <Eigen/Eigenvalues>

#include "nets/testing.hpp"
#include "strata/units/activation.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// The columns of ∂f_b/∂x_b for each column b: f's change, by central differences, as row i of x
/// changes in all columns.
template <class F>
std::vector<Matrix<double>> slopes_by_rows(const Matrix<double>& x, F&& f) {
  std::vector<Matrix<double>> slopes(static_cast<std::size_t>(x.cols()));
  for (auto& m : slopes) m.resize(x.rows(), x.rows());
  for (Index i = 0; i < x.rows(); ++i) {
    Matrix<double> above = x, below = x;
    above.row(i).array() += 1e-5;
    below.row(i).array() -= 1e-5;
    const Matrix<double> slope = (f(above) - f(below)) / 2e-5;
    for (Index b = 0; b < x.cols(); ++b) slopes[static_cast<std::size_t>(b)].col(i) = slope.col(b);
  }
  return slopes;
}

/// H of each sample: the second derivative of the loss by the top layer's input x; for the squared
/// error its part (∂y/∂x)ᵀ(∂y/∂x).
template <class Units>
auto second_derivatives(const CrossEntropy& loss, const Units& units, const Matrix<double>& x,
                        const Matrix<double>& target) {
  return slopes_by_rows(x, [&](const Matrix<double>& at) {
    Matrix<double> delta;
    loss.gradient(units, at, mean(units, at), target, delta);
    return delta;
  });
}
template <class Units>
auto second_derivatives(const SquaredError&, const Units& units, const Matrix<double>& x,
                        const Matrix<double>&) {
  auto h = slopes_by_rows(x, [&](const Matrix<double>& at) { return mean(units, at); });
  for (auto& m : h) m = (m.transpose() * m).eval();
  return h;
}

/// Σ_b J_bᵀ H_b J_b / B as a matrix, J = ∂x/∂θ by central differences of the top layer's input x, its
/// bias included. log σ, which is 0 and does not learn, counts as constant.
template <class Loss, class Net>
Matrix<double> dense_gauss_newton(Net net, const Matrix<double>& input,
                                  const Matrix<double>& target) {
  Activations<double> a(depth(net));
  const auto top_input = [&]() -> Matrix<double> {
    forward(net, input, a);
    return a.x.back().colwise() + top_layer(net).units.bias;
  };
  std::vector<Matrix<double>> columns;  // ∂x/∂θ_i, n_out × B
  for (auto& p : parameters(net))
    for (Index i = 0; i < p.value.size(); ++i) {
      const double value = p.value(i);
      p.value(i) = value + 1e-5;
      const Matrix<double> above = top_input();
      p.value(i) = value - 1e-5;
      columns.push_back((p.role == Role::log_scale ? 0 : 1) * (above - top_input()) / 2e-5);
      p.value(i) = value;
    }
  forward(net, input, a);
  const Matrix<double> x = a.x.back();
  const auto h = second_derivatives(Loss{}, top_layer(net).units, x, target);
  const Index size = std::ssize(columns);
  Matrix<double> g = Matrix<double>::Zero(size, size);
  for (Index b = 0; b < input.cols(); ++b) {
    Matrix<double> j(x.rows(), size);
    for (Index i = 0; i < size; ++i) j.col(i) = columns[static_cast<std::size_t>(i)].col(b);
    g += j.transpose() * h[static_cast<std::size_t>(b)] * j / static_cast<double>(input.cols());
  }
  return g;
}

/// The matrix that gauss_newton() multiplies by, one unit vector after the other.
template <class Loss, class Net>
Matrix<double> products_with_unit_vectors(const Net& net, const States<double>& input) {
  Activations<double> a(depth(net));
  Tangents<double> t(depth(net));
  forward(net, input, a);
  Net direction = net, g = net;  // what g holds is overwritten
  auto to = parameters(direction);
  const Index size = flatten(net).size();
  Matrix<double> all(size, size);
  for (Index i = 0; i < size; ++i) {
    assign<double>(to, Vector<double>(Vector<double>::Unit(size, i)));
    gauss_newton(net, direction, input, Loss{}, a, t, g);
    all.col(i) = flatten(g);
  }
  return all;
}

template <class Loss, class Net>
void check_products(const Net& net, Random& rng) {
  const Matrix<double> input = random_batch(input_size(net), 4, rng),
                       target = rng.uniform<double>(output_size(net), 4);
  const Matrix<double> g = products_with_unit_vectors<Loss>(net, input);
  CAPTURE(describe(net));
  CAPTURE(std::string(Loss::name));
  CHECK(distance(g, dense_gauss_newton<Loss>(net, input, target)) < 1e-8);
  CHECK(g.cwiseAbs().maxCoeff() > 0.02);
  CHECK(distance(g, g.transpose()) < 1e-14);
  CHECK(Eigen::SelfAdjointEigenSolver<Matrix<double>>(g).eigenvalues().minCoeff() > -1e-13);
}

template <class... Layers>
void check_both_losses(Random& rng, const Layers&... layers) {
  check_products<CrossEntropy>(stack(layers...), rng);
  check_products<SquaredError>(stack(layers...), rng);
}

/// −∂/∂θ of what backward() ascends along: the Hessian of the mean loss.
template <class Loss, class Net>
Matrix<double> hessian(Net net, const Matrix<double>& input, const Matrix<double>& target) {
  Activations<double> a(depth(net));
  Net g = net;
  const auto slope = [&] {
    forward(net, input, a);
    backward(net, input, target, Loss{}, a, g);
    return flatten(g);
  };
  std::vector<Vector<double>> columns;
  for (auto& p : parameters(net))
    for (Index i = 0; i < p.value.size(); ++i) {
      const double value = p.value(i);
      p.value(i) = value + 1e-5;
      const Vector<double> above = slope();
      p.value(i) = value - 1e-5;
      columns.push_back((slope() - above) / 2e-5);
      p.value(i) = value;
    }
  Matrix<double> h(std::ssize(columns), std::ssize(columns));
  for (Index i = 0; i < h.cols(); ++i) h.col(i) = columns[static_cast<std::size_t>(i)];
  return h;
}

}  // namespace

TEST_CASE("the Gauss–Newton product is that with ΣJᵀHJ, for each top and each kind below") {
  Random rng(1);
  check_both_losses(rng, random_dense(3, Tanh<double>(4), rng),
                    random_dense(4, Softplus<double>(3), rng), random_dense(3, B(2), rng));
  check_both_losses(rng, random_dense(3, ReLU<double>(4), rng), random_dense(4, S(2, 2), rng),
                    random_dense(4, G(2), rng));
  check_both_losses(rng, stack(random_dense(3, B(4), rng), random_dense(4, B(3), rng)),
                    random_dense(3, S(3), rng));
}

TEST_CASE("of one layer that suits its loss the Gauss–Newton matrix is the Hessian") {
  Random rng(2);
  const auto check = [&]<class Loss>(Loss, const auto& layer) {
    const Matrix<double> input = random_batch(3, 5, rng), target = rng.uniform<double>(3, 5);
    CAPTURE(describe(layer));
    CHECK(distance(products_with_unit_vectors<Loss>(layer, input),
                   hessian<Loss>(layer, input, target)) < 1e-9);
  };
  const auto linear = stack(random_dense(3, G(3), rng));  // parameters: W, b, log σ
  const Matrix<double> input = random_batch(3, 5, rng), target = random_batch(3, 5, rng);
  const Matrix<double> h = hessian<SquaredError>(linear, input, target),
                       g = products_with_unit_vectors<SquaredError>(linear, input);
  CHECK(distance(g.topRows(12), h.topRows(12).leftCols(12) * Matrix<double>::Identity(12, 15)) <
        1e-9);
  CHECK(g.bottomRows(3).isZero(0));
  check(CrossEntropy{}, random_dense(3, B(3), rng));
  check(CrossEntropy{}, random_dense(3, S(3), rng));
}

TEST_CASE("the Gauss–Newton product of bits, and into a Gradient, is the same") {
  Random rng(3);
  const auto net = stack(random_dense(5, B(4), rng), random_dense(4, S(3), rng));
  const auto direction = stack(random_dense(5, B(4), rng), random_dense(4, S(3), rng));
  const Matrix<double> numbers = random_states<double>(5, 7, rng, 0.4);
  Activations<double> a(2);
  Tangents<double> t(2);
  auto by_numbers = net, by_bits = net;
  forward(net, numbers, a);
  gauss_newton(net, direction, numbers, CrossEntropy{}, a, t, by_numbers);
  const States<double> bits = BinaryStates(numbers);
  forward(net, bits, a);
  gauss_newton(net, direction, bits, CrossEntropy{}, a, t, by_bits);
  CHECK(distance(flatten(by_bits), flatten(by_numbers)) < 1e-14);
  auto tiled = net.zero_gradient();
  gauss_newton(net, direction, bits, CrossEntropy{}, a, t, tiled);
  auto& [below, top] = tiled.layers;
  CHECK(distance(multiplied(below.weights), std::get<0>(by_bits.layers).weights) < 1e-14);
  CHECK(distance(multiplied(top.weights), std::get<1>(by_bits.layers).weights) < 1e-14);
  CHECK(top.units.bias == std::get<1>(by_bits.layers).units.bias);
}

TEST_CASE("squared gradients are those of single samples, squared and averaged") {
  Random rng(4);
  const auto net = stack(random_dense(5, Tanh<double>(4), rng), random_dense(4, B(3), rng),
                         random_dense(3, S(3), rng));
  const Matrix<double> numbers = random_batch(5, 7, rng),
                       bits = random_states<double>(5, 7, rng, 0.4),
                       target = rng.uniform<double>(3, 7);
  for (const States<double>& input :
       {States<double>(numbers), States<double>(BinaryStates(bits))}) {
    Activations<double> a(3), alone(3);
    auto g = net, squares = net;
    Vector<double> expected = Vector<double>::Zero(flatten(net).size());
    for (Index b = 0; b < 7; ++b) {
      const Matrix<double> x = input.matrix().col(b);
      forward(net, x, alone);
      backward(net, x, Matrix<double>(target.col(b)), CrossEntropy{}, alone, g);
      expected += flatten(g).cwiseAbs2() / 7;
    }
    forward(net, input, a);
    squared_gradients(net, input, target, CrossEntropy{}, a, squares);
    CHECK(distance(flatten(squares), expected) < 1e-15);
    CHECK(expected.maxCoeff() > 1e-2);
  }
}
