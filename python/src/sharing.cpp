// SPDX-License-Identifier: Apache-2.0
// Descriptors of Tensor: importing a buffer and handing one out.
#include "arguments.hpp"
#include "bindings.hpp"
#include "gil.hpp"

namespace edgefirst::python {

void bind_sharing(py::module_& module) {
  auto tensor = py::reinterpret_borrow<py::class_<Tensor>>(module.attr("Tensor"));
  tensor
      .def_static(
          "from_fd",
          [](Int<int> fd, const Shape& shape, const std::string& dtype,
             const std::optional<std::string>& name) {
            const ReleaseGil release;
            return Tensor::from_fd(fd, shape, parse_dtype(dtype), name.value_or(""));
          },
          py::arg("fd"), py::arg("shape"), py::arg("dtype") = "float32",
          py::arg("name") = py::none(), "A tensor over the buffer behind a descriptor.")
      .def_property_readonly("fd", &Tensor::clone_fd,
                             "A new descriptor of the buffer, for the caller to close.")
      .def("dmabuf_clone", &Tensor::dmabuf_clone,
           "A new descriptor of a DMA-BUF, for the caller to close.");
}

}  // namespace edgefirst::python
