// SPDX-License-Identifier: Apache-2.0
// Flat heads: one table of boxes, or boxes, scores and coefficients apart, with or without
// prototypes.
#include <algorithm>

#include "base/message.hpp"
#include "decoder/model_head.hpp"
#include "decoder/model_table.hpp"
#include "decoder/model_values.hpp"

namespace edgefirst::decoding {
namespace {

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
    const TableReading reading = read_table(table, channels, file_, facts_);
    const std::size_t features = table.shape[reading.by_anchor ? 2 : 1];
    is_by_query_ = reading.is_by_query;
    using Kind = TableReading::Kind;
    if (reading.kind == Kind::kRows) {
      add_rows(table, reading, features);
    } else if (reading.kind == Kind::kObjectness) {
      add_detection(table, reading.by_anchor,
                    message("YOLOv5, three anchors per cell, an objectness and ", reading.classes,
                            " class scores each"));
      description_.outputs.back().has_objectness = true;
      description_.version = DecoderVersion::kYolov5;
    } else {
      add_detection(table, reading.by_anchor,
                    message("boxes and ", reading.classes, " class scores"));
      description_.version = DecoderVersion::kYolov8;
    }
    boxes_ = &table;
    by_anchor_ = reading.by_anchor;
    const std::size_t scores = reading.kind == Kind::kRows ? 1 : features - 4 - channels;
    if (!table.values.empty()) likely_ = TableValues(table, by_anchor_).largest(4, scores);
  }

  void add_rows(const FileTensor& table, const TableReading& reading, std::size_t features) {
    add_detection(table, reading.by_anchor,
                  message("end-to-end rows of ", features, " values, ",
                          reading.has_centres ? "centre and size" : "corners"));
    description_.outputs.back().has_centres = reading.has_centres;
    description_.outputs.back().is_suppressed = reading.is_suppressed;
    description_.version = DecoderVersion::kYolo26;
    description_.divides_rows = true;
    if (reading.is_suppressed) return;
    account_.push_back(
        "suppression: the rows are those of every anchor, so that the model did not");
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
    const FileTensor* scores = nullptr;
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
      if (role == Role::kBoxes || role == Role::kDetection) boxes_ = table;
      if (role == Role::kScores || role == Role::kDetection) scores = table;
      description_.outputs.push_back(output_of(*table, role, {D::kBatch, name, D::kNumBoxes}));
      account_.push_back(message("outputs: ", text_of(*table), " holds ", role_name(role)));
    }
    if (boxes_ == nullptr || scores == nullptr) cannot_tell(file_, "none of them holds boxes");
    if (scores->values.empty() || scores->shape[2] != boxes_->shape[2]) return;
    const std::size_t first = scores == boxes_ ? 4 : 0;
    if (scores->shape[1] <= first) return;
    likely_ = TableValues(*scores, false).largest(first, scores->shape[1] - first);
  }

  /// The unit of the boxes, and why. What a run gave goes first, then what integers can hold.
  /// Ultralytics writes fractions to TFLite and for RT-DETR, else pixels; the same is supposed of
  /// others.
  std::pair<bool, std::string> unit() const {
    constexpr float kLargestFraction = 32.0F;  // boxes share their scale with mask coefficients
    if (!boxes_->values.empty()) {
      const auto fractions = are_fractions(TableValues(*boxes_, by_anchor_), likely_);
      if (fractions) return {*fractions, "as a grey picture gave them"};
    }
    if (const auto range = range_of(*boxes_)) {
      return {range->first < kLargestFraction, message("its integers reach up to ", range->first)};
    }
    const bool is_ultralytics = !facts_.source.empty();
    if (facts_.is_rtdetr || (is_by_query_ && is_ultralytics)) {
      return {true, "as RT-DETR has them"};
    }
    const bool is_onnx = file_.kind == ModelKind::kOnnx;
    const char* kind = is_onnx ? "ONNX" : "TFLite";
    return {!is_onnx, is_ultralytics ? message("as Ultralytics exports to ", kind, " have them")
                                     : message("as supposed of ", kind, " files")};
  }

  void decide_unit() {
    const auto [normalized, reason] = unit();
    for (LogicalOutput& output : description_.outputs) {
      if (output.role == Role::kDetection || output.role == Role::kBoxes) {
        output.normalized = normalized;
      }
    }
    account_.push_back(
        message("boxes: ", normalized ? "fractions of the input" : "pixels", ", ", reason));
  }

  const ModelFile& file_;
  const ModelFacts& facts_;
  Description& description_;
  Account& account_;
  const FileTensor* boxes_ = nullptr;
  bool by_anchor_ = false;
  bool is_by_query_ = false;
  std::vector<float> likely_;  // the score of each anchor in a run
  std::vector<const FileTensor*> tables_;
  std::vector<const FileTensor*> grids_;
};

}  // namespace

void describe_flat(const ModelFile& file, const ModelFacts& facts, Description& description,
                   Account& account) {
  FlatHead(file, facts, description, account).describe();
}

}  // namespace edgefirst::decoding
