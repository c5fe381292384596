// SPDX-License-Identifier: Apache-2.0
// Heads that come one tensor per stride.
#include "decoder/heads.hpp"

namespace edgefirst::decoding {

void select_per_scale(const HeadInput&, std::vector<Pick>& picks) { picks.clear(); }

}  // namespace edgefirst::decoding
