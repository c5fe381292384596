// SPDX-License-Identifier: Apache-2.0
// A tensor's bytes as Python sees them. A map whose access has ended keeps its mapping for as long
// as views of it live, so no view can ever dangle.
#pragma once

#include <pybind11/pybind11.h>

#include "mapping.hpp"

namespace edgefirst::python {

/// A one-dimensional memoryview of format 'B' over all bytes of the map, row padding included.
/// It owns the map.
pybind11::object bytes_of(OpenMap open);

}  // namespace edgefirst::python
