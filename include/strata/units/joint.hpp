// SPDX-License-Identifier: MIT
// Units of two kinds side by side in one layer, as pixels and labels: "A fast learning algorithm
// for deep belief nets" (Hinton, Osindero and Teh 2006) has features and labels in its top RBM.
#pragma once

#include <algorithm>

#include "strata/units/bernoulli.hpp"
#include "strata/units/concept.hpp"
#include "strata/units/softmax.hpp"

namespace strata {

/// The units of `first` and, in the rows after them, those of `second`, independent given their
/// input: energies and log-partitions add up, all else goes to its part. Either may be joint too.
template <UnitLayer First, UnitLayer Second>
struct Joint {
  static_assert(std::is_same_v<ScalarOf<First>, ScalarOf<Second>>, "both parts need one scalar");
  using Scalar = ScalarOf<First>;
  using S = Scalar;
  static constexpr Interval support{
      std::min(strata::support<First>().lowest, strata::support<Second>().lowest),
      std::max(strata::support<First>().highest, strata::support<Second>().highest)};
  static constexpr Growth growth = std::max(strata::growth<First>(), strata::growth<Second>());
  First first;
  Second second;

  Joint() = default;
  Joint(First f, Second s) : first(std::move(f)), second(std::move(s)) {}

  Index size() const { return first.size() + second.size(); }
  std::string name() const {
    return text(first.size(), " ", kind_name(first), " + ", second.size(), " ", kind_name(second));
  }
  template <class F>
  void visit(F&& f) {
    visit_units(first, "first.", f);
    visit_units(second, "second.", f);
  }
  void fit(const Batch<S>& data) {
    strata::fit(first, top(data));
    strata::fit(second, bottom(data));
  }
  void constrain() {
    strata::constrain(first);
    strata::constrain(second);
  }

  template <class AnyStates>
  Row<S> energy(const AnyStates& s) const {
    Row<S> e;
    with_parts(s, [&](const auto& a, const auto& b) {
      e = strata::energy(first, a) + strata::energy(second, b);
    });
    return e;
  }
  Row<S> log_partition(const Batch<S>& x) const {
    return first.log_partition(top(x)) + second.log_partition(bottom(x));
  }
  void mean(const Batch<S>& x, Matrix<S>& out) const {
    Matrix<S> a, b;
    first.mean(top(x), a);
    second.mean(bottom(x), b);
    join(a, b, out);
  }
  void sample(const Batch<S>& x, Random& rng, Matrix<S>& out) const {
    Matrix<S> a, b;
    first.sample(top(x), rng, a);
    second.sample(bottom(x), rng, b);
    join(a, b, out);
  }
  void sample(const Matrix<S>& x, Random& rng, BinaryStates& out,
              Matrix<S>* mean = nullptr) const requires BinaryUnits<First> && BinaryUnits<Second> {
    thread_local Parts parts;
    Parts& p = parts;
    p.x = top(x);
    first.sample(p.x, rng, p.first, mean ? &p.mean : nullptr);
    out.resize(size(), x.cols());
    out.set_rows(0, p.first);
    if (mean) {
      mean->resize(size(), x.cols());
      mean->topRows(first.size()) = p.mean;
    }
    p.x = bottom(x);
    second.sample(p.x, rng, p.second, mean ? &p.mean : nullptr);
    out.set_rows(first.size(), p.second);
    if (mean) mean->bottomRows(second.size()) = p.mean;
  }
  Matrix<S> statistic(const Batch<S>& s) const requires HasStatistic<First> ||
      HasStatistic<Second> {
    Matrix<S> t(s.rows(), s.cols());
    t.topRows(first.size()) = strata::statistic(first, Matrix<S>(top(s)));
    t.bottomRows(second.size()) = strata::statistic(second, Matrix<S>(bottom(s)));
    return t;
  }

