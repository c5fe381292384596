// SPDX-License-Identifier: Apache-2.0
// Configurations and texts of model files, as tools look at them.
#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"

#include "base/message.hpp"
#include "decoder/document.hpp"
#include "decoder/model_file.hpp"
#include "decoder/model_neighbour.hpp"

namespace edgefirst {

namespace {

/// Python's literals begin as JSON does, and most are YAML in flow style.
decoding::Json parse(std::string_view text, decoding::Scalars scalars) {
  if (!decoding::looks_like_json(text)) return decoding::parse_yaml(text, scalars);
  try {
    return decoding::parse_json(text);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kOutOfMemory) throw;
    try {
      return decoding::parse_yaml(text, scalars);
    } catch (const Error&) {
    }
    throw;
  }
}

}  // namespace

std::string document_as_json(std::string_view text, bool keeps_text) {
  using decoding::Scalars;
  return parse(text, keeps_text ? Scalars::kText : Scalars::kValues).ascii_text();
}

ModelContents model_contents(const std::string& path) {
  decoding::ByteSource source = decoding::ByteSource::open(path);
  decoding::ModelFile file = naming(path, [&] { return decoding::read_model_file(source); });
  const auto listed = [](const std::vector<decoding::FileTensor>& tensors) {
    std::vector<DescribedTensor> list;
    for (const decoding::FileTensor& tensor : tensors) {
      list.push_back({tensor.name, tensor.shape, tensor.dtype, std::nullopt});
      if (!tensor.quantization || tensor.quantization->scales.size() != 1) continue;
      const decoding::QuantizationSpec& own = *tensor.quantization;
      list.back().quantization = {own.scale(0), own.zero_point(0)};
    }
    return list;
  };
  return {listed(file.inputs), listed(file.outputs), std::move(file.metadata)};
}

std::string mismatch_of(std::string_view configuration, const ModelListing& model) {
  decoding::ModelFile file;
  for (const std::vector<std::size_t>& shape : model.shapes) {
    file.outputs.emplace_back().shape = shape;
  }
  return decoding::reason_against(parse(configuration, decoding::Scalars::kValues), model.file,
                                  file, model.classes);
}

std::vector<std::pair<std::string, std::string>> appended_texts(const std::string& path) {
  decoding::ByteSource source = decoding::ByteSource::open(path);
  return decoding::read_archive(source);
}

}  // namespace edgefirst
