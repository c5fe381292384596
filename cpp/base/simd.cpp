// SPDX-License-Identifier: Apache-2.0
#include "base/simd.hpp"

#include <hwy/highway.h>
#include <hwy/targets.h>

#include <cstdint>
#include <mutex>
#include <string>

#include "base/env.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace edgefirst::simd {
namespace {

/// Targets compiled into the kernels and supported by this CPU. A lower bit is a better target.
std::int64_t usable_targets() {
  static const std::int64_t usable = hwy::SupportedTargets() & HWY_TARGETS;
  return usable;
}

std::int64_t g_enabled = 0;  // subset of usable_targets() in force

void use(std::int64_t targets) {
  g_enabled = targets;
  hwy::SetSupportedTargetsForTest(targets);
  hwy::GetChosenTarget().Update(targets);
}

/// The bit of a usable target by its Highway name in any case, else 0.
std::int64_t bit_of(std::string_view name) {
  const std::string wanted = lower_case(std::string(name));
  for (std::int64_t rest = usable_targets(); rest != 0; rest &= rest - 1) {
    const std::int64_t bit = rest & -rest;
    if (wanted == lower_case(hwy::TargetName(bit))) return bit;
  }
  return 0;
}

}  // namespace

void initialize() {
  static std::once_flag once;
  std::call_once(once, [] {
    use(usable_targets());
    const std::optional<std::string> forced = env::get(env::Variable::kSimd);
    if (forced && !force_target(*forced)) {
      log(LogLevel::kWarn, "edgefirst_hal::simd", env::complaint(env::Variable::kSimd), "; using ",
          current_target());
    }
  });
}

bool force_target(std::string_view name) {
  const std::int64_t bit = bit_of(name);
  if (bit == 0) return false;
  use(usable_targets() & ~(bit - 1));  // that target and every lower one
  return true;
}

void reset_target() { use(usable_targets()); }

std::vector<const char*> available_targets() {
  std::vector<const char*> names;
  for (std::int64_t rest = usable_targets(); rest != 0; rest &= rest - 1) {
    names.push_back(hwy::TargetName(rest & -rest));
  }
  return names;
}

const char* current_target() {
  if (g_enabled == 0) initialize();
  return hwy::TargetName(g_enabled & -g_enabled);
}

}  // namespace edgefirst::simd