  template <class AnyStates>
  void add_energy_gradient(const AnyStates& s, const Row<S>& w, Joint& g) const {
    with_parts(s, [&](const auto& a, const auto& b) {
      strata::add_energy_gradient(first, a, w, g.first);
      strata::add_energy_gradient(second, b, w, g.second);
    });
  }
  void add_partition_gradient(const Batch<S>& x, const Batch<S>& mean, const Row<S>& w,
                              Joint& g) const {
    strata::add_partition_gradient(first, top(x), top(mean), w, g.first);
    strata::add_partition_gradient(second, bottom(x), bottom(mean), w, g.second);
  }
  Joint between(const Joint& other, double beta) const {
    return {strata::between(first, other.first, beta), strata::between(second, other.second, beta)};
  }
  Joint tempered(double beta) const {
    return {strata::tempered(first, beta), strata::tempered(second, beta)};
  }
  Rows block(Index i) const {
    if (i < first.size()) return strata::block(first, i);
    const Rows rows = strata::block(second, i - first.size());
    return {first.size() + rows.first, rows.count};
  }
  Matrix<S> alternatives(Index i) const requires HasAlternatives<First> && HasAlternatives<Second> {
    return i < first.size() ? first.alternatives(i) : second.alternatives(i - first.size());
  }
  void absorb(const Vector<S>& x, Joint& g) const {
    strata::absorb<First>(first, x.head(first.size()), g.first);
    strata::absorb<Second>(second, x.tail(second.size()), g.second);
  }
  void standardise(Joint& g) const requires ScaledUnits<First> || ScaledUnits<Second> {
    strata::standardise(first, g.first);
    strata::standardise(second, g.second);
  }
  auto like(const Batch<S>& s) const requires ConservingUnits<First> || ConservingUnits<Second> {
    return Joint(strata::like(first, Matrix<S>(top(s))),
                 strata::like(second, Matrix<S>(bottom(s))));
  }
  void add_coupling(const Vector<S>& c,
                    Joint& g) const requires CoupledUnits<First> || CoupledUnits<Second> {
    strata::add_coupling<First>(first, c.head(first.size()), g.first);
    strata::add_coupling<Second>(second, c.tail(second.size()), g.second);
  }

  // State number k is number k mod n of the first part and k / n of the second.
  double count() const requires EnumerableUnits<First> && EnumerableUnits<Second> {
    return first.count() * second.count();
  }
  Matrix<S> states(Index begin,
                   Index n) const requires EnumerableUnits<First> && EnumerableUnits<Second> {
    const auto period = static_cast<Index>(first.count());
    Matrix<S> s(size(), n);
    for (Index k = 0; k < n; ++k)
      s.col(k) << first.states((begin + k) % period, 1), second.states((begin + k) / period, 1);
    return s;
  }

 private:
  struct Parts {
    Matrix<S> x, mean;
    BinaryStates first, second;
  };

  auto top(const Batch<S>& x) const { return x.topRows(first.size()); }
  auto bottom(const Batch<S>& x) const {  // no columns have no address to add to
    return x.middleRows(x.cols() > 0 ? first.size() : 0, second.size());
  }
  static void join(const Matrix<S>& a, const Matrix<S>& b, Matrix<S>& out) {
    out.resize(a.rows() + b.rows(), a.cols());
    if (out.cols() > 0) out << a, b;
  }

  // f(states of the first part, of the second).
  template <class F>
  void with_parts(const BinaryStates& s, F&& f) const {
    thread_local BinaryStates a, b;
    s.rows(0, first.size(), a);
    s.rows(first.size(), second.size(), b);
    f(a, b);
  }
  template <class F>
  void with_parts(const Batch<S>& s, F&& f) const {
    f(Batch<S>(top(s)), Batch<S>(bottom(s)));
  }
};
static_assert(UnitLayer<Joint<Bernoulli<float>, Softmax<float>>> &&
              EnumerableUnits<Joint<Bernoulli<float>, Softmax<float>>> &&
              BinaryUnits<Joint<Bernoulli<float>, Softmax<float>>>);

}  // namespace strata
