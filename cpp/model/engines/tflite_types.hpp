// SPDX-License-Identifier: Apache-2.0
// The element types of TensorFlow Lite and LiteRT, which number them alike.
#pragma once

#include "model/engines/runtime_model.hpp"

namespace edgefirst::model::tflite {

/// A bool is one byte of 0 or 1. Tensors hold no strings, 4-bit integers and bfloat16.
inline constexpr ElementType kElementTypes[] = {
    {1, DType::kF32},  {2, DType::kI32},  {3, DType::kU8},   {4, DType::kI64},
    {6, DType::kU8},   {7, DType::kI16},  {9, DType::kI8},   {10, DType::kF16},
    {11, DType::kF64}, {13, DType::kU64}, {16, DType::kU32}, {17, DType::kU16},
};

}  // namespace edgefirst::model::tflite
