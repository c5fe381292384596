// SPDX-License-Identifier: Apache-2.0
// The Output builder of Decoder.new_from_outputs.
#pragma once

#include <pybind11/pybind11.h>

#include "edgefirst/decoder.hpp"

namespace edgefirst::python {

struct OutputObject {
  OutputSpec spec;
};

void bind_output(pybind11::module_& module);

}  // namespace edgefirst::python
