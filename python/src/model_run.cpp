// SPDX-License-Identifier: Apache-2.0
// Decoders of models that the package has run.
#include <pybind11/stl.h>

#include "edgefirst/decoder.hpp"

#include "arguments.hpp"
#include "bindings.hpp"
#include "decoder.hpp"
#include "gil.hpp"

namespace edgefirst::python {
namespace {

using Thresholds = std::pair<float, float>;
using Size = std::pair<std::size_t, std::size_t>;

ModelRun run_from(const py::dict& facts) {
  ModelRun run;
  for (const py::handle item : facts["outputs"]) {
    const auto pair = item.cast<py::tuple>();
    run.outputs.emplace_back(pair[0].cast<std::string>(), &pair[1].cast<const Tensor&>());
  }
  run.is_tflite = facts["is_tflite"].cast<bool>();
  run.metadata = facts["metadata"].cast<std::vector<std::pair<std::string, std::string>>>();
  run.class_names = facts["class_names"].cast<std::size_t>();
  if (facts.contains("configuration")) {
    run.configuration = facts["configuration"].cast<std::string>();
    run.source = facts["source"].cast<std::string>();
  }
  return run;
}

std::unique_ptr<DecoderObject> decoder_of_run(const py::dict& facts, const Thresholds& thresholds,
                                              Nms nms, const Size& size) {
  const ModelRun run = run_from(facts);
  DecoderOptions options;
  options.score_threshold = thresholds.first;
  options.iou_threshold = thresholds.second;
  options.nms = nms;
  options.input_dims = size;
  const ReleaseGil release;
  return std::make_unique<DecoderObject>(Decoder::from_run(run, options));
}

}  // namespace

void bind_model_run(py::module_& module) {
  module.def("decoder_of_run", &decoder_of_run, py::arg("run"), py::arg("thresholds"),
             py::arg("nms"), py::arg("size"),
             "A decoder for a model of which one run is known, for the package's own loader.");
}

}  // namespace edgefirst::python
