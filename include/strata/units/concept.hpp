// SPDX-License-Identifier: MIT
// What a kind of unit must know, so that every equation of an RBM holds for every pair of kinds.
#pragma once

#include <concepts>
#include <string_view>

#include "strata/core/checks.hpp"
#include "strata/core/parameters.hpp"
#include "strata/core/random.hpp"
#include "strata/kernels/binary_product.hpp"

namespace strata {

/// A layer of units of one kind, with states s (one column each) and the input x from other layers.
///
///   energy(s)            E(s), a row: one value per column
///   log_partition(x)     Γ(x) = log Σ_s exp(−E(s) + xᵀ t(s)), a row (an integral where s is real)
///   mean(x, out)         out = E[s | x]
///   sample(x, rng, out)  out ~ p(s | x) ∝ exp(−E(s) + xᵀ t(s))
///   bias                 one per row of s, or visit(f), if the parameters are others
///
/// A kind may also have, and has by default:
///   sample(x, rng, bits, mean)  a draw into BinaryStates, with the mean too unless it is a null
///                        pointer: states that are 0 or 1 then make products cheap
///   statistic(s)         t(s), linear: tᵢ = cᵢ sᵢ; s itself
///   support              the Interval of its values; all finite numbers
///   name                 what messages and model files call it, a constant or a function
///   fit(data)            sets the parameters to those under which the data are likeliest
///   constrain()          called after each step of learning
///   visit(f)             f(name, parameter, role) on each parameter; on the bias alone
///   add_energy_gradient(s, w, g), add_partition_gradient(x, mean, w, g), add_coupling(c, g)
///                        derivatives by its parameters; those of E(s) = −bᵀs + terms without
///                        parameters. A kind with another energy needs all that apply
///   mean_gradient(x, y, g)      for backpropagation, below
///   count(), states(first, n)   for kinds whose states can be enumerated, below
template <class U>
concept UnitLayer = requires(const U& units, U& changed, const Matrix<ScalarOf<U>>& x,
                             Matrix<ScalarOf<U>>& out, Random& rng) {
  { units.size() } -> std::convertible_to<Index>;
  { units.energy(x) } -> std::convertible_to<Row<ScalarOf<U>>>;
  { units.log_partition(x) } -> std::convertible_to<Row<ScalarOf<U>>>;
  units.mean(x, out);
  units.sample(x, rng, out);
  requires requires {
    { changed.bias } -> std::convertible_to<Vector<ScalarOf<U>>&>;
  } || requires {
    changed.visit([](const std::string&, auto&, Role) {});
  };
};

/// Units with finitely many joint states: count() of them (a double: it may be huge), and
/// states(first, n) gives numbers first..first+n-1, one per column.
template <class U>
concept EnumerableUnits = UnitLayer<U> && requires(const U& units, Index i) {
  { units.count() } -> std::convertible_to<double>;
  { units.states(i, i) } -> std::convertible_to<Matrix<ScalarOf<U>>>;
};

/// Units whose mean is a function of b + x and can be differentiated: mean_gradient(x, y, g) turns g
/// from ∂L/∂y into ∂L/∂x, where y = mean(x).
template <class U>
concept DifferentiableUnits = UnitLayer<U> &&
    requires(const U& units, const Matrix<ScalarOf<U>>& y, Matrix<ScalarOf<U>>& g) {
  units.bias;
  units.mean_gradient(y, y, g);
};

/// Units whose energy is −bᵀs plus terms without parameters.
template <class U>
concept LinearUnits = UnitLayer<U> && requires(const U& units) {
  units.bias;
} && !requires(const U& units, const Matrix<ScalarOf<U>>& x, const Row<ScalarOf<U>>& w, U& g) {
  units.add_energy_gradient(x, w, g);
};

/// Units with a statistic t(s) other than s.
template <class U>
concept HasStatistic = requires(const U& units, const Matrix<ScalarOf<U>>& s) {
  units.statistic(s);
};

/// E[s | x].
template <UnitLayer U>
Matrix<ScalarOf<U>> mean(const U& units, const Batch<ScalarOf<U>>& x) {
  Matrix<ScalarOf<U>> s;
  units.mean(x, s);
  return s;
}

/// A draw from p(s | x).
template <UnitLayer U>
Matrix<ScalarOf<U>> sample(const U& units, const Batch<ScalarOf<U>>& x, Random& rng) {
  Matrix<ScalarOf<U>> s;
  units.sample(x, rng, s);
  return s;
}

/// Units whose samples can be bits.
template <class U>
concept BinaryUnits = UnitLayer<U> &&
    requires(const U& units, const Matrix<ScalarOf<U>>& x, Random& rng, BinaryStates& bits,
             Matrix<ScalarOf<U>>* mean) {
  units.sample(x, rng, bits, mean);
};

/// out ~ p(s | x), as bits where the kind has them; `mean`, if given, becomes E[s | x].
template <UnitLayer U>
void sample(const U& units, const Matrix<ScalarOf<U>>& x, Random& rng, States<ScalarOf<U>>& out,
            Matrix<ScalarOf<U>>* mean = nullptr) {
  if constexpr (BinaryUnits<U>) {
    units.sample(x, rng, out.as_bits(), mean);
  } else {
    units.sample(x, rng, out.as_numbers());
    if (mean) units.mean(x, *mean);
  }
}

// Most kinds know nothing of bits: where they take no BinaryStates, they get them as numbers.

/// t(s); the states themselves where the kind says nothing.
template <UnitLayer U, class AnyStates>
decltype(auto) statistic(const U& units, const AnyStates& s) {
  using S = ScalarOf<U>;
  if constexpr (!HasStatistic<U>)
    return (s);
  else if constexpr (std::same_as<AnyStates, States<S>>)
    return s.is_binary() ? Matrix<S>(units.statistic(s.matrix()))
                         : Matrix<S>(units.statistic(s.numbers()));
  else if constexpr (std::same_as<AnyStates, BinaryStates>)
    return Matrix<S>(units.statistic(s.template matrix<S>()));
  else
    return units.statistic(s);
}

/// c of t(s)ᵢ = cᵢ sᵢ.
template <UnitLayer U>
Vector<ScalarOf<U>> statistic_scale(const U& units) {
  using S = ScalarOf<U>;
  return statistic(units, Matrix<S>(Matrix<S>::Ones(units.size(), 1)));
}

/// E(s), a row.
template <UnitLayer U, class AnyStates>
Row<ScalarOf<U>> energy(const U& units, const AnyStates& s) {
  using S = ScalarOf<U>;
  if constexpr (std::same_as<AnyStates, States<S>>)
    return s.visit([&](const auto& states) { return energy(units, states); });
  else if constexpr (requires { units.energy(s); })
    return units.energy(s);
  else
    return units.energy(s.template matrix<S>());
}

/// What messages and model files call the kind: its name, where it has one.
template <UnitLayer U>
std::string kind_name(const U& units) {
  if constexpr (requires { units.name(); })
    return units.name();
  else if constexpr (requires { std::string(U::name); })
    return std::string(U::name);
  else
    return "own units";
}

template <UnitLayer U>
constexpr Interval support() {
  if constexpr (requires { U::support; })
    return U::support;
  else
    return {};
}

/// f(prefix + name, parameter, role) on each parameter of the units.
template <class U, class F>
void visit_units(U& units, const std::string& prefix, F&& f) {
  if constexpr (requires { units.visit(f); })
    units.visit(
        [&](const std::string& name, auto& value, Role role) { f(prefix + name, value, role); });
  else
    f(prefix + "bias", units.bias, Role::bias);
}

/// All parameters of the units ← 0.
template <class U>
void zero_units(U& units) {
  visit_units(units, "", [](const std::string&, auto& value, Role) { value.setZero(); });
}

/// g += Σ_c w_c · ∂(−E(s_c))/∂θ, over the columns c of s.
template <UnitLayer U, class AnyStates>
void add_energy_gradient(const U& units, const AnyStates& s, const Row<ScalarOf<U>>& w, U& g) {
  using S = ScalarOf<U>;
  if constexpr (std::same_as<AnyStates, States<S>>)
    s.visit([&](const auto& states) { add_energy_gradient(units, states, w, g); });
  else if constexpr (!requires(const Matrix<S>& x) { units.add_energy_gradient(x, w, g); })
    add_weighted_columns<S>(s, w, g.bias);
  else if constexpr (requires { units.add_energy_gradient(s, w, g); })
    units.add_energy_gradient(s, w, g);
  else
    units.add_energy_gradient(s.template matrix<S>(), w, g);
}

/// g += Σ_c w_c · ∂Γ(x_c)/∂θ, given mean = E[s | x].
template <UnitLayer U>
void add_partition_gradient(const U& units, const Batch<ScalarOf<U>>& x,
                            const Batch<ScalarOf<U>>& mean, const Row<ScalarOf<U>>& w, U& g) {
  if constexpr (requires { units.add_partition_gradient(x, mean, w, g); })
    units.add_partition_gradient(x, mean, w, g);
  else
    add_weighted_columns<ScalarOf<U>>(mean, w, g.bias);
}

/// g += what θ does through t(s): c holds Σ_c w_c · x_c ∘ t(s_c), one value per unit.
template <UnitLayer U>
void add_coupling(const U& units, const Vector<ScalarOf<U>>& c, U& g) {
  if constexpr (requires { units.add_coupling(c, g); }) units.add_coupling(c, g);
}

/// Parameters under which the columns of data are likeliest when there is no input.
template <UnitLayer U>
void fit(U& units, const Batch<ScalarOf<U>>& data) {
  if constexpr (requires { units.fit(data); }) units.fit(data);
}

template <UnitLayer U>
void constrain(U& units) {
  if constexpr (requires { units.constrain(); }) units.constrain();
}

/// log p(s | x) = xᵀ t(s) − E(s) − Γ(x) for each column of x, in nats. s may have fewer columns, each
/// for as many successive ones of x. Throws if they do not divide those of x.
template <UnitLayer U>
Row<double> log_probability(const U& units, const Matrix<ScalarOf<U>>& x,
                            const States<ScalarOf<U>>& s) {
  using S = ScalarOf<U>;
  const Index k = x.cols() / std::max<Index>(1, s.cols());
  check(k * s.cols() == x.cols(), "log_probability: s has ", s.cols(), " columns, but x has ",
        x.cols(), ", which they have to divide");
  const Row<S> e = energy(units, s), gamma = units.log_partition(x);
  const auto& t = statistic(units, s);
  Row<double> log_p(x.cols());
  parallel_pieces(x.cols(), 64, [&](Index first, Index n) {
    for (Index c = first; c < first + n; ++c) {
      double bond = 0;
      if constexpr (HasStatistic<U>)
        bond = x.col(c).cwiseProduct(t.col(c / k)).template cast<double>().sum();
      else if (s.is_binary())
        for_each_on(s.bits().column(c / k), [&](Index i) { bond += static_cast<double>(x(i, c)); });
      else
        bond = x.col(c).cwiseProduct(s.numbers().col(c / k)).template cast<double>().sum();
      log_p(c) = bond - static_cast<double>(e(c / k)) - static_cast<double>(gamma(c));
    }
  });
  return log_p;
}

/// delta_j = Σ_c w_c (t(s_c) − t(mean_c)) over the successive columns c that share column j of
/// `columns`: by their common input, the gradient of Σ_c w_c log p(s_c | x_j). s may have fewer columns
/// than mean as well, each for as many successive ones.
template <UnitLayer U>
void difference_of_statistics(const U& units, const States<ScalarOf<U>>& s,
                              const Matrix<ScalarOf<U>>& mean, const Row<ScalarOf<U>>& w,
                              Matrix<ScalarOf<U>>& delta, Index columns) {
  using S = ScalarOf<U>;
  delta.resize(mean.rows(), columns);
  if (columns == 0) return;
  const Index k = mean.cols() / s.cols(), terms = mean.cols() / columns;
  assert(k * s.cols() == mean.cols() && terms * columns == mean.cols());
  const Vector<S> scale = HasStatistic<U> ? statistic_scale(units) : Vector<S>();
  parallel_pieces(columns, 16, [&](Index first, Index n) {
    for (Index j = first; j < first + n; ++j) {
      auto sum = delta.col(j);
      sum.setZero();
      for (Index c = j * terms; c < (j + 1) * terms; ++c) {
        sum -= w(c) * mean.col(c);
        if (s.is_binary())
          for_each_on(s.bits().column(c / k), [&](Index i) { sum(i) += w(c); });
        else
          sum += w(c) * s.numbers().col(c / k);
      }
      if constexpr (HasStatistic<U>) sum.array() *= scale.array();
    }
  });
}

/// delta = (t(s) − t(mean)) diag(w), column by column.
template <UnitLayer U>
void difference_of_statistics(const U& units, const States<ScalarOf<U>>& s,
                              const Matrix<ScalarOf<U>>& mean, const Row<ScalarOf<U>>& w,
                              Matrix<ScalarOf<U>>& delta) {
  difference_of_statistics(units, s, mean, w, delta, mean.cols());
}

template <class U>
concept CoupledUnits = requires(const U& units, const Vector<ScalarOf<U>>& c, U& g) {
  units.add_coupling(c, g);
};

}  // namespace strata
