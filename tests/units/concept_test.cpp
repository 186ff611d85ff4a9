// SPDX-License-Identifier: MIT
#include "strata/units/concept.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

/// The least that a kind must know: rates s > 0, exponential with mean 1 / −(b + x), where
/// b + x < 0.
struct Exponential {
  using Scalar = double;
  Vector<double> bias;

  Index size() const { return bias.size(); }
  Row<double> energy(const Matrix<double>& s) const { return -bias.transpose() * s; }
  Row<double> log_partition(const Matrix<double>& x) const {
    const Matrix<double> rate = -(x.colwise() + bias);
    return -rate.array().log().colwise().sum();
  }
  void mean(const Matrix<double>& x, Matrix<double>& out) const {
    out = -(x.colwise() + bias).cwiseInverse();
  }
  void sample(const Matrix<double>& x, Random& rng, Matrix<double>& out) const {
    mean(x, out);
    out.array() *= -(1 - rng.uniform<double>(x.rows(), x.cols()).array()).log();
  }
};
static_assert(UnitLayer<Exponential>);
static_assert(!EnumerableUnits<Exponential> && !DifferentiableUnits<Exponential> &&
              !CoupledUnits<Exponential>);
static_assert(!EnumerableUnits<Gaussian<float>> && !CoupledUnits<Bernoulli<float>>);
static_assert(!UnitLayer<int> && !UnitLayer<Vector<float>>);

}  // namespace

TEST_CASE("a kind that knows the least has defaults for the rest") {
  Exponential units{Vector<double>::Constant(2, 3)};
  const Matrix<double> s = Matrix<double>::Random(2, 4);
  CHECK(&statistic(units, s) == &s);
  CHECK(kind_name(units) == "own units");
  CHECK(support<Exponential>().lowest == -HUGE_VAL);
  CHECK(support<Exponential>().highest == HUGE_VAL);
  fit<Exponential>(units, s);
  constrain(units);
  CHECK(units.bias == Vector<double>::Constant(2, 3));
  std::string visited;
  visit_units(units, "visible.", [&](const std::string& name, auto& value, Role role) {
    visited += name;
    CHECK(role == Role::bias);
    CHECK(value.data() == units.bias.data());
  });
  CHECK(visited == "visible.bias");
}

TEST_CASE("the default gradients are those of E(s) = −bᵀs") {
  const Exponential units{Vector<double>::Ones(2)};
  const Matrix<double> s{{1, 0, 1}, {0, 2, 1}};
  const Row<double> w{{1, 10, 100}};
  Exponential g{Vector<double>{{1000, 2000}}};
  add_energy_gradient(units, s, w, g);
  CHECK(g.bias == Vector<double>{{1101, 2120}});
  add_partition_gradient<Exponential>(units, s, s, w, g);
  CHECK(g.bias == Vector<double>{{1202, 2240}});
  add_coupling(units, Vector<double>(g.bias), g);
  CHECK(g.bias == Vector<double>{{1202, 2240}});
}

TEST_CASE("the kinds of the library say their names and their values") {
  CHECK(kind_name(Bernoulli<float>()) == "Bernoulli");
  CHECK(kind_name(Gaussian<float>()) == "Gaussian");
  CHECK(kind_name(Softmax<float>(10)) == "softmax");
  CHECK(kind_name(Softmax<float>(3, 2)) == "softmax, 2 groups of 3");
  CHECK(describe(support<Bernoulli<float>>()) == "values in [0, 1]");
  CHECK(describe(support<Softmax<float>>()) == "values in [0, 1]");
  CHECK(describe(support<Gaussian<float>>()) == "finite values");
}
