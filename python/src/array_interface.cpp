// SPDX-License-Identifier: Apache-2.0
// Numpy's own ways to look at a Tensor: __array_interface__ and __array__. Libraries other than
// numpy are served by dlpack.cpp, maps by the buffer protocol of tensor_map.cpp.
#include <optional>

#include "arguments.hpp"
#include "base/message.hpp"
#include "bindings.hpp"
#include "ndarray.hpp"
#include "tensor_map.hpp"

namespace edgefirst::python {
namespace {

/// The data entry is a memoryview and not an address: numpy then keeps it, and it the mapping.
py::dict array_interface(const Tensor& self) {
  OpenMap open = open_map(self);
  const std::size_t rank = open.map.shape().rank();
  const auto steps = open.map.strides();
  py::tuple shape(rank);
  py::tuple strides(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    shape[axis] = open.map.shape()[axis];
    strides[axis] = steps[axis];
  }
  py::dict interface;
  interface["version"] = 3;
  interface["shape"] = shape;
  interface["strides"] = strides;
  interface["typestr"] = numpy_dtype(self.dtype()).attr("str");
  interface["data"] = bytes_of(std::move(open));
  return interface;
}

/// numpy would quote an argument that is no dtype whole.
py::object dtype_from(const py::object& argument) {
  try {
    return py::dtype::from_args(argument);
  } catch (const py::error_already_set&) {
    throw type_error("argument 'dtype' of Tensor.__array__() must be a dtype, not ",
                     type_name(argument));
  }
}

py::object to_array(const Tensor& self, const py::object& dtype, std::optional<bool> copy) {
  py::object array = ndarray_of(self);
  const py::object wanted = dtype.is_none() ? py::object(array.attr("dtype")) : dtype_from(dtype);
  if (!wanted.equal(array.attr("dtype"))) {
    if (copy == false) {
      raise(ErrorCode::kInvalidArgument, "a tensor of ", dtype_info(self.dtype()).name,
            " becomes an array of ", py::str(wanted).cast<std::string>(),
            " only by a copy: pass copy=None");
    }
    return array.attr("astype")(wanted);
  }
  return copy == true ? py::object(array.attr("copy")()) : array;
}

}  // namespace

void bind_array_interface(py::module_& module) {
  auto tensor = py::reinterpret_borrow<py::class_<Tensor>>(module.attr("Tensor"));
  tensor
      .def_property_readonly("__array_interface__", &array_interface,
                             "numpy's array interface, version 3, that keeps the mapping alive.")
      .def("__array__", &to_array, py::arg("dtype") = py::none(),
           py::arg("copy").noconvert() = py::none(),
           "What numpy.asarray takes: the tensor's memory unless dtype or copy ask otherwise.");
}

}  // namespace edgefirst::python
