// SPDX-License-Identifier: Apache-2.0
// One element of a tensor as a Python number. Called by TensorMap for m[i] and m[i] = v.
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>

#include "edgefirst/dtype.hpp"

namespace edgefirst::python {

/// int for integer dtypes, float for the others.
pybind11::object load_element(DType dtype, const std::byte* at);

/// Throws OverflowError and TypeError as Python's own arrays do; at is untouched then.
void store_element(DType dtype, std::byte* at, pybind11::handle value);

}  // namespace edgefirst::python
