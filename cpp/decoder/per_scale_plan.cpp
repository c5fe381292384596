// SPDX-License-Identifier: Apache-2.0
// The plan of models whose heads come one tensor per stride.
#include <algorithm>

#include "base/message.hpp"
#include "decoder/plan.hpp"

namespace edgefirst::decoding {

bool plan_per_scale(const Description&, Plan&) { return false; }

}  // namespace edgefirst::decoding
