// SPDX-License-Identifier: Apache-2.0
// Flat heads: one table of boxes, or boxes, scores and coefficients apart, with or without
// prototypes.
#include "decoder/model_head.hpp"

#include <algorithm>

#include "base/message.hpp"
#include "decoder/schema.hpp"

namespace edgefirst::decoding {
namespace {

bool is_channels(std::size_t extent) { return extent == 1 || extent == 3 || extent == 4; }

/// Width and height of the picture input: from the file, else from its metadata.
std::optional<std::pair<std::size_t, std::size_t>> input_dims(const ModelFile& file,
                                                              const ModelFacts& facts) {
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

using Names = std::initializer_list<DimName>;

LogicalOutput output_of(const FileTensor& tensor, Role role, Names names) {
  LogicalOutput output;
  output.name = tensor.name;
  output.role = role;
  output.shape = tensor.shape;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    output.dims.push_back({names.begin()[i], tensor.shape[i]});
  }
  output.tensor_shape = output.shape;
  output.tensor_dims = output.dims;
  output.quantization = tensor.quantization;
  return output;
}

class FlatHead {
 public:
  FlatHead(const ModelFile& file, const ModelFacts& facts, Description& description,
           Account& account)
      : file_(file), facts_(facts), description_(description), account_(account) {}

  void describe() {
    for (const FileTensor& output : file_.outputs) {
      (output.shape.size() == 4 ? grids_ : tables_).push_back(&output);
    }
    if (grids_.size() > 1) cannot_tell(file_, "they have more than one grid beside the boxes");
    const std::size_t channels = grids_.empty() ? 0 : add_protos(*grids_[0]);
    if (tables_.size() == 1) {
      add_table(*tables_[0], channels);
    } else {
      add_parts(channels);
    }
    decide_unit();
  }

 private:
  /// Returns the number of prototypes, which have a quarter of the input's size.
  std::size_t add_protos(const FileTensor& protos) {
    bool planar = file_.kind == ModelKind::kOnnx;
    if (description_.input_dims) {
      const Extents& shape = protos.shape;
      const std::size_t width = description_.input_dims->first / 4;
      const std::size_t height = description_.input_dims->second / 4;
      const bool trailing = shape[1] == height && shape[2] == width;
      planar = !trailing && shape[2] == height && shape[3] == width;
      if (!trailing && !planar) {
        cannot_tell(file_, message("mask prototypes should have planes of ", width, " x ", height));
      }
    }
    using D = DimName;
    description_.outputs.push_back(
        planar
            ? output_of(protos, Role::kProtos, {D::kBatch, D::kNumProtos, D::kHeight, D::kWidth})
            : output_of(protos, Role::kProtos, {D::kBatch, D::kHeight, D::kWidth, D::kNumProtos}));
    const std::size_t channels = protos.shape[planar ? 1 : 3];
    account_.push_back(message("masks: ", channels, " prototypes, ", planar ? "planes" : "channels",
                               planar ? " first" : " last"));
    return channels;
  }

  void add_table(const FileTensor& table, std::size_t channels) {
    const std::size_t first = table.shape[1];
    const std::size_t second = table.shape[2];
    if (facts_.end_to_end != false && second == 6 + channels && first > second) {
      add_detection(table, true, message("end-to-end rows of ", second, " values"));
      description_.version = DecoderVersion::kYolo26;
      return;
    }
    if (first >= second) {
      add_rows(table, channels);
      return;
    }
    add_flat(table, first, channels, false);
  }

  /// One anchor after the other: YOLOv5, or a transposed head. YOLOX looks the same.
  void add_rows(const FileTensor& table, std::size_t channels) {
    const std::size_t anchors = table.shape[1];
    const std::size_t features = table.shape[2];
    const bool three = description_.input_dims && anchors == 3 * cells_of(*description_.input_dims);
    if (three && features > 5 + channels) {
      const std::size_t classes = features - 5 - channels;
      check_classes(classes);
      add_detection(table, true,
                    message("YOLOv5, three anchors per cell, an objectness and ", classes,
                            " class scores each"));
      description_.outputs.back().has_objectness = true;
      description_.version = DecoderVersion::kYolov5;
      return;
    }
    if (!facts_.classes || features != 4 + *facts_.classes + channels) {
      cannot_tell(file_, message("a table of ", anchors, " rows with ", features,
                                 " values may be YOLOX or else"));
    }
    add_flat(table, features, channels, true);
  }

  void add_flat(const FileTensor& table, std::size_t features, std::size_t channels,
                bool by_anchor) {
    if (features <= 4 + channels) {
      cannot_tell(file_, message(features, " values a box leave no room for classes"));
    }
    check_classes(features - 4 - channels);
    add_detection(table, by_anchor,
                  message("boxes and ", features - 4 - channels, " class scores"));
    description_.version = DecoderVersion::kYolov8;
  }

