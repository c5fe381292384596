// SPDX-License-Identifier: Apache-2.0
// What a call does with an option that can have no effect: a scale for bytes, an empty crop.
#pragma once

#include <cstdint>

namespace edgefirst {

enum class OnIgnored : std::uint8_t {
  kRefuse = 0,  ///< it throws and changes nothing
  kWarn = 1,    ///< it logs a warning and goes on, as the functions of 0.24 do
};

}  // namespace edgefirst
