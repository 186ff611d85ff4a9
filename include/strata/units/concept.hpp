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

/// Units of which a mean under an input is known; all that a deterministic layer asks.
template <class U>
concept UnitsWithMean = requires(const U& units, const Matrix<ScalarOf<U>>& x,
                                 Matrix<ScalarOf<U>>& out) {
  { units.size() } -> std::convertible_to<Index>;
  units.mean(x, out);
};

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
///   range()              that of these units, if it depends on them
///   growth               the Growth of Γ(x); bounded, as it is where the states are
///   name                 what messages and model files call it, a constant or a function
///   fit(data)            sets the parameters to those under which the data are likeliest
///   constrain()          called after each step of learning
///   visit(f)             f(name, parameter, role) on each parameter; on the bias alone
///   add_energy_gradient(s, w, g), add_partition_gradient(x, mean, w, g), add_coupling(c, g)
///                        derivatives by its parameters; those of E(s) = −bᵀs + terms without
///                        parameters. A kind with another energy needs all that apply
///   between(other, beta) units of which the energy is (1 − β) that of these + β that of others + any
///                        constant
///   absorb(x, g)         adds to g.bias what stands for the constant input x
///   standardise(g)       turns the gradient by the bias into a step in units of the spread of s
///   like(s)              the units with what sampling keeps of the states s, such as the number of
///                        words
///   mean_gradient(x, y, g)      for backpropagation: units/differentiable.hpp
///   tempered(beta)       units of which the energy is β times that of these, as their parameters make
///                        it; bias × β
///   block(i)             the rows that unit i is drawn together with; itself alone
///   alternatives(i)      the states that the block of unit i may have, one per column, if they are
///                        finitely many
///   count(), states(first, n)   for kinds whose states can be enumerated, below
template <class U>
concept UnitLayer = UnitsWithMean<U> &&
    requires(const U& units, U& changed, const Matrix<ScalarOf<U>>& x, Matrix<ScalarOf<U>>& out,
             Random& rng) {
  { units.energy(x) } -> std::convertible_to<Row<ScalarOf<U>>>;
  { units.log_partition(x) } -> std::convertible_to<Row<ScalarOf<U>>>;
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
template <UnitsWithMean U>
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
template <UnitsWithMean U>
std::string kind_name(const U& units) {
  if constexpr (requires { units.name(); })
    return units.name();
  else if constexpr (requires { std::string(U::name); })
    return std::string(U::name);
  else
    return "own units";
}

template <UnitsWithMean U>
constexpr Interval support() {
  if constexpr (requires { U::support; })
    return U::support;
  else
    return {};
}

/// How Γ(x) grows with x, which decides whether Σ_v e^{−F(v)} is finite: as |x| where the states are
/// bounded, as x²/2 where E(s) grows as t(s)²/2, or faster, as of counts with E(s) = log s!.
enum class Growth { bounded, quadratic, faster };

template <UnitsWithMean U>
constexpr Growth growth() {
  if constexpr (requires { U::growth; })
    return U::growth;
  else
    return Growth::bounded;
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
template <UnitsWithMean U>
void fit(U& units, const Batch<ScalarOf<U>>& data) {
  if constexpr (requires { units.fit(data); }) units.fit(data);
}

template <UnitsWithMean U>
void constrain(U& units) {
  if constexpr (requires { units.constrain(); }) units.constrain();
}

/// Units with energies between those of a (β = 0) and those of b (β = 1): (1 − β) E_a + β E_b.
template <UnitLayer U>
U between(const U& a, const U& b, double beta) {
  using S = ScalarOf<U>;
  if constexpr (requires { a.between(b, beta); }) {
    return a.between(b, beta);
  } else {
    static_assert(LinearUnits<U>, "units with an energy of their own need between(other, beta)");
    U units = a;
    units.bias *= static_cast<S>(1 - beta);
    units.bias += static_cast<S>(beta) * b.bias;
    return units;
  }
}

/// Units with the energy βE, as far as parameters make it: what is in E without parameters stays.
template <UnitLayer U>
U tempered(const U& units, double beta) {
  if constexpr (requires { units.tempered(beta); }) {
    return units.tempered(beta);
  } else {
    static_assert(LinearUnits<U>, "units with an energy of their own need tempered(beta)");
    U colder = units;
    colder.bias *= static_cast<ScalarOf<U>>(beta);
    return colder;
  }
}

/// Rows of a layer, one after the other.
struct Rows {
  Index first, count;
  friend bool operator==(const Rows&, const Rows&) = default;
};

/// The rows that unit i is drawn together with, such as those of its softmax group.
template <UnitLayer U>
Rows block(const U& units, Index i) {
  if constexpr (requires { units.block(i); })
    return units.block(i);
  else
    return {i, 1};
}

/// Units whose blocks have finitely many states.
template <class U>
concept HasAlternatives = UnitLayer<U> && requires(const U& units, Index i) {
  { units.alternatives(i) } -> std::convertible_to<Matrix<ScalarOf<U>>>;
};

/// g += the change of parameters that stands for a constant input x (one value per unit): p(s | y) of the
/// units so changed is p(s | x + y) of these.
template <UnitLayer U>
void absorb(const U& units, const Vector<ScalarOf<U>>& x, U& g) {
  if constexpr (requires { units.absorb(x, g); }) {
    units.absorb(x, g);
  } else {
    static_assert(LinearUnits<U>, "units with an energy of their own need absorb(x, g)");
    g.bias += x;
  }
}

/// Turns the gradient by the parameters into a step that has their units of measure: of real values s
/// with spread σ, ∂/∂b into σ² ∂/∂b.
template <UnitLayer U>
void standardise(const U& units, U& g) {
  if constexpr (requires { units.standardise(g); }) units.standardise(g);
}
template <class U>
concept ScaledUnits = requires(const U& units, U& g) {
  units.standardise(g);
};

/// The units with what sampling keeps of the states s: of word counts the number of words of each column,
/// of most kinds nothing.
template <UnitLayer U, class AnyStates>
decltype(auto) like(const U& units, const AnyStates& s) {
  if constexpr (requires { units.like(s); })
    return units.like(s);
  else if constexpr (requires(const Matrix<ScalarOf<U>>& x) { units.like(x); })
    return units.like(s.matrix());
  else
    return (units);
}
template <class U>
concept ConservingUnits = requires(const U& units, const Matrix<ScalarOf<U>>& s) {
  units.like(s);
};

template <class U>
concept CoupledUnits = requires(const U& units, const Vector<ScalarOf<U>>& c, U& g) {
  units.add_coupling(c, g);
};

}  // namespace strata
