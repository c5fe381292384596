// SPDX-License-Identifier: Apache-2.0
// The dtype table.
#include "edgefirst/dtype.hpp"

#include "base/message.hpp"

namespace edgefirst {
namespace {

constexpr DTypeInfo kTable[] = {
    {DType::kU8, "uint8", "u8", 'B', 1, DTypeKind::kUnsigned},
    {DType::kI8, "int8", "i8", 'b', 1, DTypeKind::kSigned},
    {DType::kU16, "uint16", "u16", 'H', 2, DTypeKind::kUnsigned},
    {DType::kI16, "int16", "i16", 'h', 2, DTypeKind::kSigned},
    {DType::kU32, "uint32", "u32", 'I', 4, DTypeKind::kUnsigned},
    {DType::kI32, "int32", "i32", 'i', 4, DTypeKind::kSigned},
    {DType::kU64, "uint64", "u64", 'Q', 8, DTypeKind::kUnsigned},
    {DType::kI64, "int64", "i64", 'q', 8, DTypeKind::kSigned},
    {DType::kF16, "float16", "f16", 'e', 2, DTypeKind::kFloat},
    {DType::kF32, "float32", "f32", 'f', 4, DTypeKind::kFloat},
    {DType::kF64, "float64", "f64", 'd', 8, DTypeKind::kFloat},
};

}  // namespace

Span<const DTypeInfo> dtype_table() { return kTable; }

const DTypeInfo& dtype_info(DType dtype) { return kTable[static_cast<std::size_t>(dtype)]; }

DType parse_dtype(std::string_view name) {
  for (const DTypeInfo& info : kTable) {
    if (name == info.name) return info.dtype;
  }
  raise(ErrorCode::kInvalidArgument, "Invalid data type: ", name,
        " (use uint8, int8, uint16, int16, uint32, int32, uint64, int64, float16, float32 or "
        "float64)");
}

}  // namespace edgefirst
