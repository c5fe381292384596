// SPDX-License-Identifier: Apache-2.0
// Element types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "edgefirst/export.hpp"
#include "edgefirst/span.hpp"

namespace edgefirst {

enum class DType : std::uint8_t { kU8, kI8, kU16, kI16, kU32, kI32, kU64, kI64, kF16, kF32, kF64 };

/// IEEE 754 binary16 as storage; converted to float for arithmetic.
struct Float16 {
  std::uint16_t bits = 0;
};

enum class DTypeKind : std::uint8_t { kUnsigned, kSigned, kFloat };

/// One row of the dtype table.
struct DTypeInfo {
  DType dtype;
  const char* name;        ///< numpy's name: "uint8"
  const char* short_name;  ///< "u8"
  char buffer_format;      ///< struct-module character: 'B'
  std::uint8_t size;       ///< bytes per element
  DTypeKind kind;
};

EDGEFIRST_API Span<const DTypeInfo> dtype_table();
EDGEFIRST_API const DTypeInfo& dtype_info(DType dtype);
/// Throws kInvalidArgument "Invalid data type: <name>" for anything but the eleven numpy names.
EDGEFIRST_API DType parse_dtype(std::string_view name);

inline std::size_t dtype_size(DType dtype) { return dtype_info(dtype).size; }
inline bool is_float(DType dtype) { return dtype_info(dtype).kind == DTypeKind::kFloat; }

template <typename T>
struct DTypeOf;
#define EDGEFIRST_DTYPE_OF(TYPE, DTYPE)          \
  template <>                                    \
  struct DTypeOf<TYPE> {                         \
    static constexpr DType value = DType::DTYPE; \
  };
EDGEFIRST_DTYPE_OF(std::uint8_t, kU8)
EDGEFIRST_DTYPE_OF(std::int8_t, kI8)
EDGEFIRST_DTYPE_OF(std::uint16_t, kU16)
EDGEFIRST_DTYPE_OF(std::int16_t, kI16)
EDGEFIRST_DTYPE_OF(std::uint32_t, kU32)
EDGEFIRST_DTYPE_OF(std::int32_t, kI32)
EDGEFIRST_DTYPE_OF(std::uint64_t, kU64)
EDGEFIRST_DTYPE_OF(std::int64_t, kI64)
EDGEFIRST_DTYPE_OF(Float16, kF16)
EDGEFIRST_DTYPE_OF(float, kF32)
EDGEFIRST_DTYPE_OF(double, kF64)
#undef EDGEFIRST_DTYPE_OF

}  // namespace edgefirst
