// SPDX-License-Identifier: Apache-2.0
// The C interface of OpenVINO that this library uses, as data. Source: the published headers of
// openvino/c; verified with 2024.6 and 2026.4. Shapes go by value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/dynamic_library.hpp"

namespace edgefirst::model::openvino {

struct Core;
struct Model;
struct Compiled;
struct Port;
struct Request;
struct Tensor;

struct Shape {
  std::int64_t rank;
  std::int64_t* extents;
};
struct Dimension {
  std::int64_t least;
  std::int64_t most;
};
struct PartialShape {
  Dimension rank;
  Dimension* extents;
};
struct Version {
  const char* build;
  const char* description;
};

/// Functions that return int give 0 for success.
struct Functions {
  /// The name of a symbol that is missing, or nullptr.
  const char* load(const DynamicLibrary& library);

  int (*version)(Version*);
  void (*free_version)(Version*);
  const char* (*last_error)();
  int (*create_core)(Core**);
  int (*read_model)(const Core*, const char* path, const char* weights, Model**);
  void (*free_model)(Model*);
  int (*compile)(const Core*, const Model*, const char* device, std::size_t arguments, Compiled**,
                 ...);
  void (*free_compiled)(Compiled*);
  int (*reshape)(const Model*, const std::size_t*, const PartialShape*, std::size_t);
  int (*create_partial_shape)(std::int64_t, const Dimension*, PartialShape*);
  void (*free_partial_shape)(PartialShape*);
  int (*model_count[2])(const Model*, std::size_t*);
  int (*model_port[2])(const Model*, std::size_t, Port**);
  int (*element)(const Port*, int*);
  int (*name)(const Port*, char**);
  int (*partial_shape)(const Port*, PartialShape*);
  void (*free_port)(Port*);
  void (*free_text)(const char*);
  int (*create_request)(const Compiled*, Request**);
  void (*free_request)(Request*);
  int (*wrap)(int element, Shape, void*, Tensor**);
  int (*create_tensor)(int element, Shape, Tensor**);
  int (*tensor_bytes)(const Tensor*, std::size_t*);
  int (*tensor_data)(const Tensor*, void**);
  int (*tensor_shape)(const Tensor*, Shape*);
  void (*free_shape)(Shape*);
  void (*free_tensor)(Tensor*);
  int (*set[2])(Request*, std::size_t, const Tensor*);
  int (*output)(const Request*, std::size_t, Tensor**);
  int (*infer)(Request*);
};

}  // namespace edgefirst::model::openvino
