// SPDX-License-Identifier: Apache-2.0
// The C interface of LiteRT that this library uses (libLiteRt.so, since 2.1.0), as data: records,
// numbers and signatures. Source: the published headers of litert/c; verified with 2.1.4 and 2.3.0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/dynamic_library.hpp"

namespace edgefirst::model::litert {

struct Env;
struct Model;
struct Signature;
struct TensorInfo;
struct Options;
struct OpaqueOptions;
struct Compiled;
struct Buffer;

inline constexpr std::size_t kMostDimensions = 8;
inline constexpr std::size_t kAlignment = 64;  ///< of host memory

struct Any {
  int type;
  union {
    std::int64_t number;
    const char* text;
  };
};
inline constexpr int kAnyInt = 2;
inline constexpr int kAnyText = 8;

struct EnvOption {
  int tag;
  Any value;
};
inline constexpr int kRuntimeFolder = 22;
inline constexpr int kAccelerators = 24;
inline constexpr int kLeastLogLevel = 25;
inline constexpr int kLogErrors = 3;

struct Layout {
  std::uint32_t rank : 7;
  std::uint32_t has_strides : 1;
  std::int32_t extents[kMostDimensions];
  std::uint32_t strides[kMostDimensions];
};
struct RankedType {
  int element;
  Layout layout;
};
struct PerTensor {
  float scale;
  std::int64_t zero_point;
};
struct PerChannel {
  std::int32_t axis;
  std::uint64_t count;
  const float* scales;
  const std::int64_t* zero_points;
};
static_assert(sizeof(void*) != 8 || (sizeof(EnvOption) == 24 && sizeof(PerChannel) == 32));
static_assert(sizeof(Layout) == 68 && sizeof(RankedType) == 72 && sizeof(PerTensor) == 16);

inline constexpr int kQuantizedPerTensor = 1;
inline constexpr int kQuantizedPerChannel = 2;
inline constexpr int kCpu = 1;
inline constexpr int kGpu = 2;
inline constexpr int kNpu = 4;

/// What a status means, in words; the library exports no function for it.
const char* status_text(int status);

/// Functions that return int give 0 for success.
struct Functions {
  /// The name of a symbol that is missing, or nullptr.
  const char* load(const DynamicLibrary& library);
  /// The environment came first since 2.1.6.
  int create_model(Env* env, const char* path, Model** model) const;

  int (*create_env)(int, const EnvOption*, Env**);
  void (*destroy_model)(Model*);
  int (*signature_count)(Model*, std::size_t*);
  int (*signature)(Model*, std::size_t, Signature**);
  int (*count[2])(Signature*, std::size_t*);
  int (*tensor[2])(Signature*, std::size_t, TensorInfo**);
  int (*tensor_name)(TensorInfo*, const char**);
  int (*ranked_type)(TensorInfo*, RankedType*);
  int (*quantization)(TensorInfo*, int*);
  int (*per_tensor)(TensorInfo*, PerTensor*);
  int (*per_channel)(TensorInfo*, PerChannel*);
  int (*create_options)(Options**);
  void (*destroy_options)(Options*);
  int (*set_accelerators)(Options*, int);
  int (*create_opaque)(const char* id, void* payload, void (*)(void*), OpaqueOptions**);
  int (*add_opaque)(Options*, OpaqueOptions*);
  int (*compile)(Env*, Model*, Options*, Compiled**);
  void (*destroy_compiled)(Compiled*);
  int (*output_layouts)(Compiled*, std::size_t, std::size_t, Layout*, bool);
  int (*resize)(Compiled*, std::size_t, std::size_t, const int*, std::size_t);
  int (*wrap)(const RankedType*, void*, std::size_t, void (*)(void*), Buffer**);
  void (*destroy_buffer)(Buffer*);
  int (*run)(Compiled*, std::size_t, std::size_t, Buffer**, std::size_t, Buffer**);

 private:
  void* create_model_ = nullptr;
  bool takes_env_ = false;
};

}  // namespace edgefirst::model::litert
