// SPDX-License-Identifier: MIT
// Noise on what a net is shown: "Extracting and composing robust features with denoising
// autoencoders" (Vincent, Larochelle, Bengio and Manzagol 2008). Each follows the other arguments of
// train, pretrain or fine_tune; several act in their order.
#pragma once

#include "strata/core/random.hpp"

namespace strata {

namespace detail {

/// x ← f(x, u) for each entry, with a uniform number u of its own.
template <class S, class F>
void change_each(Matrix<S>& x, Random& rng, F&& f) {
  rng.for_each_uniform<S>(x.size(), [&](const auto& u, Index begin, Index count) {
    S* value = x.data() + begin;
    for (Index i = 0; i < count; ++i) value[i] = f(value[i], u[static_cast<std::size_t>(i)]);
  });
}

/// Each entry becomes 0 with probability p, the others count 1 / (1 − p): so the mean over all that may
/// be left out is x itself, and a net needs no other weights when it is used or was pre-trained.
template <class S>
void leave_out(Matrix<S>& x, double p, Random& rng) {
  const auto limit = static_cast<S>(p), weight = static_cast<S>(1 / (1 - p));
  change_each(x, rng, [=](S value, S u) { return u < limit ? S(0) : weight * value; });
}

}  // namespace detail

/// A corruption is a value with corrupt(x, rng), which changes the inputs of a batch in place. Each
/// entry of x becomes 0 with this probability.
struct Masking {
  double probability = 0.25;

  void check_options() const {
    check(probability >= 0 && probability <= 1, "Masking: probability has ", probability,
          ", but a value in [0, 1] is needed");
  }
  template <class S>
  void corrupt(Matrix<S>& x, Random& rng) const {
    const auto p = static_cast<S>(probability);
    detail::change_each(x, rng, [p](S value, S u) { return u < p ? S(0) : value; });
  }
};

/// Each entry becomes 0 or 1, both as likely, with this probability in all.
struct SaltAndPepper {
  double probability = 0.25;

  void check_options() const {
    check(probability >= 0 && probability <= 1, "SaltAndPepper: probability has ", probability,
          ", but a value in [0, 1] is needed");
  }
  template <class S>
  void corrupt(Matrix<S>& x, Random& rng) const {
    const auto p = static_cast<S>(probability);
    detail::change_each(x, rng, [p](S value, S u) { return u < p ? S(u < p / 2) : value; });
  }
};

/// Adds independent normal noise of this deviation.
struct GaussianNoise {
  double deviation = 0.1;

  void check_options() const {
    check(deviation >= 0, "GaussianNoise: deviation has ", deviation, ", but at least 0 is needed");
  }
  template <class S>
  void corrupt(Matrix<S>& x, Random& rng) const {
    x += static_cast<S>(deviation) * rng.normal<S>(x.rows(), x.cols());
  }
};

/// What changes the inputs of a batch.
template <class P, class S>
concept Corrupts = requires(const P& p, Matrix<S>& x, Random& rng) {
  p.corrupt(x, rng);
};

/// out = x as all corruptions among the arguments leave it; the others are not looked at. Returns
/// whether there was one: else out is not touched.
template <class S, class... Plugins>
bool corrupted(const States<S>& x, States<S>& out, Random& rng, const Plugins&... plugins) {
  if constexpr (!(Corrupts<Plugins, S> || ...)) {
    return false;
  } else {
    out.as_numbers() = x.matrix();
    const auto one = [&](const auto& plugin) {
      if constexpr (requires { plugin.corrupt(out.as_numbers(), rng); })
        plugin.corrupt(out.as_numbers(), rng);
    };
    (one(plugins), ...);
    return true;
  }
}

}  // namespace strata
