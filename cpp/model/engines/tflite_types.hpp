// SPDX-License-Identifier: Apache-2.0
// The element types of TensorFlow Lite and LiteRT, which number them alike.
#pragma once

#include <string>

#include "edgefirst/dtype.hpp"

#include "base/message.hpp"

namespace edgefirst::model::tflite {

struct ElementType {
  int number;
  DType dtype;
};
/// A bool is one byte of 0 or 1.
inline constexpr ElementType kElementTypes[] = {
    {1, DType::kF32},  {2, DType::kI32},  {3, DType::kU8},   {4, DType::kI64},
    {6, DType::kU8},   {7, DType::kI16},  {9, DType::kI8},   {10, DType::kF16},
    {11, DType::kF64}, {13, DType::kU64}, {16, DType::kU32}, {17, DType::kU16},
};

/// Throws kNotSupported for what tensors cannot hold: strings, 4-bit integers, bfloat16.
inline DType dtype_of(int number, const std::string& name) {
  for (const ElementType& type : kElementTypes) {
    if (type.number == number) return type.dtype;
  }
  raise(ErrorCode::kNotSupported, "'", name, "' has elements of TensorFlow Lite's type ", number,
        ", which tensors cannot hold");
}

}  // namespace edgefirst::model::tflite
