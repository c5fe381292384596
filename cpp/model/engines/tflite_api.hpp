// SPDX-License-Identifier: Apache-2.0
// The part of TensorFlow Lite's classic C interface that this library uses, as data. Boards ship
// this interface, and no other takes external delegates. Source: the published c_api.h. The
// functions were tried with Debian's 2.14.1.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/dynamic_library.hpp"

namespace edgefirst::model::tflite {

struct Model;
struct Options;
struct Interpreter;
struct TensorInfo;
struct Delegate;

struct QuantizationParameters {
  float scale;
  std::int32_t zero_point;
};
struct Allocation {
  void* data;
  std::size_t bytes;
};

/// Functions that return int give 0 for success.
struct Functions {
  /// The name of a symbol that is missing, or nullptr.
  const char* load(const DynamicLibrary& library);

  Model* (*create_model)(const char* path);
  void (*delete_model)(Model*);
  Options* (*create_options)();
  void (*delete_options)(Options*);
  void (*set_threads)(Options*, std::int32_t);
  void (*add_delegate)(Options*, Delegate*);
  Interpreter* (*create)(const Model*, const Options*);
  void (*destroy)(Interpreter*);
  int (*allocate)(Interpreter*);
  int (*invoke)(Interpreter*);
  int (*resize)(Interpreter*, std::int32_t, const int*, std::int32_t);
  std::int32_t (*count[2])(const Interpreter*);
  TensorInfo* (*input)(const Interpreter*, std::int32_t);
  const TensorInfo* (*output)(const Interpreter*, std::int32_t);
  int (*type)(const TensorInfo*);
  std::int32_t (*rank)(const TensorInfo*);
  std::int32_t (*extent)(const TensorInfo*, std::int32_t);
  std::size_t (*bytes)(const TensorInfo*);
  void* (*data)(const TensorInfo*);
  const char* (*name)(const TensorInfo*);
  QuantizationParameters (*quantization)(const TensorInfo*);
  const char* (*version)();
};

/// An external delegate's library, by the two functions that such libraries export.
struct DelegateFunctions {
  const char* load(const DynamicLibrary& library);

  Delegate* (*create)(char** keys, char** values, std::size_t count, void (*report)(const char*));
  void (*destroy)(Delegate*);
};

}  // namespace edgefirst::model::tflite
