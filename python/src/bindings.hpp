// SPDX-License-Identifier: Apache-2.0
// One function per area; module.cpp calls them in this order, because a default argument needs its
// type registered first.
#pragma once

#include <pybind11/pybind11.h>

namespace edgefirst::python {

void bind_exceptions(pybind11::module_& module);
void bind_enums(pybind11::module_& module);
void bind_geometry(pybind11::module_& module);
void bind_tensor(pybind11::module_& module);
void bind_tensor_map(pybind11::module_& module);
void bind_sharing(pybind11::module_& module);
void bind_views(pybind11::module_& module);
void bind_dlpack(pybind11::module_& module);
void bind_array_interface(pybind11::module_& module);
void bind_codec(pybind11::module_& module);
void bind_tracker(pybind11::module_& module);
void bind_decoder(pybind11::module_& module);
void bind_model_run(pybind11::module_& module);
void bind_texts(pybind11::module_& module);
void bind_image(pybind11::module_& module);
void bind_runtime(pybind11::module_& module);
/// After all classes: gives each of them a __reduce__.
void bind_pickling(pybind11::module_& module);
/// Before all classes: makes pybind11's base class a class without instances of its own.
void guard_base_class();

}  // namespace edgefirst::python
