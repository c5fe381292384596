// SPDX-License-Identifier: Apache-2.0
// A tensor's memory opened for objects other than TensorMap: arrays and capsules.
#pragma once

#include <pybind11/pybind11.h>

#include "edgefirst/tensor.hpp"

namespace edgefirst::python {

/// Beginning and ending access to these may wait for a device: other threads run meanwhile.
bool may_wait(TensorMemory memory);

/// A map for everything the memory allows: tensors of read-only descriptors only for reading.
struct OpenMap {
  TensorMap map;
  bool read_only;
};
OpenMap open_map(const Tensor& tensor);

/// Deletes a map that a foreign object kept, in any thread, with or without the GIL or Python.
void close_map(TensorMap* map) noexcept;

/// An array over the tensor's memory, at its true strides; writable wherever the memory is.
pybind11::object ndarray_of(const Tensor& tensor);

}  // namespace edgefirst::python
