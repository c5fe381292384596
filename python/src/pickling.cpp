// SPDX-License-Identifier: Apache-2.0
// What pickle and copy make of the module's classes, at every protocol: values travel, objects that
// own memory or devices are TypeErrors that say what to do instead.
#include <array>
#include <string>
#include <utility>

#include "bindings.hpp"
#include "calls.hpp"

namespace edgefirst::python {
namespace {

newfunc g_new_of_base = nullptr;

/// The tp_new of pybind11's common base class. Without a class of C++ below it there is nothing to
/// make; pybind11 throws then, and the exception would leave through C code of Python.
PyObject* new_object(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  if (py::detail::all_type_info(type).empty()) {
    PyErr_Format(PyExc_TypeError, "cannot create '%.100s' instances", type->tp_name);
    return nullptr;
  }
  return g_new_of_base(type, arguments, keywords);
}

using Reason = std::pair<const char*, const char*>;
constexpr std::array<Reason, 10> kReasons{{
    {"BufferIdentity", "it is a fact of one process"},
    {"Decoder", "make one from the same configuration"},
    {"Fence", "wait for it"},
    {"ImageDecoder", "make one in each process"},
    {"ImageProcessor", "make one in each process"},
    {"PlaneDescriptor", "make one in each process"},
    {"ProtoData", "take its tensors and copy them with numpy.array()"},
    {"Tensor", "copy its elements with numpy.array(), or share its descriptor (fd)"},
    {"TensorMap", "copy its elements with numpy.array()"},
    {"Tracing", "start one in each process"},
}};

[[noreturn]] void refuse_to_pickle(const std::string& name) {
  for (const auto& [known, reason] : kReasons) {
    if (name == known) throw type_error("cannot pickle or copy a ", name, ": ", reason);
  }
  throw type_error("cannot pickle or copy a ", name);
}

/// A __reduce__ that makes an empty object and then calls the __setstate__ of its class.
py::object reduce_by_state(const py::object& self) {
  const py::object make = py::module_::import("copyreg").attr("__newobj__");
  return py::make_tuple(make, py::make_tuple(py::type::of(self)), self.attr("__getstate__")());
}

void add_reduce(const py::object& type) {
  const py::object members = type.attr("__dict__");
  if (members.contains("__reduce__")) return;
  const bool has_state = members.contains("__getstate__");
  const auto name = type.attr("__name__").cast<std::string>();
  const auto reduce = [has_state, name](const py::object& self) {
    if (!has_state) refuse_to_pickle(name);
    return reduce_by_state(self);
  };
  type.attr("__reduce__") = py::cpp_function(reduce, py::name("__reduce__"), py::is_method(type));
}

}  // namespace

void guard_base_class() {
  auto* base = reinterpret_cast<PyTypeObject*>(py::detail::get_internals().instance_base);
  if (base->tp_new == &new_object) return;
  g_new_of_base = base->tp_new;
  base->tp_new = &new_object;
}

void bind_pickling(py::module_& module) {
  for (const auto& [key, member] : module.attr("__dict__").cast<py::dict>()) {
    const bool is_class =
        PyType_Check(member.ptr()) != 0 && PyExceptionClass_Check(member.ptr()) == 0;
    if (is_class) add_reduce(py::reinterpret_borrow<py::object>(member));
  }
}

}  // namespace edgefirst::python
