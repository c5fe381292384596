// SPDX-License-Identifier: Apache-2.0
// The C interface of ONNX Runtime that this library uses, as data: a table of functions that only
// grows, so that a position and a signature are all there is to know. Everything here exists since
// version 1.16 (interface 16). Source: the published onnxruntime_c_api.h; positions verified with
// 1.21 and 1.32.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefirst::model::ort {

struct Env;
struct Status;
struct Session;
struct SessionOptions;
struct RunOptions;
struct Binding;
struct Value;
struct MemoryInfo;
struct TypeInfo;
struct TensorInfo;
struct Metadata;
struct Allocator;

#if defined(_WIN32)
using PathChar = wchar_t;
#else
using PathChar = char;
#endif

inline constexpr int kLeastInterface = 16;
inline constexpr int kErrorsOnly = 3;
inline constexpr int kAllOptimisations = 99;
inline constexpr int kArenaAllocator = 1;
inline constexpr int kDefaultMemory = 0;
inline constexpr int kIsTensor = 1;

/// What OrtGetApiBase() points to.
struct ApiBase {
  const void* const* (*get_api)(std::uint32_t version);
  const char* (*version)();
};

/// Functions that return a Status* give nullptr for success.
struct Functions {
  explicit Functions(const void* const* table);

  int (*error_code)(const Status*);
  const char* (*error_message)(const Status*);
  Status* (*create_env)(int level, const char* id, Env**);
  Status* (*create_session)(Env*, const PathChar* path, const SessionOptions*, Session**);
  Status* (*create_session_options)(SessionOptions**);
  Status* (*set_log_level)(SessionOptions*, int);
  Status* (*set_optimisation)(SessionOptions*, int);
  Status* (*set_threads)(SessionOptions*, int);
  Status* (*count[2])(const Session*, std::size_t*);
  Status* (*type[2])(const Session*, std::size_t, TypeInfo**);
  Status* (*name[2])(const Session*, std::size_t, Allocator*, char**);
  Status* (*wrap)(const MemoryInfo*, void*, std::size_t bytes, const std::int64_t* shape,
                  std::size_t rank, int type, Value**);
  Status* (*data)(Value*, void**);
  Status* (*value_info)(const Value*, TensorInfo**);
  Status* (*cast)(const TypeInfo*, const TensorInfo**);
  Status* (*kind)(const TypeInfo*, int*);
  Status* (*element)(const TensorInfo*, int*);
  Status* (*rank)(const TensorInfo*, std::size_t*);
  Status* (*extents)(const TensorInfo*, std::int64_t*, std::size_t);
  Status* (*cpu_memory)(int allocator, int memory, MemoryInfo**);
  Status* (*allocator_free)(Allocator*, void*);
  Status* (*allocator)(Allocator**);
  Status* (*metadata)(const Session*, Metadata**);
  Status* (*metadata_value)(const Metadata*, Allocator*, const char* key, char**);
  Status* (*metadata_keys)(const Metadata*, Allocator*, char*** keys, std::int64_t* count);
  Status* (*providers)(char***, int*);
  Status* (*release_providers)(char**, int);
  Status* (*set_entry)(SessionOptions*, const char* key, const char* value);
  Status* (*run)(Session*, const RunOptions*, const Binding*);
  Status* (*create_binding)(Session*, Binding**);
  Status* (*bind[2])(Binding*, const char* name, const Value*);
  Status* (*bind_to_device)(Binding*, const char* name, const MemoryInfo*);
  Status* (*bound_outputs)(const Binding*, Allocator*, Value***, std::size_t*);
  Status* (*append_provider)(SessionOptions*, const char* name, const char* const* keys,
                             const char* const* values, std::size_t);

  void (*release_status)(Status*);
  void (*release_session)(Session*);
  void (*release_value)(Value*);
  void (*release_type)(TypeInfo*);
  void (*release_tensor_info)(TensorInfo*);
  void (*release_session_options)(SessionOptions*);
  void (*release_metadata)(Metadata*);
  void (*release_binding)(Binding*);
};

}  // namespace edgefirst::model::ort
