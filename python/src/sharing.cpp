// SPDX-License-Identifier: Apache-2.0
// Descriptors of Tensor: importing a buffer and handing one out.
#include "arguments.hpp"
#include "bindings.hpp"
#include "gil.hpp"

namespace edgefirst::python {

#if defined(__APPLE__)
namespace {

/// What of() says of a tensor in an IOSurface, None of every other.
template <typename Value, typename Of>
std::optional<Value> of_surface(const Tensor& tensor, Of of) {
  try {
    return of(tensor);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotSupported) throw;
  }
  return std::nullopt;
}

void bind_iosurfaces(py::class_<Tensor>& tensor) {
  tensor
      .def_static(
          "from_iosurface",
          [](Int<std::uintptr_t> surface, const Shape& shape, const Text& dtype,
             const std::optional<Text>& name) {
            return Tensor::from_iosurface(reinterpret_cast<void*>(surface.value), shape,
                                          parse_dtype(dtype.value), name.value_or(Text()).value);
          },
          py::arg("surface_ref"), py::arg("shape"), py::arg("dtype") = "uint8",
          py::arg("name") = py::none(), "A tensor over an IOSurfaceRef, given as an int.")
      .def_property_readonly(
          "iosurface_id",
          [](const Tensor& self) {
            return of_surface<std::uint32_t>(self, [](auto& t) { return t.iosurface_id(); });
          },
          "The IOSurface's id, else None.")
      .def_property_readonly(
          "iosurface_ref",
          [](const Tensor& self) {
            return of_surface<std::uintptr_t>(
                self, [](auto& t) { return reinterpret_cast<std::uintptr_t>(t.iosurface_ref()); });
          },
          "The IOSurfaceRef as an int, else None.");
}

}  // namespace
#endif

void bind_sharing(py::module_& module) {
  auto tensor = py::reinterpret_borrow<py::class_<Tensor>>(module.attr("Tensor"));
#if !defined(_WIN32)
  tensor
      .def_static(
          "from_fd",
          [](Int<int> fd, const Shape& shape, const Text& dtype, const std::optional<Text>& name) {
            const ReleaseGil release;
            return Tensor::from_fd(fd, shape, parse_dtype(dtype.value),
                                   name.value_or(Text()).value);
          },
          py::arg("fd"), py::arg("shape"), py::arg("dtype") = "float32",
          py::arg("name") = py::none(), "A tensor over the buffer behind a descriptor.")
      .def_property_readonly("fd", &Tensor::clone_fd,
                             "A new descriptor of the buffer, for the caller to close.");
#endif
#if defined(__linux__)
  tensor.def("dmabuf_clone", &Tensor::dmabuf_clone,
             "A new descriptor of a DMA-BUF, for the caller to close.");
#endif
#if defined(__APPLE__)
  bind_iosurfaces(tensor);
#endif
}

}  // namespace edgefirst::python
