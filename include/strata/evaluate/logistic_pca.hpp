// SPDX-License-Identifier: MIT
// Principal components of binary data: "A generalized linear model for principal component analysis
// of binary data" (Schein, Saul and Ungar 2003). Not in the umbrella, like pca.hpp, which it needs.
#pragma once

#include <Eigen/Cholesky>
#include <functional>

#include "strata/core/special.hpp"
#include "strata/evaluate/pca.hpp"

namespace strata {

/// P(vᵢ = 1 | a) = σ(θᵢ) with θ = U a + b: a code a of k numbers for each sample.
template <std::floating_point S>
struct LogisticPCA {
  using Scalar = S;
  Matrix<S> loadings;  // U, n × k, orthonormal columns, of the codes of the largest variance first
  Vector<S> bias;      // b, n
};

struct LogisticPCAOptions {
  int iterations = 30;
  /// Told after i = 0, 1, … iterations, but the last, what cross-entropy the data then have, in nats
  /// per sample.
  std::function<void(int i, double cross_entropy)> observe = {};
};

namespace detail {

/// θ becomes w = tanh(θ/2) / 2θ, the curvature of the parabola that touches log(1 + e^θ) at ±θ and
/// lies above it, and v becomes v − σ(θ) = v − ½ − wθ.
template <class S>
void bound_logistic(Matrix<S>& theta, Matrix<S>& v) {
  for_each_piece(
      [](auto t, auto x) {
        constexpr S none = S(1e-15);  // as good as 0, where w is ¼
        t = (t.abs() < none).select(none, t);
        using A = Eigen::Array<S, Eigen::Dynamic, 1>;
        const A half_tanh = S(0.5) * (S(0.5) * t).tanh();
        x -= S(0.5) + half_tanh;
        t = half_tanh / t;
      },
      theta, v);
}

/// θ becomes the slope σ′(θ), if only 1e-8 where it is less, and v becomes v − σ(θ).
template <class S>
void differentiate_logistic(Matrix<S>& theta, Matrix<S>& v) {
  for_each_piece(
      [](auto t, auto x) {
        using A = Eigen::Array<S, Eigen::Dynamic, 1>;
        const A p = (S(1) + (-t).exp()).inverse();
        x -= p;
        t = (p * (S(1) - p)).max(S(1e-8));
      },
      theta, v);
}

/// The products xᵢ xⱼ, i ≥ j, of each column: k (k + 1) / 2 × B.
template <class S>
Matrix<S> pair_products(const Matrix<S>& x) {
  const Index k = x.rows();
  Matrix<S> pairs(k * (k + 1) / 2, x.cols());
  parallel_pieces(x.cols(), 64, [&](Index first, Index n) {
    for (Index c = first; c < first + n; ++c)
      for (Index j = 0, p = 0; j < k; p += k - j++)
        pairs.col(c).segment(p, k - j) = x(j, c) * x.col(c).tail(k - j);
  });
  return pairs;
}

/// Each column of g becomes A⁻¹ of it, where the column of `pairs` holds A. The diagonal of A counts
/// a hundred-thousandth more: A, a sum in S, is then positive in spite of its rounding and of codes
/// or loadings that depend on each other, and the step a little short but as welcome.
template <class S>
void solve_each(const Matrix<S>& pairs, Matrix<S>& g) {
  const Index k = g.rows();
  parallel_pieces(g.cols(), 16, [&](Index first, Index n) {
    Matrix<double> a(k, k);
    Vector<double> x(k);
    Eigen::LLT<Matrix<double>> factors(k);
    for (Index c = first; c < first + n; ++c) {
      for (Index j = 0, p = 0; j < k; p += k - j++)
        a.col(j).tail(k - j) = pairs.col(c).segment(p, k - j).template cast<double>();
      a.diagonal().array() = 1.00001 * a.diagonal().array() + 1e-30;
      factors.compute(a);
      x = g.col(c).template cast<double>();
      factors.solveInPlace(x);
      g.col(c) = x.template cast<S>();
    }
  });
}

/// θ, n × B.
template <class S>
Matrix<S> natural_parameters(const LogisticPCA<S>& m, const Matrix<S>& codes) {
  Matrix<S> theta;
  product(m.loadings, codes, theta);
  add_bias<S>(theta, m.bias, theta);
  return theta;
}

/// A step of Newton's for each code; `pairs` are those of Uᵀ. Where it moves the θ of a sample by at
/// most δ it is taken log(1 + δ) / δ of the way: σ′ changes by a factor of at most e^δ over it, and
/// so the loss falls ("Self-concordant analysis for logistic regression", Bach 2010). Returns by how
/// much for each column, about.
template <class S>
Row<S> improve_codes(const LogisticPCA<S>& m, const Matrix<S>& pairs, Matrix<S> v,
                     Matrix<S>& codes) {
  Matrix<S> theta = natural_parameters(m, codes), gradient, gram;
  differentiate_logistic(theta, v);
  product(m.loadings.transpose(), v, gradient);
  product(pairs, theta, gram);
  Matrix<S> step = gradient;
  solve_each(gram, step);
  product(m.loadings, step, theta);
  Row<S> gain(codes.cols());
  parallel_pieces(codes.cols(), 16, [&](Index first, Index n) {
    for (Index j = first; j < first + n; ++j) {
      const S most = theta.col(j).cwiseAbs().maxCoeff();
      const S way = most > 0 ? std::log1p(most) / most : S(1);
      codes.col(j) += way * step.col(j);
      gain(j) = way * step.col(j).dot(gradient.col(j));
    }
  });
  return gain;
}

/// Σ log(1 + e^θ) − vθ over a block of samples.
template <class S>
double logistic_cross_entropy(const Matrix<S>& theta, const Matrix<S>& v) {
  const Row<S> softplus = sum_softplus<S>(theta, Vector<S>::Zero(theta.rows()));
  const Row<S> linear = theta.cwiseProduct(v).colwise().sum();
  return (softplus - linear).template cast<double>().sum();
}

/// What improves loadings and biases, summed over samples whose codes are a: of each row of U and b
/// together the gradient, and the curvature of the bound that touches the loss at θ.
template <class S>
struct LoadingSums {
  Matrix<S> pairs;          // Σ w (a, 1)(a, 1)ᵀ as pairs, (k + 1)(k + 2) / 2 × n
  Matrix<double> gradient;  // Σ (v − σ(θ)) (a, 1), k + 1 × n

