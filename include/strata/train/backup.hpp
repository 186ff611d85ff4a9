// SPDX-License-Identifier: MIT
// What a run that diverged goes back to.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "strata/core/checks.hpp"
#include "strata/core/parameters.hpp"

namespace strata::detail {

/// Copies of the parameters to go back to: of small models those before each step, of all those of now
/// and then.
template <class S>
class Backup {
 public:
  explicit Backup(const Parameters<S>& theta) {
    Index size = 0;
    for (const auto& p : theta) size += p.value.size();
    small_ = size <= 1 << 12;
  }

  /// Called before each step.
  void before_step(const Parameters<S>& theta) {
    ++step_;
    if (small_) copy(theta, newest_);
    if (step_ % 100 != 1) return;
    std::swap(older_, newer_);
    copy(theta, newer_);
    if (step_ == 1) older_ = newer_;
  }
  /// The last parameters known. Returns how old they are: "the parameters before it".
  std::string restore_last(Parameters<S>& theta) const {
    return restore(small_ ? newest_ : newer_, theta);
  }
  /// Those of before anything may have gone wrong.
  std::string restore_good(Parameters<S>& theta) {
    newer_ = older_;
    return restore(older_, theta);
  }
  template <class F>
  void visit(F&& f) {
    f("newest", newest_), f("newer", newer_), f("older", older_), f("step", step_);
  }

 private:
  struct Copy {
    std::vector<Matrix<S>> values;
    Index step = 0;

    template <class F>
    void visit(F&& f) {
      f("values", values), f("step", step);
    }
  };

  void copy(const Parameters<S>& theta, Copy& to) const {
    to.values.resize(theta.size());
    for (std::size_t i = 0; i < theta.size(); ++i) to.values[i] = theta[i].value;
    to.step = step_;
  }
  std::string restore(const Copy& from, Parameters<S>& theta) const {
    assign(theta, from.values);
    const Index age = step_ - from.step + 1;
    return age == 1 ? "the parameters before it"
                    : text("the parameters of ", age, " batches before it");
  }

  Copy newest_, newer_, older_;
  Index step_ = 0;
  bool small_ = true;
};

}  // namespace strata::detail
