// SPDX-License-Identifier: MIT
// Principal components of binary data: "A generalized linear model for principal component analysis
// of binary data" (Schein, Saul and Ungar 2003). Not in the umbrella, like pca.hpp, which it needs.
#pragma once

#include <Eigen/Cholesky>

#include "strata/core/special.hpp"
#include "strata/evaluate/pca.hpp"

namespace strata {

/// P(vᵢ = 1 | a) = σ(θᵢ) with θ = U a + b: a code a of k numbers for each sample.
template <std::floating_point S>
struct LogisticPCA {
  using Scalar = S;
  Matrix<S> loadings;  // U, n × k
  Vector<S> bias;      // b, n
  double ridge;        // of the codes
};

struct LogisticPCAOptions {
  int iterations = 30;
  /// Times half the squares of codes, loadings and biases: where a pixel never changes, or a code
  /// separates a sample, they would grow for ever.
  double ridge = 1e-3;
};

namespace detail {

/// The curvature w = tanh(θ/2) / 2θ of the parabola that touches log(1 + e^θ) at ±θ and lies above
/// it; ¼ at 0.
template <class S>
Matrix<S> bound_curvature(const Matrix<S>& theta) {
  const auto t = theta.array().abs();
  return (t < S(1e-3)).select(S(0.25), (t / 2).tanh() / (2 * t.max(S(1e-3))));
}

/// The products xᵢ xⱼ, i ≤ j, of each column: k (k + 1) / 2 × B.
template <class S>
Matrix<S> pair_products(const Matrix<S>& x) {
  Matrix<S> pairs(x.rows() * (x.rows() + 1) / 2, x.cols());
  parallel_pieces(x.cols(), 64, [&](Index first, Index n) {
    for (Index c = first; c < first + n; ++c)
      for (Index j = 0, p = 0; j < x.rows(); p += ++j)
        pairs.col(c).segment(p, j + 1) = x(j, c) * x.col(c).head(j + 1);
  });
  return pairs;
}

/// Each column of x ← (A + ridge I)⁻¹ of it, where the column of `pairs` holds A.
template <class S>
void solve_each(const Matrix<S>& pairs, double ridge, Matrix<S>& x) {
  parallel_pieces(x.cols(), 16, [&](Index first, Index n) {
    Matrix<double> a(x.rows(), x.rows());
    for (Index c = first; c < first + n; ++c) {
      for (Index j = 0, p = 0; j < x.rows(); p += ++j)
        a.col(j).head(j + 1) = pairs.col(c).segment(p, j + 1).template cast<double>();
      a.diagonal().array() += ridge;
      const Eigen::LLT<Matrix<double>, Eigen::Upper> factors(a);
      const Vector<double> right = x.col(c).template cast<double>();
      x.col(c) = factors.solve(right).template cast<S>();
    }
  });
}

/// θ, n × B.
template <class S>
Matrix<S> natural_parameters(const LogisticPCA<S>& m, const Matrix<S>& codes) {
  Matrix<S> theta;
  product(m.loadings, codes, theta);
  theta.colwise() += m.bias;
  return theta;
}

/// One of Newton's steps for each code; `pairs` are those of Uᵀ. Of a step that changes θ by at most δ
/// the share log(1 + δ) / δ is taken: it is sure to lower the loss, since |f‴| ≤ f″ for f = log(1 + e^θ).
/// Returns the largest change.
template <class S>
S improve_codes(const LogisticPCA<S>& m, const Matrix<S>& pairs, const Matrix<S>& v,
                Matrix<S>& codes) {
  const Matrix<S> p = sigmoid(natural_parameters(m, codes));
  Matrix<S> squares, step, change;
  product(pairs, Matrix<S>(p.array() * (1 - p.array())), squares);
  product(m.loadings.transpose(), Matrix<S>(v - p), step);
  step -= static_cast<S>(m.ridge) * codes;
  solve_each(squares, m.ridge, step);
  product(m.loadings, step, change);
  const auto delta = change.cwiseAbs().colwise().maxCoeff().array().max(S(1e-6)).eval();
  step.array().rowwise() *= delta.log1p() / delta;
  codes += step;
  return step.cwiseAbs().maxCoeff();
}

}  // namespace detail

/// The codes by which x, n × B, has the least cross-entropy but for the ridge, k × B. It is convex in
/// them. Improved by Newton's steps until none changes by more than a thousandth, at most 100 times.
template <std::floating_point S>
Matrix<S> encode(const LogisticPCA<S>& m, const Batch<std::type_identity_t<S>>& x) {
  check_rows("encode", "x", x.rows(), m.bias.size(), "inputs");
  constexpr int most = 100;
  const Matrix<S> v = x, pairs = detail::pair_products<S>(m.loadings.transpose());
  Matrix<S> codes = Matrix<S>::Zero(m.loadings.cols(), x.cols());
  for (int i = 0; i < most; ++i)
    if (detail::improve_codes(m, pairs, v, codes) < S(1e-3)) break;
  return codes;
}

/// σ(U a + b), n × B.
template <std::floating_point S>
Matrix<S> decode(const LogisticPCA<S>& m, const Batch<std::type_identity_t<S>>& codes) {
  check_rows("decode", "codes", codes.rows(), m.loadings.cols(), "components");
  return sigmoid(detail::natural_parameters<S>(m, codes));
}

/// decode(encode(x)).
template <std::floating_point S>
Matrix<S> reconstruct(const LogisticPCA<S>& m, const Batch<std::type_identity_t<S>>& x) {
  return decode(m, encode(m, x));
}

/// Loadings and biases by which the data (n × N: a matrix, GreyLevels, BinaryStates, from 0 to 1)
/// have the least cross-entropy, with the ridge, under the best code for each. Those of PCA come first;
/// in turn codes take one of Newton's steps, and loadings go 1.9 times as far as the bottom of the
/// parabolas that touch the loss: neither can raise it. Throws for the same reasons as pca, and for a
/// value outside [0, 1]. An iteration costs 2 N n k² operations.
template <std::floating_point S>
LogisticPCA<S> logistic_pca(const Samples<S>& data, Index components,
                            const LogisticPCAOptions& options = {}) {
  check(options.iterations >= 0 && options.ridge > 0 && std::isfinite(options.ridge),
        "logistic_pca: iterations, ridge has ", options.iterations, ", ", options.ridge,
        ", but at least 0 and more than 0 are needed");
  data.check_values("logistic_pca", "data", {0, 1});
  const PCA<S> linear = pca(data, components);
  const Index n = data.rows(), k = components;
  const Vector<S> mean = linear.mean.array().max(S(1e-3)).min(S(1 - 1e-3));
  LogisticPCA<S> m{linear.components, (mean.array() / (1 - mean.array())).log(), options.ridge};
  Matrix<S> codes = Matrix<S>::Zero(k, data.cols()), some;

  for (int i = 0; i < options.iterations; ++i) {
    const Matrix<S> of_loadings = detail::pair_products<S>(m.loadings.transpose());
    // Of each row of U and b: Σ w (a, 1)(a, 1)ᵀ, and Σ (v − ½) (a, 1).
    Matrix<S> squares = Matrix<S>::Zero((k + 1) * (k + 2) / 2, n);
    Matrix<S> rows = Matrix<S>::Zero(k + 1, n);
    data.for_each_block([&](Matrix<S> v, Index first) {
      some = codes.middleCols(first, v.cols());
      detail::improve_codes(m, of_loadings, v, some);
      codes.middleCols(first, v.cols()) = some;
      const Matrix<S> w = detail::bound_curvature(detail::natural_parameters(m, some));
      Matrix<S> with_one(k + 1, v.cols());
      with_one << some, Row<S>::Ones(v.cols());
      add_product(S(1), detail::pair_products(with_one), w.transpose(), squares);
      v.array() -= S(0.5);
      add_product(S(1), with_one, v.transpose(), rows);
    });
    detail::solve_each(squares, options.ridge, rows);
    constexpr S far = S(1.9);
    m.loadings += far * (rows.topRows(k).transpose() - m.loadings);
    m.bias += far * (rows.row(k).transpose() - m.bias);
  }
  return m;
}
template <class Data>
LogisticPCA<ScalarOf<Data>> logistic_pca(const Data& data, Index components,
                                         const LogisticPCAOptions& options = {}) {
  return logistic_pca(Samples<ScalarOf<Data>>(data), components, options);
}

}  // namespace strata