  LoadingSums(Index k, Index n)
      : pairs(Matrix<S>::Zero((k + 1) * (k + 2) / 2, n)),
        gradient(Matrix<double>::Zero(k + 1, n)) {}

  void add(const LogisticPCA<S>& m, const Matrix<S>& codes, Matrix<S> v) {
    Matrix<S> theta = natural_parameters(m, codes), with_one(codes.rows() + 1, codes.cols()), some;
    bound_logistic(theta, v);
    with_one << codes, Row<S>::Ones(codes.cols());
    strata::add_product(S(1), pair_products(with_one), theta.transpose(), pairs);
    product(with_one, v.transpose(), some);
    gradient += some.template cast<double>();
  }
  /// To the bottom of the bound, the least squares of the paper, and nearly as far beyond: the bound
  /// is as high as it was at twice the way, and below that the loss has fallen, in half the
  /// iterations.
  void improve(LogisticPCA<S>& m) const {
    constexpr S way = S(1.9);
    const Index k = m.loadings.cols();
    Matrix<S> step = gradient.cast<S>();
    solve_each(pairs, step);
    m.loadings += way * step.topRows(k).transpose();
    m.bias += way * step.row(k).transpose();
  }
};

/// The same θ by orthonormal loadings and uncorrelated codes whose means are 0.
template <class S>
void make_principal(LogisticPCA<S>& m, const Matrix<S>& codes) {
  const Matrix<double> u = m.loadings.template cast<double>();
  Matrix<double> squares, directions;
  product(u.transpose(), u, squares);
  const Eigen::SelfAdjointEigenSolver<Matrix<double>> eigen(squares);
  const Vector<double> lengths = eigen.eigenvalues().cwiseMax(1e-30).cwiseSqrt();
  product(u, eigen.eigenvectors(), directions);
  directions.array().rowwise() /= lengths.transpose().array();
  const Matrix<S> to_codes =
      (lengths.asDiagonal() * eigen.eigenvectors().transpose()).template cast<S>();
  Matrix<S> along, centre;  // codes along the directions, and the θ at their mean
  product(to_codes, codes, along);
  const PCA<S> axes = pca<S>(along, along.rows());
  const Matrix<S> q = directions.cast<S>();
  product(q, axes.components, m.loadings);
  product(q, axes.mean, centre);
  m.bias += centre.col(0);
  fix_signs(m.loadings);
}

}  // namespace detail

/// Loadings and biases by which the data (n × N: a matrix, GreyLevels, BinaryStates, from 0 to 1),
/// have the least cross-entropy with the best code for each: codes and loadings are improved in turn,
/// those of PCA first, and it never rises. Throws if there are not 1 to n components, no columns, or
/// a value outside [0, 1]. An iteration costs 2 N n k² operations. Where a pixel is the same in all
/// samples its bias grows, like the logarithm of the iterations.
template <std::floating_point S>
LogisticPCA<S> logistic_pca(const Samples<S>& data, Index components,
                            const LogisticPCAOptions& options = {}) {
  detail::check_components("logistic_pca", data, components);
  check(options.iterations >= 0, "LogisticPCAOptions: iterations has ", options.iterations,
        ", but at least 0 is needed");
  data.check_values("logistic_pca", "data", {0, 1});
  const PCA<S> linear = pca(data, components);
  const auto samples = static_cast<S>(data.cols());
  // The odds of a pixel that is always off are not 0 yet.
  const Vector<S> mean = (samples * linear.mean.array() + S(0.5)) / (samples + S(1));
  LogisticPCA<S> m{linear.components, (mean.array() / (S(1) - mean.array())).log()};
  Matrix<S> codes = Matrix<S>::Zero(components, data.cols());
  for (int i = 0; i < options.iterations; ++i) {
    const Matrix<S> pairs = detail::pair_products<S>(m.loadings.transpose());
    detail::LoadingSums<S> sums(components, data.rows());
    double loss = 0;
    detail::for_each_block(data, [&](const Matrix<S>& v, Index first) {
      Matrix<S> some = codes.middleCols(first, v.cols());
      if (options.observe)
        loss += detail::logistic_cross_entropy(detail::natural_parameters(m, some), v);
      detail::improve_codes(m, pairs, v, some);
      codes.middleCols(first, v.cols()) = some;
      sums.add(m, some, v);
    });
    if (options.observe) options.observe(i, loss / static_cast<double>(data.cols()));
    sums.improve(m);
  }
  detail::make_principal(m, codes);
  return m;
}
template <class Data>
LogisticPCA<ScalarOf<Data>> logistic_pca(const Data& data, Index components,
                                         const LogisticPCAOptions& options = {}) {
  return logistic_pca(Samples<ScalarOf<Data>>(data), components, options);
}

/// The codes by which x, n × B, has the least cross-entropy, k × B: it is convex in them. Each is
/// improved until a step gains at most `tolerance` nats (some have no best code and grow for ever, if
/// slowly). Throws if x has other rows or a value outside [0, 1]. Costs some 20 times n k² operations
/// a column.
template <std::floating_point S>
Matrix<S> encode(const LogisticPCA<S>& m, const Batch<std::type_identity_t<S>>& x,
                 double tolerance = 1e-5) {
  check_rows("encode", "x", x.rows(), m.bias.size(), "inputs");
  check_values("encode", "x", x, {0, 1});
  constexpr int most_steps = 500;  // a code moves 50 a step, if need be
  const Matrix<S> pairs = detail::pair_products<S>(m.loadings.transpose());
  Matrix<S> codes = Matrix<S>::Zero(m.loadings.cols(), x.cols());
  for (Index first = 0; first < x.cols(); first += 1000) {
    std::vector<Index> columns;  // whose codes are not good enough
    for (Index j = first; j < std::min(first + 1000, x.cols()); ++j) columns.push_back(j);
    for (int i = 0; i < most_steps && !columns.empty(); ++i) {
      Matrix<S> some = codes(Eigen::all, columns);
      const Row<S> gain = detail::improve_codes<S>(m, pairs, x(Eigen::all, columns), some);
      codes(Eigen::all, columns) = some;
      Index j = 0;
      std::erase_if(columns, [&](Index) { return static_cast<double>(gain(j++)) <= tolerance; });
    }
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

}  // namespace strata
