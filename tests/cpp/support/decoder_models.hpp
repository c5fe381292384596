// SPDX-License-Identifier: Apache-2.0
// A small model of every type, with logits, objectness, merged boxes and batches among them, and
// the shapes of their outputs. Called by decoder_outputs_fuzzer and steady_state_test.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "edgefirst/dtype.hpp"

namespace edgefirst::testing {

constexpr const char* kDecoderModels[] = {
    // yolo_det: features first, boxes first, logits with objectness, a batch
    R"({"outputs":[{"type":"detection","shape":[1,7,65],"normalized":true}]})",
    R"({"nms":"class_aware","decoder_version":"yolov8","outputs":[{"type":"detection",
        "shape":[1,65,7],"dshape":[{"batch":1},{"num_boxes":65},{"num_features":7}]}]})",
    R"({"schema_version":2,"outputs":[{"type":"detection","shape":[1,8,33],"normalized":true,
        "score_format":"obj_x_class","activation_required":"sigmoid"}]})",
    R"({"schema_version":2,"outputs":[{"type":"detection","shape":[1,9,33],
        "activation_required":"softmax"}]})",
    R"({"outputs":[{"type":"detection","shape":[3,6,17],"normalized":false},
        {"type":"protos","shape":[3,5,4,1]}]})",
    // yolo_seg_det, yolo_seg_det2_way
    R"({"outputs":[{"type":"detection","shape":[1,12,17]},{"type":"protos","shape":[1,9,7,5]}]})",
    R"({"outputs":[{"type":"detection","shape":[1,7,17]},{"type":"mask_coefs","shape":[1,5,17]},
        {"type":"protos","shape":[1,5,9,7],"dshape":[{"batch":1},{"num_protos":5},{"height":9},
        {"width":7}]}]})",
    // yolo_split_det, with an objectness of its own, yolo_split_seg_det
    R"({"schema_version":2,"outputs":[{"type":"boxes","shape":[1,4,33]},
        {"type":"scores","shape":[1,2,33],"activation_required":"tanh"},
        {"type":"objectness","shape":[1,1,33]}]})",
    R"({"outputs":[{"type":"boxes","shape":[1,33,4],"dshape":[{"batch":1},{"num_boxes":33},
        {"box_coords":4}]},{"type":"scores","shape":[1,33,20],"dshape":[{"batch":1},
        {"num_boxes":33},{"num_classes":20}]}]})",
    R"({"outputs":[{"type":"boxes","shape":[1,4,33],"normalized":false},
        {"type":"scores","shape":[1,2,33]},{"type":"mask_coefs","shape":[1,3,33]},
        {"type":"protos","shape":[1,8,8,3]}]})",
    // boxes merged from their centres and sizes
    R"({"schema_version":2,"decoder_version":"yolov8","outputs":[{"type":"boxes",
        "shape":[1,4,19,1],"dshape":[{"batch":1},{"box_coords":4},{"num_boxes":19},{"padding":1}],
        "outputs":[{"name":"xy","type":"boxes_xy","shape":[1,2,19,1],"dtype":"int8"},
        {"name":"wh","type":"boxes_wh","shape":[1,2,19,1],"dtype":"int8"}]},
        {"type":"scores","shape":[1,3,19,1],"dtype":"uint8","dshape":[{"batch":1},{"num_classes":3},
        {"num_boxes":19},{"padding":1}]}]})",
    // end to end
    R"({"decoder_version":"yolo26","outputs":[{"type":"detection","shape":[1,9,6],
        "dshape":[{"batch":1},{"num_boxes":9},{"num_features":6}]}]})",
    R"({"decoder_version":"yolo26","outputs":[{"type":"detection","shape":[1,9,9]},
        {"type":"protos","shape":[1,5,5,3]}]})",
    R"({"decoder_version":"yolo26","outputs":[{"type":"boxes","shape":[1,4,11]},
        {"type":"scores","shape":[1,1,11]},{"type":"classes","shape":[1,1,11]}]})",
    R"({"decoder_version":"yolo26","outputs":[{"type":"boxes","shape":[1,4,11]},
        {"type":"scores","shape":[1,1,11]},{"type":"classes","shape":[1,1,11]},
        {"type":"mask_coefs","shape":[1,3,11]},{"type":"protos","shape":[1,5,6,3]}]})",
    // ModelPack
    R"({"outputs":[{"type":"boxes","decoder":"modelpack","shape":[1,31,1,4]},
        {"type":"scores","decoder":"modelpack","shape":[1,31,2]}]})",
    R"({"outputs":[{"type":"boxes","decoder":"modelpack","shape":[1,31,1,4]},
        {"type":"scores","decoder":"modelpack","shape":[1,31,2]},
        {"type":"segmentation","decoder":"modelpack","shape":[1,5,6,3]}]})",
    R"({"outputs":[{"type":"segmentation","decoder":"modelpack","shape":[1,5,6,4]}]})",
    R"({"outputs":[{"type":"detection","decoder":"modelpack","shape":[1,3,4,14],
        "anchors":[[0.1,0.2],[0.3,0.4]]}]})",
    R"({"outputs":[{"type":"detection","decoder":"modelpack","shape":[1,3,4,14],
        "anchors":[[0.1,0.2],[0.3,0.4]]},{"type":"detection","decoder":"modelpack",
        "shape":[1,2,2,14],"anchors":[[0.5,0.2],[0.3,0.9]]},
        {"type":"segmentation","decoder":"modelpack","shape":[1,5,6,3]}]})",
    // per scale: bins of a distribution as logits, plain distances with masks
    R"({"schema_version":2,"input":{"shape":[1,64,64,3]},"outputs":[{"type":"boxes",
        "encoding":"dfl","shape":[1,4,20],"dshape":[{"batch":1},{"box_coords":4},{"num_boxes":20}],
        "outputs":[{"name":"b8","type":"boxes","stride":16,"shape":[1,4,4,64],"dtype":"int8",
        "quantization":{"scale":0.05,"zero_point":3,"dtype":"int8"}},
        {"name":"b16","type":"boxes","stride":32,"shape":[1,2,2,64],"dtype":"int8",
        "quantization":{"scale":0.05,"zero_point":3,"dtype":"int8"}}]},
        {"type":"scores","activation_required":"sigmoid","shape":[1,3,20],"dshape":[{"batch":1},
        {"num_classes":3},{"num_boxes":20}],"outputs":[
        {"name":"s8","type":"scores","stride":16,"shape":[1,4,4,3],"dtype":"int8",
        "quantization":{"scale":0.05,"zero_point":3,"dtype":"int8"}},
        {"name":"s16","type":"scores","stride":32,"shape":[1,2,2,3],"dtype":"int8",
        "quantization":{"scale":0.05,"zero_point":3,"dtype":"int8"}}]}]})",
    R"({"schema_version":2,"input":{"shape":[1,32,32,3]},"outputs":[{"type":"boxes",
        "encoding":"ltrb","shape":[1,4,16],"dshape":[{"batch":1},{"box_coords":4},{"num_boxes":16}],
        "outputs":[{"name":"b","type":"boxes","stride":8,"shape":[1,4,4,4],"dtype":"int8",
        "quantization":{"scale":0.05,"zero_point":3,"dtype":"int8"}}]},
        {"type":"scores","shape":[1,3,16],"dshape":[{"batch":1},{"num_classes":3},{"num_boxes":16}],
        "outputs":[{"name":"s","type":"scores","stride":8,"shape":[1,4,4,3],"dtype":"int8",
        "quantization":{"scale":0.05,"zero_point":3,"dtype":"int8"}}]},
        {"type":"mask_coefs","shape":[1,2,16],"dshape":[{"batch":1},{"num_protos":2},
        {"num_boxes":16}],"outputs":[
        {"name":"m","type":"mask_coefs","stride":8,"shape":[1,4,4,2],"dtype":"int8",
        "quantization":{"scale":0.05,"zero_point":3,"dtype":"int8"}}]},
        {"type":"protos","shape":[1,8,8,2],"dtype":"int8",
        "quantization":{"scale":0.05,"zero_point":3,"dtype":"int8"}}]})",
};

/// The document of a model whose tensors have the dtype, which some documents name.
inline std::string decoder_document(const char* model, DType dtype) {
  const std::string placeholder = "\"int8\"";
  const std::string name = std::string("\"") + dtype_info(dtype).name + "\"";
  std::string document = model;
  for (std::size_t at = 0; (at = document.find(placeholder, at)) != std::string::npos;) {
    document.replace(at, placeholder.size(), name);
    at += name.size();
  }
  return document;
}

/// The shapes of a document's tensors: of children where an output has them.
inline std::vector<std::vector<std::size_t>> output_shapes(const std::string& document) {
  std::vector<std::vector<std::size_t>> shapes;
  const nlohmann::json parsed = nlohmann::json::parse(document);
  for (const auto& output : parsed["outputs"]) {
    if (output.contains("outputs")) {
      for (const auto& child : output["outputs"]) shapes.push_back(child["shape"]);
    } else {
      shapes.push_back(output["shape"]);
    }
  }
  return shapes;
}

}  // namespace edgefirst::testing
