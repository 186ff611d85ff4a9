// SPDX-License-Identifier: MIT
// What an optimiser that works on large batches sees: a function of all parameters in one vector.
#pragma once

#include <concepts>

#include "strata/core/types.hpp"

namespace strata {

/// A function to be lowered. It gives the same value for the same θ until the batch changes.
///   value(theta, gradient)   f(θ), in double; writes ∂f/∂θ to the vector unless it is null
///   changed()                whether it is another function than at the last call of improve():
///                            directions that were made for that one are worth nothing now
template <class F>
concept Objective = requires(F& f, const Vector<ScalarOf<F>>& theta,
                             Vector<ScalarOf<F>>* gradient) {
  { f.value(theta, gradient) } -> std::convertible_to<double>;
  { f.changed() } -> std::convertible_to<bool>;
};

/// One that also knows its Gauss–Newton matrix G.
///   linearise(theta, samples)   from now on G is that at θ, of at most so many samples of the batch
///   gauss_newton(v, out)        out = G v
///   squared_gradients(out)      their mean of (∂fₛ/∂θ)², entry by entry: large where f bends
template <class F>
concept CurvedObjective = Objective<F> &&
    requires(F& f, const Vector<ScalarOf<F>>& v, Vector<ScalarOf<F>>& out, Index samples) {
  f.linearise(v, samples);
  f.gauss_newton(v, out);
  f.squared_gradients(out);
};

// An optimiser of this family is a value with options, like SGD. start<S>() gives the state of one run,
// and improve(f, theta, state), called for each batch, lowers f from θ and leaves the better θ there.

}  // namespace strata
