// SPDX-License-Identifier: Apache-2.0
// Tensor: capacity apart from shape, views, placement in a buffer, images of two planes.
#include "arguments.hpp"
#include "bindings.hpp"
#include "enums.hpp"

namespace edgefirst::python {
namespace {

std::optional<Tensor> chroma_of(const Tensor& self) {
  if (self.chroma() == nullptr) return std::nullopt;
  return *self.chroma();
}

}  // namespace

void bind_views(py::module_& module) {
  auto tensor = py::reinterpret_borrow<py::class_<Tensor>>(module.attr("Tensor"));
  tensor
      .def_property_readonly("capacity", &Tensor::capacity_bytes,
                             "Bytes from the plane offset to the end of the buffer.")
      .def("resize", &Tensor::resize, py::arg("shape"), "Any shape that the buffer holds.")
      .def(
          "configure_image",
          [](Tensor& self, Int<std::size_t> width, Int<std::size_t> height, PixelFormat format) {
            self.configure_image(width, height, format);
          },
          py::arg("width"), py::arg("height"), py::arg("format"),
          "Any image that the buffer holds, with tight rows.")
      .def("view", &Tensor::view, py::arg("rect"), "A rectangle of a packed image, without a copy.")
      .def(
          "batch", [](const Tensor& self, Int<std::size_t> n) { return self.batch(n); },
          py::arg("n"), "Element n of axis 0, without a copy.")
      .def(
          "set_row_stride",
          [](Tensor& self, Int<std::size_t> bytes) { self.set_row_stride(bytes); },
          py::arg("bytes"), "Where the rows of an image start.")
      .def_property_readonly("plane_offset", &Tensor::plane_offset,
                             "Bytes from the start of the buffer to the first element.")
      .def(
          "set_plane_offset",
          [](Tensor& self, Int<std::size_t> bytes) { self.set_plane_offset(bytes); },
          py::arg("bytes"), "Where in the buffer the first element lies.")
      .def_static("from_planes", &Tensor::from_planes, py::arg("luma"), py::arg("chroma"),
                  py::arg("format"), "A semi-planar image of two tensors, without a copy.")
      .def_property_readonly("chroma", &chroma_of, "The chroma plane of a two-plane image.")
      .def("aliases", &Tensor::aliases, py::arg("other"), "Whether both lie in the same bytes.")
      .def_property_readonly(
          "buffer_id", [](const Tensor& self) { return self.identity().id(); },
          "A number that no other buffer of the process has or will have.");
}

}  // namespace edgefirst::python
