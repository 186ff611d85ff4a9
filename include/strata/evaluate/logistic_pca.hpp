// SPDX-License-Identifier: MIT
// Principal components of binary data: "A generalized linear model for
// principal component analysis of binary data" (Schein, Saul and Ungar 2003).
// Not in the umbrella, like pca.hpp, which it needs.
#pragma once

#include <Eigen/Cholesky>

#include "strata/core/special.hpp"
#include "strata/evaluate/pca.hpp"

namespace strata {

/// P(vᵢ = 1 | a) = σ(θᵢ) with θ = U a + b: a code a of k numbers for each
/// sample.
template <std::floating_point S>
struct LogisticPCA {
  using Scalar = S;
  Matrix<S> loadings;  // U, n × k
  Vector<S> bias;      // b, n
};

struct LogisticPCAOptions {
  int iterations = 20;
  double ridge = 1e-3;  // times half the squares of codes, loadings and biases:
                        // pixels that never change, and samples that a code
                        // separates, would grow for ever
};

namespace detail {

/// The curvature w = tanh(θ/2) / 2θ of the parabola that touches log(1 + e^θ)
/// at ±θ and lies above it; ¼ at 0.
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

/// Each column of x ← (A + ridge I)⁻¹ of it, where the column of `pairs` holds
/// A.
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

/// Codes at the bottom of the bound that touches the loss at the old ones;
/// `pairs` are those of Uᵀ.
template <class S>
void improve_codes(const LogisticPCA<S>& m, const Matrix<S>& pairs, double ridge,
                   const Matrix<S>& v, Matrix<S>& codes) {
  const Matrix<S> w = bound_curvature(natural_parameters(m, codes));
  const Matrix<S> pull = v.array() - S(0.5) - w.array().colwise() * m.bias.array();
  Matrix<S> squares;
  product(pairs, w, squares);
  product(m.loadings.transpose(), pull, codes);
  solve_each(squares, ridge, codes);
}

}  // namespace detail

/// The codes by which x, n × B, has the least cross-entropy but for the ridge, k × B. It is convex in
/// them. Improved until none changes by more than a thousandth, or 200 times: where the ridge is small
/// some codes still creep then (of MNIST's digits by 0.016).
template <std::floating_point S>
Matrix<S> encode(const LogisticPCA<S>& m, const Batch<std::type_identity_t<S>>& x,
                 double ridge = LogisticPCAOptions{}.ridge) {
  check_rows("encode", "x", x.rows(), m.bias.size(), "inputs");
  constexpr int most = 200;
  const Matrix<S> v = x, pairs = detail::pair_products<S>(m.loadings.transpose());
  Matrix<S> codes = Matrix<S>::Zero(m.loadings.cols(), x.cols()), before;
  for (int i = 0; i < most; ++i) {
    before = codes;
    detail::improve_codes(m, pairs, ridge, v, codes);
    if ((codes - before).cwiseAbs().maxCoeff() < S(1e-3)) break;
  }
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

/// Loadings and biases by which the data (n × N: a matrix, GreyLevels,
/// BinaryStates, from 0 to 1) have the least cross-entropy, with the ridge,
/// under the best code for each: codes and loadings are improved in turn, those
/// of PCA first, and it never rises. Throws for the same reasons as pca, and
/// for a value outside [0, 1]. An iteration costs 2 N n k² operations.
template <std::floating_point S>
LogisticPCA<S> logistic_pca(const Samples<S>& data, Index components,
                            const LogisticPCAOptions& options = {}) {
  check(options.iterations >= 0 && options.ridge > 0, "logistic_pca: iterations, ridge has ",
        options.iterations, ", ", options.ridge, ", but at least 0 and more than 0 are needed");
  data.check_values("logistic_pca", "data", {0, 1});
  const PCA<S> linear = pca(data, components);
  const Index n = data.rows(), k = components;
  const Vector<S> mean = linear.mean.array().max(S(1e-3)).min(S(1 - 1e-3));
  LogisticPCA<S> m{linear.components, (mean.array() / (1 - mean.array())).log()};
  Matrix<S> codes = Matrix<S>::Zero(k, data.cols()), v, some;

  for (int i = 0; i < options.iterations; ++i) {
    const Matrix<S> of_loadings = detail::pair_products<S>(m.loadings.transpose());
    // Of each row of U and b: Σ w (a, 1)(a, 1)ᵀ, and Σ (v − ½) (a, 1).
    Matrix<S> squares = Matrix<S>::Zero((k + 1) * (k + 2) / 2, n);
    Matrix<S> rows = Matrix<S>::Zero(k + 1, n);
    for (Index first = 0; first < data.cols(); first += 1000) {
      v = data.columns(first, std::min<Index>(1000, data.cols() - first));
      some = codes.middleCols(first, v.cols());
      detail::improve_codes(m, of_loadings, options.ridge, v, some);
      codes.middleCols(first, v.cols()) = some;
      const Matrix<S> w = detail::bound_curvature(detail::natural_parameters(m, some));
      Matrix<S> with_one(k + 1, v.cols());
      with_one << some, Row<S>::Ones(v.cols());
      add_product(S(1), detail::pair_products(with_one), w.transpose(), squares);
      v.array() -= S(0.5);
      add_product(S(1), with_one, v.transpose(), rows);
    }
    detail::solve_each(squares, options.ridge, rows);
    m.loadings = rows.topRows(k).transpose();
    m.bias = rows.row(k).transpose();
  }
  return m;
}
template <class Data>
LogisticPCA<ScalarOf<Data>> logistic_pca(const Data& data, Index components,
                                         const LogisticPCAOptions& options = {}) {
  return logistic_pca(Samples<ScalarOf<Data>>(data), components, options);
}

}  // namespace strata
