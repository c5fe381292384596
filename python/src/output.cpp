// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <tuple>

#include "arguments.hpp"
#include "enums.hpp"

namespace edgefirst::python {
namespace {

using OutputClass = py::class_<OutputObject>;
using Dims = std::vector<std::pair<DimName, Int<std::size_t>>>;

OutputObject make_output(OutputType type, const std::optional<Shape>& shape,
                         const std::optional<Dims>& dshape, DecoderType decoder) {
  if (!shape && !dshape) throw value_error("Either 'shape' or 'dshape' must be provided");
  if (shape && dshape) throw value_error("Provide either 'shape' or 'dshape', not both");
  OutputObject output;
  output.spec.type = type;
  output.spec.decoder = decoder;
  if (shape) output.spec.shape.assign(shape->begin(), shape->end());
  if (dshape) {
    for (const auto& [name, size] : *dshape) {
      output.spec.dims.push_back({name, size});
      output.spec.shape.push_back(size);
    }
  }
  return output;
}

void bind_factory(OutputClass& type, const char* name, OutputType output, const char* doc) {
  type.def_static(
      name,
      [output](const std::optional<Shape>& shape, const std::optional<Dims>& dshape,
               DecoderType decoder) { return make_output(output, shape, dshape, decoder); },
      py::arg("shape") = py::none(), py::arg("dshape") = py::none(),
      py::arg("decoder") = DecoderType::kUltralytics, doc);
}

py::object with_anchors(py::object self, const std::vector<std::pair<float, float>>& anchors) {
  OutputSpec& spec = self.cast<OutputObject&>().spec;
  if (spec.type != OutputType::kDetection) {
    throw value_error("with_anchors() is only valid for detection outputs");
  }
  spec.anchors = anchors;
  return self;
}

py::object with_normalized(py::object self, bool normalized) {
  OutputSpec& spec = self.cast<OutputObject&>().spec;
  if (spec.type != OutputType::kDetection && spec.type != OutputType::kBoxes) {
    throw value_error("with_normalized() is only valid for detection or boxes outputs");
  }
  spec.normalized = normalized;
  return self;
}

py::object with_objectness(py::object self) {
  OutputSpec& spec = self.cast<OutputObject&>().spec;
  if (spec.type != OutputType::kDetection) {
    throw value_error("with_objectness() is only valid for detection outputs");
  }
  spec.has_objectness = true;
  return self;
}

using State = std::tuple<int, DecoderType, std::vector<std::size_t>,
                         std::vector<std::pair<DimName, std::size_t>>,
                         std::optional<std::pair<float, std::int32_t>>,
                         std::vector<std::pair<float, float>>, std::optional<bool>, bool>;

State state_of(const OutputObject& self) {
  const OutputSpec& spec = self.spec;
  std::vector<std::pair<DimName, std::size_t>> dims;
  for (const NamedDim& dim : spec.dims) dims.emplace_back(dim.name, dim.size);
  return {static_cast<int>(spec.type), spec.decoder, spec.shape,      dims,
          spec.quantization,           spec.anchors, spec.normalized, spec.has_objectness};
}

OutputObject from_state(const State& state) {
  OutputObject output;
  OutputSpec& spec = output.spec;
  std::vector<std::pair<DimName, std::size_t>> dims;
  int type = 0;
  std::tie(type, spec.decoder, spec.shape, dims, spec.quantization, spec.anchors, spec.normalized,
           spec.has_objectness) = state;
  if (type < 0 || type > static_cast<int>(OutputType::kClasses)) {
    throw value_error("there is no output of type ", type);
  }
  spec.type = static_cast<OutputType>(type);
  for (const auto& [name, size] : dims) spec.dims.push_back({name, size});
  return output;
}

}  // namespace

void bind_output(py::module_& module) {
  OutputClass type(module, "Output", "Describes one model output.");
  bind_factory(type, "detection", OutputType::kDetection, "Boxes and scores in one tensor.");
  bind_factory(type, "boxes", OutputType::kBoxes, "Box coordinates.");
  bind_factory(type, "scores", OutputType::kScores, "Class scores.");
  bind_factory(type, "protos", OutputType::kProtos, "Mask prototypes.");
  bind_factory(type, "segmentation", OutputType::kSegmentation, "A semantic map.");
  bind_factory(type, "mask_coefficients", OutputType::kMaskCoefficients, "Mask coefficients.");
  bind_factory(type, "mask", OutputType::kMasks, "Masks.");
  bind_factory(type, "classes", OutputType::kClasses, "Class indices.");
  type.def(py::pickle(&state_of, &from_state));
  type.def(
          "with_quantization",
          [](py::object self, float scale, Int<std::int32_t> zero_point) {
            self.cast<OutputObject&>().spec.quantization = {scale, zero_point.value};
            return self;
          },
          py::arg("scale"), py::arg("zero_point"),
          "Sets the quantization; returns self. 1 and 0: the integers are the values.")
      .def("with_anchors", &with_anchors, py::arg("anchors"),
           "Sets the anchors of a ModelPack detection; returns self.")
      .def("with_objectness", &with_objectness,
           "Says that feature 4 is a factor of every class score (YOLOv5); returns self.")
      .def("with_normalized", &with_normalized, py::arg("normalized").noconvert(),
           "Says whether coordinates are normalised; returns self.");
}

}  // namespace edgefirst::python
