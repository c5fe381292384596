// SPDX-License-Identifier: Apache-2.0
// The extension module edgefirst_hal._core; the package edgefirst_hal re-exports it.
#include "bindings.hpp"
#include "calls.hpp"

namespace {

namespace py = pybind11;

/// Makes the use of an object that __new__ made and __init__ never filled a TypeError. pybind11
/// would answer with memory that no constructor has seen.
void refuse_unfinished_objects(const py::module_& module) {
  for (const auto& [name, member] : module.attr("__dict__").cast<py::dict>()) {
    if (PyType_Check(member.ptr()) == 0) continue;
    auto* type = py::detail::get_type_info(reinterpret_cast<PyTypeObject*>(member.ptr()));
    if (type == nullptr) continue;
    type->operator_new = [](std::size_t) -> void* {
      throw py::type_error("__init__() of this object was not called");
    };
  }
}

}  // namespace

PYBIND11_MODULE(_core_of_main, module) {
  module.doc() = "Native part of edgefirst_hal: import edgefirst_hal instead.";
  using namespace edgefirst::python;
  guard_base_class();
  bind_exceptions(module);
  bind_enums(module);
  bind_geometry(module);
  bind_tensor(module);
  bind_tensor_map(module);
  bind_sharing(module);
  bind_views(module);
  bind_dlpack(module);
  bind_array_interface(module);
  bind_codec(module);
  bind_tracker(module);
  bind_decoder(module);
  bind_model_run(module);
  bind_texts(module);
  bind_image(module);
  bind_runtime(module);
  bind_pickling(module);
  refuse_unfinished_objects(module);
  wrap_calls(module);
}

/// What Python calls. In a subinterpreter pybind11 would wait for a lock that its own thread holds.
extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return PyInit__core_of_main();
  PyErr_SetString(PyExc_ImportError,
                  "edgefirst_hal works in the main interpreter alone, not in subinterpreters");
  return nullptr;
}
