// SPDX-License-Identifier: Apache-2.0
// What a model file says about itself: inputs, outputs, metadata. Reads the few fields that matter
// with small readers of our own, bounded and checked: a protobuf or FlatBuffers dependency with its
// generated schema would weigh more than the library. Untrusted input; draws no conclusions, see
// model_head. Called by decoder.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "decoder/byte_source.hpp"
#include "decoder/description.hpp"

namespace edgefirst::decoding {

constexpr std::size_t kMaxFileTensors = 256;
constexpr std::size_t kMaxEntryBytes = std::size_t{4} << 20;  ///< of one text in the file
constexpr std::size_t kMaxEntries = 256;

/// An input or output.
struct FileTensor {
  std::string name;
  Extents shape;  ///< 0: left open
  DType dtype = DType::kF32;
  std::optional<QuantizationSpec> quantization;
  std::vector<float> values;  ///< real numbers that a run gave, of one picture; empty: no run
};

enum class ModelKind : std::uint8_t { kOnnx, kTflite };

struct ModelFile {
  ModelKind kind = ModelKind::kOnnx;
  std::string name;  ///< of the file, without folders
  std::vector<FileTensor> inputs;
  std::vector<FileTensor> outputs;
  std::vector<std::pair<std::string, std::string>> metadata;  ///< key and value, or name and text
  bool is_run = false;                                        ///< shapes are those of a run
};

/// Recognises the kind by the content. Throws kInvalidData (damaged), kNotSupported (another kind).
ModelFile read_model_file(ByteSource& source);

// The kinds, for read_model_file. They throw kInvalidData, kNotSupported.
ModelFile read_onnx(ByteSource& source);
ModelFile read_tflite(ByteSource& source);
/// The texts (*.json, *.txt, *.yaml) of a ZIP archive that ends the file; none where there is none.
std::vector<std::pair<std::string, std::string>> read_archive(ByteSource& source);

}  // namespace edgefirst::decoding
