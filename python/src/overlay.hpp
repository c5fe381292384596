// SPDX-License-Identifier: Apache-2.0
// The drawing and mask methods of ImageProcessor.
#pragma once

#include <pybind11/pybind11.h>

#include "edgefirst/image.hpp"

namespace edgefirst::python {

void bind_overlay(pybind11::module_& module, pybind11::class_<ImageProcessor>& type);

}  // namespace edgefirst::python
