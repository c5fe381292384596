// SPDX-License-Identifier: Apache-2.0
// Configurations and texts of model files, for the package's own readers of metadata.
#include <pybind11/stl.h>

#include "edgefirst/decoder.hpp"

#include "arguments.hpp"
#include "bindings.hpp"
#include "gil.hpp"

namespace edgefirst::python {
namespace {

py::str decoded(const std::string& bytes) {
  return py::reinterpret_steal<py::str>(PyUnicode_DecodeUTF8(
      bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "backslashreplace"));
}

py::list pairs_of(const std::vector<std::pair<std::string, std::string>>& texts) {
  py::list result;
  for (const auto& [name, text] : texts) {
    result.append(py::make_tuple(decoded(name), decoded(text)));
  }
  return result;
}

py::list texts_of(const Path& path) {
  std::vector<std::pair<std::string, std::string>> texts;
  {
    const ReleaseGil release;
    texts = appended_texts(path.string());
  }
  return pairs_of(texts);
}

std::string as_json(const Text& text, bool keeps_text) {
  const ReleaseGil release;
  return document_as_json(text.value, keeps_text);
}

using Shapes = std::vector<std::vector<std::size_t>>;

std::string mismatch(const Text& configuration, const std::string& file, const Shapes& shapes,
                     const std::vector<std::string>& classes) {
  const ReleaseGil release;
  return mismatch_of(configuration.value, {file, shapes, classes});
}

py::list listed(const std::vector<DescribedTensor>& tensors) {
  py::list list;
  for (const DescribedTensor& tensor : tensors) {
    list.append(py::make_tuple(decoded(tensor.name), tensor.shape, tensor.quantization));
  }
  return list;
}

py::tuple contents_of(const Path& path) {
  ModelContents contents;
  {
    const ReleaseGil release;
    contents = model_contents(path.string());
  }
  return py::make_tuple(listed(contents.inputs), listed(contents.outputs),
                        pairs_of(contents.metadata));
}

}  // namespace

void bind_texts(py::module_& module) {
  module.def("document_as_json", &as_json, py::arg("text"), py::arg("keeps_text") = false,
             "The text of a configuration, JSON or YAML, as JSON.");
  module.def("mismatch_of", &mismatch, py::arg("configuration"), py::arg("file"), py::arg("shapes"),
             py::arg("classes"),
             "Why a configuration beside a model is that of another model, or nothing.");
  module.def("model_contents", &contents_of, py::arg("path"),
             "Inputs, outputs (name, shape, quantization) and texts of a model file.");
  module.def("appended_texts", &texts_of, py::arg("path"),
             "Names and contents of the texts in the archive that ends a TFLite file.");
}

}  // namespace edgefirst::python
