// SPDX-License-Identifier: Apache-2.0
// A tensor's bytes as Python sees them. The map and every view taken from it share one mapping:
// unmap() only gives up the map's share, so no view can ever dangle.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string>

#include "edgefirst/tensor.hpp"

namespace edgefirst::python {

class MapObject {
 public:
  explicit MapObject(TensorMap map);

  bool is_mapped() const { return map_ != nullptr; }
  void unmap() { map_.reset(); }
  /// Throws kNotMapped after unmap().
  const std::shared_ptr<TensorMap>& mapping() const;

  std::size_t length() const { return map_ == nullptr ? 0 : element_count_; }
  pybind11::object get(std::size_t index) const;
  void set(std::size_t index, pybind11::handle value) const;
  /// A writable one-dimensional memoryview of format 'B'.
  pybind11::object bytes() const;
  std::string repr() const;

 private:
  std::byte* element(std::size_t index) const;

  std::shared_ptr<TensorMap> map_;
  std::size_t element_count_;
};

/// A map for everything the memory allows: tensors of read-only descriptors only for reading.
struct OpenMap {
  TensorMap map;
  bool read_only;
};
OpenMap open_map(const Tensor& tensor);

/// An array over the tensor's memory, at its true strides; writable wherever the memory is.
pybind11::object ndarray_of(const Tensor& tensor);

}  // namespace edgefirst::python
