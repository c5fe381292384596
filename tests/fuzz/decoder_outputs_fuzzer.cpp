// SPDX-License-Identifier: Apache-2.0
// Any bytes as the outputs of small models of every family and dtype. Byte 0 picks the model,
// byte 1 the dtype, byte 2 the thresholds, the rest fills the tensors again and again.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"
#include "edgefirst/tracker.hpp"

namespace {

using edgefirst::DType;

const char* const kModels[] = {
    R"({"outputs":[{"type":"detection","shape":[1,7,65],"quantization":[0.01,3]}]})",
    R"({"outputs":[{"type":"detection","shape":[1,65,7],"dshape":[{"batch":1},{"num_boxes":65},
        {"num_features":7}]}],"decoder_version":"yolov8"})",
    R"({"outputs":[{"type":"detection","shape":[1,12,17],"quantization":[0.01,3]},
        {"type":"protos","shape":[1,9,7,5],"quantization":[0.05,-3]}]})",
    R"({"outputs":[{"type":"detection","shape":[1,7,17]},{"type":"mask_coefs","shape":[1,5,17]},
        {"type":"protos","shape":[1,5,9,7],"dshape":[{"batch":1},{"num_protos":5},{"height":9},
        {"width":7}]}]})",
    R"({"outputs":[{"type":"boxes","shape":[1,4,33],"normalized":false},
        {"type":"scores","shape":[1,2,33]},{"type":"mask_coefs","shape":[1,3,33]},
        {"type":"protos","shape":[1,8,8,3]}]})",
    R"({"decoder_version":"yolo26","outputs":[{"type":"detection","shape":[1,9,9]},
        {"type":"protos","shape":[1,5,5,3]}]})",
    R"({"outputs":[{"type":"boxes","decoder":"modelpack","shape":[1,31,1,4]},
        {"type":"scores","decoder":"modelpack","shape":[1,31,2]},
        {"type":"segmentation","decoder":"modelpack","shape":[1,5,6,3]}]})",
    R"({"outputs":[{"type":"detection","decoder":"modelpack","shape":[1,3,4,14],
        "anchors":[[0.1,0.2],[0.3,0.4]]}]})",
};

const std::vector<std::size_t> kShapes[][4] = {
    {{1, 7, 65}},
    {{1, 65, 7}},
    {{1, 12, 17}, {1, 9, 7, 5}},
    {{1, 7, 17}, {1, 5, 17}, {1, 5, 9, 7}},
    {{1, 4, 33}, {1, 2, 33}, {1, 3, 33}, {1, 8, 8, 3}},
    {{1, 9, 9}, {1, 5, 5, 3}},
    {{1, 31, 1, 4}, {1, 31, 2}, {1, 5, 6, 3}},
    {{1, 3, 4, 14}},
};

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const edgefirst::Detections& result) {
  require(result.boxes.size() <= 300 && result.tracks.size() <= 300);
  for (const edgefirst::DetectBox& box : result.boxes) require(!std::isnan(box.score));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  constexpr DType kTypes[] = {DType::kU8,  DType::kI8,  DType::kU16, DType::kI16, DType::kU32,
                              DType::kI32, DType::kF16, DType::kF32, DType::kF64, DType::kI64};
  const std::size_t model = data[0] % std::size(kModels);
  edgefirst::DecoderOptions options;
  options.score_threshold = static_cast<float>(data[2] % 16) / 16.0F;
  options.iou_threshold = static_cast<float>(data[2] / 16) / 12.0F;
  if (data[2] % 3 == 0) options.nms = std::nullopt;
  std::vector<edgefirst::Tensor> tensors;
  std::size_t at = 3;
  for (const std::vector<std::size_t>& shape : kShapes[model]) {
    if (shape.empty()) break;
    tensors.emplace_back(edgefirst::Shape(edgefirst::Span<const std::size_t>(shape)),
                         kTypes[data[1] % std::size(kTypes)], edgefirst::TensorMemory::kMem);
    const edgefirst::TensorMap map = tensors.back().map(edgefirst::CpuAccess::kWrite);
    for (std::size_t i = 0; i < map.size_bytes(); ++i) {
      map.as<std::uint8_t>()[i] = data[at];
      if (++at == size) at = 3;
    }
  }
  std::vector<const edgefirst::Tensor*> outputs;
  for (const edgefirst::Tensor& tensor : tensors) outputs.push_back(&tensor);
  const edgefirst::Decoder decoder = edgefirst::Decoder::from_json(kModels[model], options);
  edgefirst::ByteTrack tracker;
  edgefirst::Detections result;
  for (std::uint64_t time = 0; time < 3; ++time) {
    try {
      decoder.decode(outputs, result);
      check(result);
      require(result.masks.size() <= result.boxes.size() + 1);
      decoder.decode_tracked(outputs, tracker, time, result);
      check(result);
      require(result.tracks.size() == result.boxes.size());
    } catch (const edgefirst::Error&) {
    }
    try {
      decoder.decode_proto(outputs, result);
      check(result);
    } catch (const edgefirst::Error&) {
    }
  }
  return 0;
}
