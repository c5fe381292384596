// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include <cstring>
#include <new>
#include <unordered_map>
#include <utility>

#include "call_errors.hpp"
#include "gil.hpp"

namespace edgefirst::python {
namespace {

using py::detail::function_record;
using FastCall = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);
using TupleCall = PyObject* (*)(PyObject*, PyObject*, PyObject*);

// What pybind11 put into the method definitions: FastCall from 3.1 on, TupleCall before.
void (*g_dispatcher)() = nullptr;
thread_local PyObject* t_refused = nullptr;  // compared with arguments, never used

/// Names by function; kept to the end of the process.
std::unordered_map<const function_record*, CallableName>& names_of_functions() {
  static auto* names = new std::unordered_map<const function_record*, CallableName>;
  return *names;
}

/// Replaces the message of the current exception, and keeps the exception's class.
void prefix_error(const std::string& prefix) {
  const py::error_already_set error;
  const std::string text = py::str(error.value()).cast<std::string>();
  PyErr_SetString(error.type().ptr(), one_sentence(prefix + text).c_str());
}

/// Turns what pybind11 says of a call into the exception that the caller gets.
void explain_failure(PyObject* self, const GivenArguments& given, bool does_not_fit) noexcept {
  try {
    const function_record& function = *py::detail::function_record_ptr_from_PyObject(self);
    const auto found = names_of_functions().find(&function);
    const CallableName name =
        found == names_of_functions().end() ? CallableName{function.name, false} : found->second;
    if (does_not_fit) {
      PyErr_SetString(PyExc_TypeError, one_sentence(misfit(function, name, given)).c_str());
    } else {
      const py::handle refused = std::exchange(t_refused, nullptr);
      prefix_error(message(place_of(refused, function, name, given), ": "));
    }
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (...) {
    py::detail::try_translate_exceptions();
  }
}

/// Tells whether the call has to be explained, and drops a result that stands for a failure.
bool has_failed(PyObject*& result) {
  if (result != Py_NotImplemented) return result == nullptr && t_refused != nullptr;
  Py_CLEAR(result);
  return true;
}

PyObject* fast_call(PyObject* self, PyObject* const* values, Py_ssize_t count, PyObject* names) {
  t_refused = nullptr;
  PyObject* result = reinterpret_cast<FastCall>(g_dispatcher)(self, values, count, names);
  const bool does_not_fit = result == Py_NotImplemented;
  if (has_failed(result)) explain_failure(self, GivenArguments(values, count, names), does_not_fit);
  deliver_messages();
  return result;
}

PyObject* tuple_call(PyObject* self, PyObject* values, PyObject* keywords) {
  t_refused = nullptr;
  PyObject* result = reinterpret_cast<TupleCall>(g_dispatcher)(self, values, keywords);
  const bool does_not_fit = result == Py_NotImplemented;
  if (has_failed(result)) explain_failure(self, GivenArguments(values, keywords), does_not_fit);
  deliver_messages();
  return result;
}

/// A method without named arguments accepts None as its object in pybind11, which then uses a null
/// pointer. For methods with named arguments pybind11 adds an argument "self" that refuses None;
/// this function adds the same argument to the rest.
void refuse_none_for_self(function_record* record) {
  for (; record != nullptr; record = record->next) {
    if (!record->is_method || !record->args.empty()) continue;
    char* const name = ::strdup("self");  // freed by pybind11
    if (name == nullptr) throw std::bad_alloc();
    record->args.emplace_back(name, nullptr, py::handle(), /*convert=*/true, /*none=*/false);
  }
}

/// Puts a wrapper in place of pybind11's dispatcher. As operators do, the function answers
/// NotImplemented from now on where its arguments do not fit: no message is built then.
void wrap_function(py::handle callable, const CallableName& name) {
  PyObject* function = callable.ptr();
  if (function != nullptr && PyInstanceMethod_Check(function) != 0) {
    function = PyInstanceMethod_GET_FUNCTION(function);
  }
  if (function == nullptr || PyCFunction_Check(function) == 0) return;
  PyObject* self = PyCFunction_GET_SELF(function);
  function_record* record =
      self == nullptr ? nullptr : py::detail::function_record_ptr_from_PyObject(self);
  if (record == nullptr || names_of_functions().count(record) != 0) return;
  names_of_functions().emplace(record, name);
  refuse_none_for_self(record);
  record->is_operator = true;
  g_dispatcher = reinterpret_cast<void (*)()>(record->def->ml_meth);
  const bool is_fast = (record->def->ml_flags & METH_FASTCALL) != 0;
  const auto wrapper = is_fast ? reinterpret_cast<void (*)()>(&fast_call)
                               : reinterpret_cast<void (*)()>(&tuple_call);
  record->def->ml_meth = reinterpret_cast<PyCFunction>(wrapper);
}

void wrap_member(py::handle member, const std::string& name) {
  PyTypeObject* type = Py_TYPE(member.ptr());
  if (PyType_IsSubtype(type, &PyProperty_Type) != 0) {
    wrap_function(py::getattr(member, "fget"), {name, true});
    wrap_function(py::getattr(member, "fset"), {name, true});
  } else if (type == &PyStaticMethod_Type || type == &PyClassMethod_Type) {
    wrap_function(py::getattr(member, "__func__"), {name, false});
  } else {
    wrap_function(member, {name, false});
  }
}

void wrap_type(py::handle type, const std::string& name) {
  const py::object members = py::module_::import("builtins").attr("dict")(type.attr("__dict__"));
  for (const auto& [key, member] : members.cast<py::dict>()) {
    const auto text = key.cast<std::string>();
    const bool constructs = text == "__init__" || text == "__new__";
    wrap_member(member, constructs ? name : name + "." + text);
  }
}

}  // namespace

std::string type_name(py::handle object) {
  const char* name = Py_TYPE(object.ptr())->tp_name;
  const char* dot = std::strrchr(name, '.');
  return one_sentence(dot == nullptr ? name : dot + 1, 60);
}

void refuse_argument(py::handle source, PyObject* type, const std::string& reason) {
  PyErr_SetString(type, one_sentence(reason).c_str());
  t_refused = source.ptr();
  throw py::error_already_set();
}

bool is_refused() noexcept { return t_refused != nullptr; }

void note_refused(py::handle source) noexcept { t_refused = source.ptr(); }

void wrap_calls(py::module_& module) {
  for (const auto& [key, member] : module.attr("__dict__").cast<py::dict>()) {
    const auto name = key.cast<std::string>();
    if (PyType_Check(member.ptr()) != 0) {
      wrap_type(member, name);
    } else {
      wrap_member(member, name);
    }
  }
}

}  // namespace edgefirst::python
