// SPDX-License-Identifier: Apache-2.0
// Included first by kernel files whose data are blocks of a fixed size: pixels, 8 x 8 coefficients,
// tiles to transpose. They keep vectors in arrays and structs, where vectors of a size that only
// the processor knows (SVE, RVV) cannot stand: processors with SVE run these kernels on NEON.
// Defines nothing else.
#pragma once

#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
