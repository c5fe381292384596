// SPDX-License-Identifier: Apache-2.0
// Tensor: capacity apart from shape, views, placement in a buffer, images of two planes.
#include <memory>

#include "arguments.hpp"
#include "base/message.hpp"
#include "bindings.hpp"
#include "enums.hpp"

namespace edgefirst::python {
namespace {

/// What a cache keeps of a buffer without keeping the buffer.
struct IdentityObject {
  std::uint64_t id;
  std::weak_ptr<const void> guard;
};

void bind_identity(py::module_& module) {
  py::class_<IdentityObject>(module, "BufferIdentity",
                             "A buffer's number, and whether it still exists.")
      .def_readonly("id", &IdentityObject::id, "Tensor.buffer_id.")
      .def_property_readonly(
          "is_alive", [](const IdentityObject& self) { return !self.guard.expired(); },
          "Whether a tensor, view or map still holds the buffer.")
      .def("__eq__",
           [](const IdentityObject& self, const py::object& other) {
             return py::isinstance<IdentityObject>(other) &&
                    other.cast<const IdentityObject&>().id == self.id;
           })
      .def("__hash__", [](const IdentityObject& self) { return self.id; })
      .def("__repr__", [](const IdentityObject& self) {
        return message("BufferIdentity(id=", self.id,
                       self.guard.expired() ? ", gone)" : ", alive)");
      });
}

/// "Sets ...; returns self", for expressions that build a tensor.
template <typename Set>
void bind_with(py::class_<Tensor>& tensor, const char* name, Set set, const py::arg& argument,
               const char* doc) {
  tensor.def(
      name,
      [set](py::object self, Int<std::size_t> bytes) {
        (self.cast<Tensor&>().*set)(bytes);
        return self;
      },
      argument, doc);
}

std::optional<Tensor> chroma_of(const Tensor& self) {
  if (self.chroma() == nullptr) return std::nullopt;
  return *self.chroma();
}

}  // namespace

void bind_views(py::module_& module) {
  bind_identity(module);
  auto tensor = py::reinterpret_borrow<py::class_<Tensor>>(module.attr("Tensor"));
  tensor.def(
      "with_format",
      [](py::object self, PixelFormat format) {
        self.cast<Tensor&>().set_format(format);
        return self;
      },
      py::arg("format"), "set_format(); returns self.");
  bind_with(tensor, "with_row_stride", &Tensor::set_row_stride, py::arg("bytes"),
            "set_row_stride(); returns self.");
  bind_with(tensor, "with_plane_offset", &Tensor::set_plane_offset, py::arg("bytes"),
            "set_plane_offset(); returns self.");
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
          "buffer_identity",
          [](const Tensor& self) {
            return IdentityObject{self.identity().id(), self.identity().guard()};
          },
          "The buffer's number and whether it still exists: a key for caches.")
      .def_property_readonly(
          "buffer_id", [](const Tensor& self) { return self.identity().id(); },
          "A number that no other buffer of the process has or will have.");
}

}  // namespace edgefirst::python
