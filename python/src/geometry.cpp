// SPDX-License-Identifier: Apache-2.0
// Rect and Letterbox: plain values.
#include "edgefirst/geometry.hpp"

#include "arguments.hpp"
#include "base/message.hpp"
#include "bindings.hpp"
#include "ndarray.hpp"

namespace edgefirst::python {
namespace {

py::tuple corners(const BoundingBox& box) {
  return py::make_tuple(box.xmin, box.ymin, box.xmax, box.ymax);
}

template <std::size_t Rect::*kField>
void bind_side(py::class_<Rect>& type, const char* name, const char* doc) {
  type.def_property(
      name, [](const Rect& self) { return self.*kField; },
      [](Rect& self, Int<std::size_t> value) { self.*kField = value; }, doc);
}

py::array_t<float> to_source(const Letterbox& self, const py::object& normalized) {
  const auto boxes = exact_or_empty<float>(normalized, 4, "boxes");
  if (boxes.shape(1) != 4) {
    raise(ErrorCode::kInvalidShape, "boxes has ", boxes.shape(1), " columns, expected 4");
  }
  py::array_t<float> result({boxes.shape(0), py::ssize_t{4}});
  auto out = result.mutable_unchecked<2>();
  for (py::ssize_t i = 0; i < boxes.shape(0); ++i) {
    const BoundingBox box =
        self.to_source({boxes.at(i, 0), boxes.at(i, 1), boxes.at(i, 2), boxes.at(i, 3)});
    out(i, 0) = box.xmin;
    out(i, 1) = box.ymin;
    out(i, 2) = box.xmax;
    out(i, 3) = box.ymax;
  }
  return result;
}

void bind_rect(py::module_& module) {
  py::class_<Rect> rect(module, "Rect", "A pixel rectangle.");
  rect.def(py::init([](Int<std::size_t> left, Int<std::size_t> top, Int<std::size_t> width,
                       Int<std::size_t> height) {
             return Rect{left, top, width, height};
           }),
           py::arg("left"), py::arg("top"), py::arg("width"), py::arg("height"));
  bind_side<&Rect::left>(rect, "left", "Distance from the image's left edge, pixels.");
  bind_side<&Rect::top>(rect, "top", "Distance from the image's top edge, pixels.");
  bind_side<&Rect::width>(rect, "width", "Pixels.");
  bind_side<&Rect::height>(rect, "height", "Pixels.");
  rect.def("__eq__", [](const Rect& self, const py::object& other) {
    return py::isinstance<Rect>(other) && self == other.cast<Rect>();
  });
  rect.def("__ne__", [](const Rect& self, const py::object& other) {
    return !py::isinstance<Rect>(other) || self != other.cast<Rect>();
  });
  rect.def("__reduce__", [](const py::object& self) {
    const auto value = self.cast<Rect>();
    return py::make_tuple(py::type::of(self),
                          py::make_tuple(value.left, value.top, value.width, value.height));
  });
  rect.def("__repr__", [](const Rect& self) {
    return message("Rect(left=", self.left, ", top=", self.top, ", width=", self.width,
                   ", height=", self.height, ")");
  });
}

void bind_letterbox(py::module_& module) {
  py::class_<Letterbox>(
      module, "Letterbox",
      "Where a picture lies in a model's input after a fit that keeps its aspect.")
      .def_readonly("source_width", &Letterbox::source_width, "Pixels.")
      .def_readonly("source_height", &Letterbox::source_height, "Pixels.")
      .def_readonly("target_width", &Letterbox::target_width, "Pixels.")
      .def_readonly("target_height", &Letterbox::target_height, "Pixels.")
      .def_property_readonly(
          "content", [](const Letterbox& self) { return self.content; },
          "The picture's rectangle inside the target.")
      .def_property_readonly(
          "normalized", [](const Letterbox& self) { return corners(self.normalized()); },
          "content in units of the target: (x0, y0, x1, y1).")
      .def("to_source", &to_source, py::arg("boxes"),
           "Boxes normalised to the target as pixels of the source, clamped to it.")
      .def("__reduce__",
           [](const Letterbox& self) {
             const py::object fit = py::module_::import("edgefirst_hal").attr("letterbox");
             return py::make_tuple(fit, py::make_tuple(self.source_width, self.source_height,
                                                       self.target_width, self.target_height));
           })
      .def("__repr__", [](const Letterbox& self) {
        return message("Letterbox(source=", self.source_width, "x", self.source_height,
                       ", target=", self.target_width, "x", self.target_height, ")");
      });
  module.def(
      "letterbox",
      [](Int<std::size_t> source_width, Int<std::size_t> source_height,
         Int<std::size_t> target_width, Int<std::size_t> target_height) {
        return letterbox(source_width, source_height, target_width, target_height);
      },
      py::arg("source_width"), py::arg("source_height"), py::arg("target_width"),
      py::arg("target_height"), "Fits a picture into a target without changing its aspect.");
}

}  // namespace

void bind_geometry(py::module_& module) {
  bind_rect(module);
  bind_letterbox(module);
}

}  // namespace edgefirst::python
