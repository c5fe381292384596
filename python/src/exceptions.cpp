// SPDX-License-Identifier: Apache-2.0
// Errors of the core as Python exceptions: one class per row of the error table, all of them
// edgefirst_hal.Error and thereby RuntimeError.
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "edgefirst/error.hpp"

#include "base/sentence.hpp"
#include "bindings.hpp"

namespace edgefirst::python {
namespace {

namespace py = pybind11;

std::vector<PyObject*> g_classes;  // by ErrorCode; kept to the end of the process

py::object make_class(const std::string& name, const std::string& doc, const py::object& bases,
                      const std::string& code) {
  py::dict members;
  members["code"] = code;
  PyObject* type = PyErr_NewExceptionWithDoc(("edgefirst_hal." + name).c_str(), doc.c_str(),
                                             bases.ptr(), members.ptr());
  if (type == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(type);
}

void raise_in_python(const Error& error) {
  const py::handle type = g_classes[static_cast<std::size_t>(error.code())];
  const char* text = error.what();  // may name a file whose name is not UTF-8
  const auto message = py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(std::strlen(text)), "backslashreplace"));
  if (!message) throw py::error_already_set();
  const py::object instance = type(one_sentence(message.cast<std::string>()));
  if (error.os_error() != 0 && PyObject_IsInstance(instance.ptr(), PyExc_OSError) == 1) {
    instance.attr("errno") = error.os_error();
  }
  PyErr_SetObject(type.ptr(), instance.ptr());
}

void translate(std::exception_ptr pointer) {
  try {
    if (pointer) std::rethrow_exception(pointer);
  } catch (const Error& error) {
    raise_in_python(error);
  } catch (const std::bad_alloc&) {
    raise_in_python(Error(ErrorCode::kOutOfMemory, "out of memory"));
  } catch (const std::length_error&) {  // a container of more than can be addressed
    raise_in_python(Error(ErrorCode::kOutOfMemory, "out of memory: more than can be addressed"));
  } catch (const std::system_error& error) {
    raise_in_python(Error(ErrorCode::kIo, error.what(), error.code().value()));
  }
}

}  // namespace

void bind_exceptions(py::module_& module) {
  const py::object base =
      make_class("Error", "Base of every error of the library; code names the row of its table.",
                 py::reinterpret_borrow<py::object>(PyExc_RuntimeError), "");
  module.attr("Error") = base;
  const py::module_ builtins = py::module_::import("builtins");
  for (const ErrorInfo& info : error_table()) {
    py::object bases = base;
    if (info.python_base != nullptr) {
      bases = py::make_tuple(base, builtins.attr(info.python_base));
    }
    const std::string name = std::string(info.name) + "Error";
    const py::object type =
        make_class(name, "The error of code " + std::string(info.name) + ".", bases, info.name);
    module.attr(name.c_str()) = type;
    g_classes.push_back(type.inc_ref().ptr());
  }
  py::register_exception_translator(&translate);
}

}  // namespace edgefirst::python
