// SPDX-License-Identifier: Apache-2.0
// What is wrong with the arguments of a call that pybind11 could not make. Called by calls.cpp,
// only for calls that have failed.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <utility>
#include <vector>

namespace edgefirst::python {

struct CallableName {
  std::string text;  ///< "Tensor.load", "Rect" for its constructor, "Rect.left" for a property
  bool is_property = false;
};

/// The arguments of one call, borrowed from the caller.
struct GivenArguments {
  std::vector<pybind11::handle> positional;
  std::vector<std::pair<pybind11::handle, pybind11::handle>> keywords;

  /// As METH_FASTCALL | METH_KEYWORDS hands them over.
  GivenArguments(PyObject* const* values, Py_ssize_t count, PyObject* names);
  /// As METH_VARARGS | METH_KEYWORDS hands them over.
  GivenArguments(PyObject* values, PyObject* names_and_values);
};

/// One sentence on why the arguments do not fit the parameters of function.
std::string misfit(const pybind11::detail::function_record& function, const CallableName& name,
                   const GivenArguments& given);

/// "argument 'top' of Rect()" where source is an argument, else "Rect()".
std::string place_of(pybind11::handle source, const pybind11::detail::function_record& function,
                     const CallableName& name, const GivenArguments& given);

}  // namespace edgefirst::python
