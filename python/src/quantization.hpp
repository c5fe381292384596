// SPDX-License-Identifier: Apache-2.0
// The Quantization value type. Called by tensor.cpp.
#pragma once

#include <pybind11/pybind11.h>

namespace edgefirst::python {

void bind_quantization(pybind11::module_& module);

}  // namespace edgefirst::python
