// SPDX-License-Identifier: Apache-2.0
// What every call of a function of the module passes through, before and after pybind11.
//
// Arguments that do not fit are told in one sentence that names the argument, what it got and what
// it takes; pybind11 would print all signatures and all values. Log records and trace events are
// handed to Python once the call has its result, never in the middle of it.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "base/message.hpp"
#include "base/sentence.hpp"

namespace edgefirst::python {

namespace py = pybind11;

/// Takes charge of all functions, methods and properties that module has by now.
void wrap_calls(py::module_& module);

/// The name of an object's type without its module.
std::string type_name(py::handle object);

template <typename... Parts>
py::type_error type_error(const Parts&... parts) {
  return py::type_error(one_sentence(message(parts...)));
}

template <typename... Parts>
py::value_error value_error(const Parts&... parts) {
  return py::value_error(one_sentence(message(parts...)));
}

/// Throws a Python exception about source. Where source is an argument of the call in progress,
/// the caller reads "argument 'top' of Rect(): " in front of the reason.
[[noreturn]] void refuse_argument(py::handle source, PyObject* type, const std::string& reason);
/// Whether a refusal is on its way.
bool is_refused() noexcept;
/// Says that the exception about to leave a caster is about source.
void note_refused(py::handle source) noexcept;
/// Runs load, which reads the items of source: what it refuses of them, it refuses of source.
template <typename Load>
auto refusing(py::handle source, Load load) {
  try {
    return load();
  } catch (...) {
    if (is_refused()) note_refused(source);
    throw;
  }
}

}  // namespace edgefirst::python
