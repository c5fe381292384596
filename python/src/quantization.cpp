// SPDX-License-Identifier: Apache-2.0
#include "quantization.hpp"

#include <string>

#include "edgefirst/tensor.hpp"

#include "arguments.hpp"
#include "base/message.hpp"
#include "text.hpp"

namespace edgefirst::python {
namespace {

std::string describe(const Quantization& self) {
  const char* symmetric = self.is_symmetric() ? "true" : "false";
  if (self.is_per_tensor()) {
    return message("Quantization(per_tensor, scale=[", float_text(self.scale()),
                   "], symmetric=", symmetric, ")");
  }
  const std::string axis = self.axis() ? message("Some(", *self.axis(), ")") : "None";
  return message("Quantization(per_channel, num_scales=", self.scales().size(),
                 ", symmetric=", symmetric, ", axis=", axis, ")");
}

using Scales = std::vector<float>;
using ZeroPoints = std::vector<std::int32_t>;

py::tuple state_of(const Quantization& self) {
  return py::make_tuple(self.scales(), self.zero_points(), self.axis());
}

Quantization from_state(const py::tuple& state) {
  const auto scales = state[0].cast<Scales>();
  const auto zero_points = state[1].cast<ZeroPoints>();
  const auto axis = state[2].cast<std::optional<std::size_t>>();
  if (axis) {
    return zero_points.empty() ? Quantization::per_channel_symmetric(scales, *axis)
                               : Quantization::per_channel(scales, zero_points, *axis);
  }
  return zero_points.empty() ? Quantization::per_tensor_symmetric(scales.at(0))
                             : Quantization::per_tensor(scales.at(0), zero_points.at(0));
}

void bind_factories(py::class_<Quantization>& type) {
  type.def_static(
          "per_tensor",
          [](float scale, Int<std::int32_t> zero_point) {
            return Quantization::per_tensor(scale, zero_point);
          },
          py::arg("scale"), py::arg("zero_point"), "One scale and zero point.")
      .def_static("per_tensor_symmetric", &Quantization::per_tensor_symmetric, py::arg("scale"),
                  "One scale, no zero point.")
      .def_static(
          "per_channel",
          [](const Numbers<float>& scales, const Numbers<std::int32_t>& zero_points,
             Int<std::size_t> axis) {
            return Quantization::per_channel(scales.values, zero_points.values, axis);
          },
          py::arg("scales"), py::arg("zero_points"), py::arg("axis"),
          "A scale and zero point per index of an axis.")
      .def_static(
          "per_channel_symmetric",
          [](const Numbers<float>& scales, Int<std::size_t> axis) {
            return Quantization::per_channel_symmetric(scales.values, axis);
          },
          py::arg("scales"), py::arg("axis"), "A scale per index of an axis, no zero points.");
}

}  // namespace

void bind_quantization(py::module_& module) {
  py::class_<Quantization> type(module, "Quantization",
                                "real = scale * (stored - zero_point), per tensor or per channel.");
  bind_factories(type);
  type.def_property_readonly(
          "scale", [](const Quantization& self) { return self.scales(); }, "The scales.")
      .def_property_readonly(
          "zero_point",
          [](const Quantization& self) -> py::object {
            if (self.zero_points().empty()) return py::none();
            return py::cast(self.zero_points());
          },
          "The zero points; None for the symmetric forms.")
      .def_property_readonly("axis", &Quantization::axis, "The channel axis; None per tensor.")
      .def_property_readonly("is_per_tensor", &Quantization::is_per_tensor, "One scale.")
      .def_property_readonly("is_per_channel", &Quantization::is_per_channel, "More than one.")
      .def_property_readonly("is_symmetric", &Quantization::is_symmetric, "No zero points but 0.")
      .def(py::pickle(&state_of, &from_state))
      .def("__str__", &describe);
}

}  // namespace edgefirst::python
