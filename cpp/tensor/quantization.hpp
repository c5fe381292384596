// SPDX-License-Identifier: Apache-2.0
// The check that attaches quantization metadata to a tensor.
#pragma once

#include "edgefirst/tensor.hpp"

namespace edgefirst {

/// Throws kInvalidQuantization naming the field, its value and what was expected.
void check_quantization(const Quantization& quantization, DType dtype, const Shape& shape);

}  // namespace edgefirst
