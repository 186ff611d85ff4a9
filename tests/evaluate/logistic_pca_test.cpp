// SPDX-License-Identifier: MIT
#include "strata/evaluate/logistic_pca.hpp"

#include "fixtures.hpp"
#include "strata/evaluate/squared_error.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// Σ log(1 + e^θ) − xθ.
double cross_entropy(const Matrix<double>& theta, const Matrix<double>& x) {
  return softplus(theta).sum() - x.cwiseProduct(theta).sum();
}

/// Binary data of two causes.
Matrix<double> planted(Index n, Random& rng) {
  const Matrix<double> u = 3 * rng.normal<double>(12, 2);
  return rng.bernoulli(Matrix<double>(sigmoid(u * rng.normal<double>(2, n))));
}

}  // namespace

TEST_CASE("the parabola touches log(1 + e^θ) and lies above it") {
  for (const double at : {-30.0, -2.0, -1e-5, 0.0, 1e-5, 0.3, 5.0, 700.0}) {
    const double w = detail::bound_curvature(constant(1, 1, at))(0);
    const auto value = [](double t) { return softplus(constant(1, 1, t))(0); };
    CHECK(w > 0);
    CHECK(w <= 0.25);
    for (double t = -40; t <= 40; t += 0.25)
      CHECK(value(at) + (t - at) / 2 + w / 2 * (t * t - at * at) >=
            value(t) - 1e-9 * (1 + at * at));
    // Touches: also with the same slope, σ(θ) = ½ + w θ.
    CHECK(0.5 + w * at == near(sigmoid(constant(1, 1, at))(0), 1e-6));
  }
}

TEST_CASE("a code is where the cross-entropy with the ridge has no slope") {
  Random rng(1);
  const LogisticPCA<double> m{rng.normal<double>(12, 3), rng.normal<double>(12, 1), 0.1};
  const Matrix<double> x = random_states<double>(12, 5, rng, 0.5);
  const Matrix<double> a = encode(m, x);
  const Matrix<double> theta = (m.loadings * a).colwise() + m.bias;
  const Matrix<double> slope = m.loadings.transpose() * (sigmoid(theta) - x) + 0.1 * a;
  CHECK(slope.cwiseAbs().maxCoeff() < 1e-6);  // Newton's steps, and no others, come so near
  CHECK(distance(decode(m, a), sigmoid(theta)) < 1e-12);
  CHECK(distance(reconstruct(m, x), decode(m, encode(m, x))) < 1e-14);
}

TEST_CASE("no step of a code raises the loss, however far the code is from its best") {
  Random rng(4);
  const LogisticPCA<double> m{4 * rng.normal<double>(12, 3), rng.normal<double>(12, 1), 1e-3};
  const Matrix<double> pairs = detail::pair_products<double>(m.loadings.transpose());
  const Matrix<double> x = random_states<double>(12, 200, rng, 0.5);
  Matrix<double> a = 5 * rng.normal<double>(3, 200);
  const auto losses = [&] {
    const Matrix<double> theta = (m.loadings * a).colwise() + m.bias;
    return Row<double>((softplus(theta) - x.cwiseProduct(theta)).colwise().sum() +
                       0.5e-3 * a.colwise().squaredNorm());
  };
  for (int i = 0; i < 30; ++i) {
    const Row<double> before = losses();
    detail::improve_codes(m, pairs, x, a);
    CHECK((losses() - before).maxCoeff() < 1e-9);
  }
}

TEST_CASE("the fit never loses, and tells more of binary data than PCA") {
  Random rng(2);
  const Matrix<double> x = planted(1200, rng);  // in two blocks
  double before = HUGE_VAL;
  for (const int iterations : {1, 2, 4, 8, 16}) {
    const LogisticPCAOptions options{.iterations = iterations, .ridge = 1e-2};
    const auto m = logistic_pca(x, 2, options);
    const Matrix<double> a = encode(m, x);
    const double loss =
        cross_entropy((m.loadings * a).colwise() + m.bias, x) +
        0.5e-2 * (a.squaredNorm() + m.loadings.squaredNorm() + m.bias.squaredNorm());
    CHECK(loss < before);
    before = loss;
  }
  CHECK(squared_error(logistic_pca(x, 2), x) < 0.9 * squared_error(pca(x, 2), x));
}

TEST_CASE("pixels that never change, and samples that codes separate, stay finite") {
  Random rng(3);
  Matrix<double> x = planted(100, rng);
  x.row(0).setZero();
  x.row(1).setOnes();
  const auto m = logistic_pca(x, 2, {.iterations = 50});
  CHECK(m.loadings.allFinite());
  CHECK(m.bias.allFinite());
  const Matrix<double> y = reconstruct(m, x);
  CHECK(y.row(0).maxCoeff() < 0.05);
  CHECK(y.row(1).minCoeff() > 0.95);
}

TEST_CASE("logistic PCA refuses values that are no probabilities") {
  CHECK(message_of([] { logistic_pca(constant(3, 4, 1.5), 1); })
            .starts_with("logistic_pca: data has 1.5 at row 0, column 0, but the units take values "
                         "in [0, 1]"));
  CHECK(message_of([] { logistic_pca(constant(3, 4, 0.5), 4); }) ==
        "pca: components has 4, but data have 3 rows");
  CHECK(message_of([] { logistic_pca(constant(3, 4, 0.5), 1, {.ridge = 0}); }) ==
        "logistic_pca: iterations, ridge has 30, 0, but at least 0 and more than 0 are needed");
}