  void check_classes(std::size_t classes) const {
    if (!facts_.classes || *facts_.classes == classes) return;
    cannot_tell(file_, message(*facts_.classes, " class names but ", classes, " scores a box"));
  }

  void add_detection(const FileTensor& table, bool by_anchor, const std::string& what) {
    using D = DimName;
    description_.outputs.push_back(
        by_anchor ? output_of(table, Role::kDetection, {D::kBatch, D::kNumBoxes, D::kNumFeatures})
                  : output_of(table, Role::kDetection, {D::kBatch, D::kNumFeatures, D::kNumBoxes}));
    account_.push_back("outputs: " + text_of(table) + " holds " + what);
  }

  /// Tables of features by anchors: 4 are boxes, as many as prototypes coefficients, else scores.
  void add_parts(std::size_t channels) {
    using D = DimName;
    description_.version = DecoderVersion::kYolov8;
    for (const FileTensor* table : tables_) {
      const std::size_t features = table->shape[1];
      Role role = Role::kScores;
      D name = D::kNumClasses;
      if (features == 4) {
        role = Role::kBoxes;
        name = D::kBoxCoords;
      } else if (channels != 0 && features == channels && facts_.classes != features) {
        role = Role::kMaskCoefficients;
        name = D::kNumProtos;
      } else if (channels != 0 && tables_.size() == 2) {
        role = Role::kDetection;
        name = D::kNumFeatures;
      }
      for (const LogicalOutput& other : description_.outputs) {
        if (other.role == role)
          cannot_tell(file_, message("two of them look like ", role_name(role)));
      }
      description_.outputs.push_back(output_of(*table, role, {D::kBatch, name, D::kNumBoxes}));
      account_.push_back(message("outputs: ", text_of(*table), " holds ", role_name(role)));
    }
  }

  /// Ultralytics writes pixels to ONNX and fractions to TFLite; the same is supposed of others.
  /// What an integer tensor can hold overrules it.
  void decide_unit() {
    constexpr float kLargestFraction = 32.0F;  // boxes share their scale with mask coefficients
    for (LogicalOutput& output : description_.outputs) {
      if (output.role != Role::kDetection && output.role != Role::kBoxes) continue;
      const bool is_onnx = file_.kind == ModelKind::kOnnx;
      output.normalized = !is_onnx;
      std::string reason =
          message("as ",
                  facts_.source.empty() ? "supposed of "
                                        : "Ultralytics "
                                          "exports to ",
                  is_onnx ? "ONNX" : "TFLite", facts_.source.empty() ? " files" : " have them");
      for (const FileTensor& tensor : file_.outputs) {
        if (tensor.name != output.name || !range_of(tensor)) continue;
        output.normalized = range_of(tensor)->first < kLargestFraction;
        reason = message("its integers reach up to ", range_of(tensor)->first);
      }
      account_.push_back(message(
          "boxes: ", *output.normalized ? "fractions of the input" : "pixels", ", ", reason));
    }
  }

  const ModelFile& file_;
  const ModelFacts& facts_;
  Description& description_;
  Account& account_;
  std::vector<const FileTensor*> tables_;
  std::vector<const FileTensor*> grids_;
};

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
    if (std::find(output.shape.begin(), output.shape.end(), std::size_t{0}) != output.shape.end()) {
      cannot_tell(file, "the file leaves their size open");
    }
  }
  return file;
}

}  // namespace

std::string text_of(const FileTensor& tensor) {
  return message(tensor.name, ' ', dtype_info(tensor.dtype).name, ' ', shape_text(tensor.shape));
}

void cannot_tell(const ModelFile& file, const std::string& reason) {
  constexpr std::size_t kMostListed = 6;
  std::string outputs;
  for (std::size_t i = 0; i < std::min(file.outputs.size(), kMostListed); ++i) {
    outputs += (i == 0 ? "" : "; ") + text_of(file.outputs[i]);
  }
  if (file.outputs.size() > kMostListed) outputs += "; and more";
  raise(ErrorCode::kInvalidConfig, "cannot tell how to decode the outputs of the model (", outputs,
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

std::size_t cells_of(const std::pair<std::size_t, std::size_t>& input_dims) {
  std::size_t cells = 0;
  for (const std::size_t stride : {8, 16, 32}) {
    cells += (input_dims.first / stride) * (input_dims.second / stride);
  }
  return cells;
}

Description describe_model(const ModelFile& given, const ModelFacts& facts, Account& account) {
  if (facts.document) {
    Description description = read_document(*facts.document);
    fill_quantization(given, description);
    if (!description.input_dims) description.input_dims = input_dims(given, facts);
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
  description.input_dims = input_dims(file, facts);
  if (!facts.source.empty()) account.push_back("metadata: Ultralytics keys in " + facts.source);
  if (tables == 0) {
    describe_levels(file, facts, description, account);
  } else {
    FlatHead(file, facts, description, account).describe();
  }
  return description;
}

}  // namespace edgefirst::decoding
