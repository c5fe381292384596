// SPDX-License-Identifier: Apache-2.0
// The C structures of DLPack 1.0, by which array libraries hand memory to each other inside a
// PyCapsule: https://dmlc.github.io/dlpack/latest/c_api.html. Layout only; dlpack.cpp uses them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefirst::python::dlpack {

struct Version {
  std::uint32_t major;
  std::uint32_t minor;
};

struct Device {
  std::int32_t type;
  std::int32_t id;
};
inline constexpr std::int32_t kCpu = 1;
inline constexpr std::int32_t kCudaHost = 3;   // pinned memory, the CPU's like any other
inline constexpr std::int32_t kRocmHost = 11;  // the same

struct DataType {
  std::uint8_t code;
  std::uint8_t bits;
  std::uint16_t lanes;
};
inline constexpr std::uint8_t kInt = 0;
inline constexpr std::uint8_t kUnsigned = 1;
inline constexpr std::uint8_t kFloat = 2;

/// Strides count elements; none means C order.
struct Array {
  void* data;
  Device device;
  std::int32_t ndim;
  DataType dtype;
  std::int64_t* shape;
  std::int64_t* strides;
  std::uint64_t byte_offset;
};

/// What a capsule named "dltensor" points to.
struct Managed {
  Array array;
  void* manager_ctx;
  void (*deleter)(Managed*);
};

/// What a capsule named "dltensor_versioned" points to. Of another major version only version,
/// manager_ctx and deleter may be read.
struct ManagedVersioned {
  Version version;
  void* manager_ctx;
  void (*deleter)(ManagedVersioned*);
  std::uint64_t flags;
  Array array;
};
inline constexpr std::uint64_t kReadOnly = 1;
inline constexpr std::uint64_t kCopied = 2;

static_assert(sizeof(DataType) == 4 && sizeof(Device) == 8, "laid out as C does");
static_assert(sizeof(void*) != 8 ||
                  (sizeof(Array) == 48 && sizeof(Managed) == 64 && sizeof(ManagedVersioned) == 80),
              "laid out as C does");

/// The capsule's name before and after a consumer took the memory.
template <typename T>
struct CapsuleName;
template <>
struct CapsuleName<Managed> {
  static constexpr const char* kFresh = "dltensor";
  static constexpr const char* kUsed = "used_dltensor";
};
template <>
struct CapsuleName<ManagedVersioned> {
  static constexpr const char* kFresh = "dltensor_versioned";
  static constexpr const char* kUsed = "used_dltensor_versioned";
};

}  // namespace edgefirst::python::dlpack
