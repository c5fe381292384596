// SPDX-License-Identifier: Apache-2.0
#include "elements.hpp"

#include <cstring>

#include "arguments.hpp"
#include "base/float16.hpp"

namespace edgefirst::python {
namespace {

template <typename T>
T load_as(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename T>
void store_as(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

}  // namespace

py::object load_element(DType dtype, const std::byte* at) {
  switch (dtype) {
    case DType::kU8:
      return py::int_(load_as<std::uint8_t>(at));
    case DType::kI8:
      return py::int_(load_as<std::int8_t>(at));
    case DType::kU16:
      return py::int_(load_as<std::uint16_t>(at));
    case DType::kI16:
      return py::int_(load_as<std::int16_t>(at));
    case DType::kU32:
      return py::int_(load_as<std::uint32_t>(at));
    case DType::kI32:
      return py::int_(load_as<std::int32_t>(at));
    case DType::kU64:
      return py::int_(load_as<std::uint64_t>(at));
    case DType::kI64:
      return py::int_(load_as<std::int64_t>(at));
    case DType::kF16:
      return py::float_(to_float(load_as<Float16>(at)));
    case DType::kF32:
      return py::float_(load_as<float>(at));
    case DType::kF64:
      break;
  }
  return py::float_(load_as<double>(at));
}

void store_element(DType dtype, std::byte* at, py::handle value) {
  switch (dtype) {
    case DType::kU8:
      return store_as(at, integer_from<std::uint8_t>(value));
    case DType::kI8:
      return store_as(at, integer_from<std::int8_t>(value));
    case DType::kU16:
      return store_as(at, integer_from<std::uint16_t>(value));
    case DType::kI16:
      return store_as(at, integer_from<std::int16_t>(value));
    case DType::kU32:
      return store_as(at, integer_from<std::uint32_t>(value));
    case DType::kI32:
      return store_as(at, integer_from<std::int32_t>(value));
    case DType::kU64:
      return store_as(at, integer_from<std::uint64_t>(value));
    case DType::kI64:
      return store_as(at, integer_from<std::int64_t>(value));
    case DType::kF16:
      return store_as(at, to_float16(number_from<float>(value)));
    case DType::kF32:
      return store_as(at, number_from<float>(value));
    case DType::kF64:
      return store_as(at, number_from<double>(value));
  }
}

}  // namespace edgefirst::python
