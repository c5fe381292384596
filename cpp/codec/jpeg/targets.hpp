// SPDX-License-Identifier: Apache-2.0
// Included first by the codec's kernel files: which SIMD targets they are compiled for besides
// those of the build. Defines nothing else.
#pragma once

// The fallback works on emulated 128-bit blocks, which the kernels rely on. Highway avoids it for
// GCC before 12.3 because of https://gcc.gnu.org/PR106322; the tests run the kernels on it.
#define HWY_BROKEN_EMU128 0
