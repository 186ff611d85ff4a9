// SPDX-License-Identifier: MIT
// A run of training as a checkpoint sees it: train/loop.hpp makes one, io/checkpoint.hpp keeps it.
#pragma once

#include <functional>
#include <string>

#include "strata/core/archive.hpp"

namespace strata {

/// What a run is and what it knows. Both functions write to an archive or read from it.
struct Run {
  std::string name;  // "RBM 784-500 (Bernoulli, Bernoulli), 10 epochs of 60000 samples in …"
  std::function<void(Archive&)> result;  // what it leaves: parameters, random numbers, observers
  std::function<void(Archive&)> state;   // that, and all else that is needed to go on
};

/// Where a run begins.
enum class Resumed { no, under_way, finished };

}  // namespace strata
