// SPDX-License-Identifier: Apache-2.0
// Included first by the codec's kernel files: which SIMD targets they are compiled for. Defines
// nothing else.
#pragma once

// Scalable vectors cannot stand in arrays; machines that have them run the NEON kernels.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

// The fallback works on emulated 128-bit blocks, which the kernels rely on. Highway avoids it for
// GCC before 12.3 because of https://gcc.gnu.org/PR106322; the tests run the kernels on it.
#define HWY_BROKEN_EMU128 0
