// SPDX-License-Identifier: Apache-2.0
// The fixed beginnings of the codec's error texts. Decides nothing; every parser of the codec
// raises through it.
#pragma once

#include "base/message.hpp"

namespace edgefirst {

template <typename... Parts>
[[noreturn]] void raise_invalid_image(const Parts&... parts) {
  raise(ErrorCode::kInvalidData, "invalid image data: ", parts...);
}

template <typename... Parts>
[[noreturn]] void raise_unsupported_image(const Parts&... parts) {
  raise(ErrorCode::kUnsupportedFeature, "unsupported image feature: ", parts...);
}

}  // namespace edgefirst
