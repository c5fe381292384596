// SPDX-License-Identifier: Apache-2.0
// A tensor's bytes as Python sees them. A map whose access has ended keeps its mapping for as long
// as views of it live, so no view can ever dangle.
#pragma once

#include <pybind11/pybind11.h>

#include "edgefirst/tensor.hpp"

namespace edgefirst::python {

/// A map for everything the memory allows: tensors of read-only descriptors only for reading.
struct OpenMap {
  TensorMap map;
  bool read_only;
};
OpenMap open_map(const Tensor& tensor);

/// Deletes a map that a foreign object kept, in any thread, with or without the GIL or Python.
void close_map(TensorMap* map) noexcept;

/// A one-dimensional memoryview of format 'B' over all bytes of the map, row padding included.
/// It owns the map.
pybind11::object bytes_of(OpenMap open);

/// An array over the tensor's memory, at its true strides; writable wherever the memory is.
pybind11::object ndarray_of(const Tensor& tensor);

}  // namespace edgefirst::python
