// SPDX-License-Identifier: MIT
#include "strata/core/parameters.hpp"

#include <doctest/doctest.h>

using namespace strata;

namespace {

struct Line {
  using Scalar = double;
  Matrix<double> slope = Matrix<double>::Constant(2, 3, 7);
  Vector<double> bias = Vector<double>::Constant(2, 5);

  template <class F>
  void visit(F&& f) {
    f("slope", slope, Role::weights);
    f("bias", bias, Role::bias);
  }
};

}  // namespace

TEST_CASE("parameters are views of a model, in the order of its visit") {
  Line line;
  auto list = parameters(line);
  REQUIRE(list.size() == 2);
  CHECK(list[0].name == "slope");
  CHECK(list[0].role == Role::weights);
  CHECK(list[1].name == "bias");
  CHECK(list[1].role == Role::bias);
  list[0].value(1, 2) = -1;
  list[1].value(0) = -2;
  CHECK(line.slope(1, 2) == -1);
  CHECK(line.bias(0) == -2);
}

TEST_CASE("assigning the copied values goes back to them") {
  Line line;
  auto list = parameters(line);
  const auto before = values(list);
  for (auto& p : list) p.value.setRandom();
  assign(list, before);
  CHECK(line.slope == Line{}.slope);
  CHECK(line.bias == Line{}.bias);
}

TEST_CASE("zeros have the shapes of the parameters and leave them alone") {
  Line line;
  const auto list = zeros(parameters(line));
  REQUIRE(list.size() == 2);
  CHECK(list[0] == Matrix<double>::Zero(2, 3));
  CHECK(list[1] == Matrix<double>::Zero(2, 1));
  const Line zero = zeros_like(line);
  CHECK(zero.slope == Matrix<double>::Zero(2, 3));
  CHECK(zero.bias == Vector<double>::Zero(2));
  CHECK(line.slope == Line{}.slope);
}
