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

py::list texts_of(const Path& path) {
  std::vector<std::pair<std::string, std::string>> texts;
  {
    const ReleaseGil release;
    texts = appended_texts(path.string());
  }
  py::list result;
  for (const auto& [name, text] : texts) {
    result.append(py::make_tuple(decoded(name), decoded(text)));
  }
  return result;
}

std::string as_json(const Text& text) {
  const ReleaseGil release;
  return document_as_json(text.value);
}

}  // namespace

void bind_texts(py::module_& module) {
  module.def("document_as_json", &as_json, py::arg("text"),
             "The text of a configuration, JSON or YAML, as JSON.");
  module.def("appended_texts", &texts_of, py::arg("path"),
             "Names and contents of the texts in the archive that ends a TFLite file.");
}

}  // namespace edgefirst::python
