// SPDX-License-Identifier: Apache-2.0
// Which reader a model's outputs go to, and what readers share.
#include "decoder/model_head.hpp"

#include <algorithm>
#include <iterator>

#include "base/message.hpp"
#include "decoder/file.hpp"
#include "decoder/model_neighbour.hpp"
#include "decoder/schema.hpp"

namespace edgefirst::decoding {
namespace {

bool is_channels(std::size_t extent) { return extent == 1 || extent == 3 || extent == 4; }

/// Width and height of the picture input: from the file, else from its metadata.
std::optional<std::pair<std::size_t, std::size_t>> input_dims(const ModelFile& file,
                                                              const ModelFacts& facts) {
  if (facts.given_dims) return facts.given_dims;
  for (const FileTensor& input : file.inputs) {
    if (input.shape.size() != 4) continue;
    const bool planar = is_channels(input.shape[1]) && !is_channels(input.shape[3]);
    const std::size_t height = input.shape[planar ? 2 : 1];
    const std::size_t width = input.shape[planar ? 3 : 2];
    if (height != 0 && width != 0) return std::pair(width, height);
    break;
  }
  return facts.input_dims;
}

/// Outputs and children without quantization take that of the tensor of their shape.
void fill_quantization(const ModelFile& file, Description& description) {
  const auto fill = [&](const Extents& shape, std::optional<QuantizationSpec>& quantization) {
    const bool has_scale = quantization && !quantization->scales.empty();
    for (const FileTensor& tensor : file.outputs) {
      if (has_scale || !tensor.quantization || tensor.shape != shape) continue;
      const auto dtype = quantization ? quantization->dtype : std::optional(tensor.dtype);
      quantization = tensor.quantization;
      quantization->dtype = dtype;
      return;
    }
  };
  for (LogicalOutput& output : description.outputs) {
    if (output.children.empty()) fill(output.tensor_shape, output.quantization);
    for (PhysicalOutput& child : output.children) fill(child.shape, child.quantization);
  }
}

/// An open batch is one picture.
ModelFile with_fixed_shapes(ModelFile file, Account& account) {
  for (FileTensor& output : file.outputs) {
    if (!output.shape.empty() && output.shape[0] == 0) {
      output.shape[0] = 1;
      account.push_back("batch: left open, taken for 1");
    }
    if (std::find(output.shape.begin(), output.shape.end(), std::size_t{0}) == output.shape.end()) {
      continue;
    }
    cannot_tell(file, file.is_run
                          ? "a grey picture gave an output without rows, so that their number is "
                            "open; export the model with a fixed number (dynamic=False)"
                          : "the file leaves their size open");
  }
  return file;
}

/// An edgefirst.json beside the model goes first where it is not another model's.
void take_neighbour(const ModelFile& file, ModelFacts& facts, Account& account) {
  if (!facts.neighbour) return;
  const std::string reason = naming(facts.neighbour_source, [&] {
    return reason_against(*facts.neighbour, file.name, file, facts.names);
  });
  if (!reason.empty()) {
    account.push_back("passed over: " + facts.neighbour_source + ", as " + reason);
    return;
  }
  facts.document = std::move(facts.neighbour);
  facts.document_source = facts.neighbour_source;
}

}  // namespace

std::string text_of(const FileTensor& tensor) {
  constexpr std::size_t kMostOfName = 24;
  const bool is_long = tensor.name.size() > kMostOfName;
  return message(tensor.name.substr(0, kMostOfName), is_long ? "... " : " ",
                 dtype_info(tensor.dtype).name, ' ', shape_text(tensor.shape));
}

void cannot_tell(const ModelFile& file, const std::string& reason) {
  constexpr std::size_t kMostListed = 3;
  constexpr std::size_t kMostCharacters = 64;
  std::string outputs;
  for (std::size_t i = 0; i < file.outputs.size(); ++i) {
    const std::string text = text_of(file.outputs[i]);
    if (i == kMostListed || (i != 0 && outputs.size() + text.size() > kMostCharacters)) {
      outputs += message("; and ", file.outputs.size() - i, " more");
      break;
    }
    outputs += (i == 0 ? "" : "; ") + text;
  }
  raise(ErrorCode::kInvalidConfig, "cannot tell how to decode the outputs (", outputs,
        "): ", reason, "; describe them in a configuration (edgefirst.json)");
}

std::optional<std::pair<float, float>> range_of(const FileTensor& tensor) {
  if (is_float(tensor.dtype) || dtype_size(tensor.dtype) > 2 || !tensor.quantization ||
      tensor.quantization->scales.size() != 1) {
    return std::nullopt;
  }
  const bool is_signed = dtype_info(tensor.dtype).kind == DTypeKind::kSigned;
  const int count = 1 << (8 * dtype_size(tensor.dtype));
  const int least = is_signed ? -count / 2 : 0;
  const auto zero_point = static_cast<float>(tensor.quantization->zero_point(0));
  const float scale = tensor.quantization->scales[0];
  return std::pair((static_cast<float>(least + count - 1) - zero_point) * scale,
                   (static_cast<float>(least) - zero_point) * scale);
}

bool has_cells(const std::optional<std::pair<std::size_t, std::size_t>>& input_dims,
               std::size_t anchors, std::size_t anchors_per_cell) {
  if (!input_dims || anchors == 0) return false;
  constexpr std::size_t kStrides[] = {4, 8, 16, 32, 64, 128};
  for (std::size_t first = 0; first < 3; ++first) {  // heads begin at a stride of 4, 8 or 16
    std::size_t cells = 0;
    for (std::size_t i = first; i < std::size(kStrides); ++i) {
      cells += (input_dims->first / kStrides[i]) * (input_dims->second / kStrides[i]);
      if (i >= std::max<std::size_t>(2, first + 1) && anchors == anchors_per_cell * cells) {
        return true;
      }
    }
  }
  return false;
}

Description describe_model(const ModelFile& given, const ModelFacts& read, Account& account) {
  ModelFacts facts = read;
  facts.input_dims = input_dims(given, read);
  take_neighbour(given, facts, account);
  if (facts.document) {
    Description description = read_document(*facts.document);
    fill_quantization(given, description);
    if (!description.input_dims) description.input_dims = facts.input_dims;
    account.push_back("outputs: as " + facts.document_source + " says");
    return description;
  }
  if (!facts.task.empty() && facts.task != "detect" && facts.task != "segment") {
    cannot_tell(given, "its task is '" + facts.task + "'; detect and segment are supported");
  }
  const ModelFile file = with_fixed_shapes(given, account);
  const auto has_rank = [&](std::size_t rank) {
    return std::count_if(file.outputs.begin(), file.outputs.end(),
                         [&](const FileTensor& output) { return output.shape.size() == rank; });
  };
  const auto tables = has_rank(3);
  const auto grids = has_rank(4);
  for (const FileTensor& output : file.outputs) {
    if (output.dtype == DType::kI64 || output.dtype == DType::kU64) {
      cannot_tell(file, "64-bit integers hold no boxes");
    }
  }
  if (file.outputs.empty() || static_cast<std::size_t>(tables + grids) != file.outputs.size()) {
    cannot_tell(file, "they are not tables of boxes, grids or prototypes");
  }
  Description description;
  description.input_dims = facts.input_dims;
  if (!facts.source.empty()) account.push_back("metadata: Ultralytics keys in " + facts.source);
  if (tables == 0) {
    describe_levels(file, facts, description, account);
  } else {
    describe_flat(file, facts, description, account);
  }
  return description;
}

}  // namespace edgefirst::decoding
