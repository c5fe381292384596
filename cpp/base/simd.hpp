// SPDX-License-Identifier: Apache-2.0
// Which SIMD target kernels run on. Kernels are written once with Google Highway and compiled for
// every target; the choice is made at run time, once per image or object, through a pointer.
// A kernel file ends with a function that hands out its pointers for the target in force:
//   HWY_EXPORT(all_kernels);  // compiled per target, returns a struct of function pointers
//   Kernels kernels() {
//     simd::initialize();
//     return HWY_DYNAMIC_DISPATCH(all_kernels)();
//   }
#pragma once

#include <string_view>
#include <vector>

namespace edgefirst::simd {

/// Applies EDGEFIRST_SIMD once; every accessor of a kernel pointer calls it first. Cheap.
void initialize();

/// Restricts kernels handed out from now on to that target and lower ones. False where the name is
/// unknown or the CPU lacks it; then nothing changes. Not for use while kernels are being chosen.
bool force_target(std::string_view name);
/// Back to the CPU's best.
void reset_target();

/// Names of the targets in this binary that the CPU runs, best first. Tests loop over them.
std::vector<const char*> available_targets();
/// The one in use.
const char* current_target();

}  // namespace edgefirst::simd
