// SPDX-License-Identifier: Apache-2.0
// The words of generation 2 (edgefirst.json), for its reader and its writer. Called by fields,
// schema_v2 and model_run.
#pragma once

#include "decoder/fields.hpp"

namespace edgefirst::decoding {

inline constexpr Word<Nms> kNms[] = {
    {"class_agnostic", Nms::kClassAgnostic},
    {"class_aware", Nms::kClassAware},
};
inline constexpr Word<Encoding> kEncodings[] = {
    {"dfl", Encoding::kDfl},
    {"direct", Encoding::kDirect},
    {"ltrb", Encoding::kDistances},
    {"anchor", Encoding::kAnchor},
};
inline constexpr Word<Activation> kActivations[] = {
    {"sigmoid", Activation::kSigmoid},
    {"softmax", Activation::kSoftmax},
    {"tanh", Activation::kTanh},
};
inline constexpr Word<DimName> kDimNames[] = {
    {"batch", DimName::kBatch},
    {"height", DimName::kHeight},
    {"width", DimName::kWidth},
    {"num_classes", DimName::kNumClasses},
    {"num_features", DimName::kNumFeatures},
    {"num_boxes", DimName::kNumBoxes},
    {"num_protos", DimName::kNumProtos},
    {"num_anchors_x_features", DimName::kNumAnchorsXFeatures},
    {"padding", DimName::kPadding},
    {"box_coords", DimName::kBoxCoords},
};
inline constexpr Word<DecoderVersion> kVersions[] = {
    {"yolov5", DecoderVersion::kYolov5},
    {"yolov8", DecoderVersion::kYolov8},
    {"yolo11", DecoderVersion::kYolo11},
    {"yolo26", DecoderVersion::kYolo26},
};
/// Whether scores are the product of an objectness and a class score.
inline constexpr Word<bool> kScoreFormats[] = {{"per_class", false}, {"obj_x_class", true}};
/// Whether end-to-end rows hold centre and size instead of corners.
inline constexpr Word<bool> kRowFormats[] = {{"xyxy", false}, {"cxcywh", true}};

/// The word of a value; nullptr where there is none.
template <typename T>
const char* word_of(Span<const Word<T>> words, T value) {
  for (const Word<T>& word : words) {
    if (word.value == value) return word.text;
  }
  return nullptr;
}

}  // namespace edgefirst::decoding
