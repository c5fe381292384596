// SPDX-License-Identifier: Apache-2.0
// Any bytes as the outputs of small models of every type and dtype. Byte 0 picks the model, byte 1
// the dtype, byte 2 the thresholds, byte 3 quantization, mixed dtypes and the request; the rest
// fills the tensors again and again.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"
#include "edgefirst/tracker.hpp"

#include "support/decoder_models.hpp"

namespace {

using edgefirst::Detections;
using edgefirst::DType;
using edgefirst::Tensor;
using edgefirst::testing::kDecoderModels;

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr DType kTypes[] = {DType::kU8,  DType::kI8,  DType::kU16, DType::kI16,
                            DType::kU32, DType::kI32, DType::kF16, DType::kF32,
                            DType::kF64, DType::kI64, DType::kU64};

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::uint8_t head(std::size_t index) const { return data_[index]; }
  std::uint8_t next() {
    const std::uint8_t byte = data_[at_];
    if (++at_ == size_) at_ = kHead;
    return byte;
  }

  static constexpr std::size_t kHead = 4;

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = kHead;
};

Tensor make_tensor(const std::vector<std::size_t>& shape, DType dtype, Input& input) {
  Tensor tensor(edgefirst::Shape(edgefirst::Span<const std::size_t>(shape)), dtype,
                edgefirst::TensorMemory::kMem);
  const edgefirst::TensorMap map = tensor.map(edgefirst::CpuAccess::kWrite);
  for (std::size_t i = 0; i < map.size_bytes(); ++i) map.as<std::uint8_t>()[i] = input.next();
  const int kind = input.head(3) % 4;
  if (is_float(dtype) || kind == 0) return tensor;
  const float scale = kind == 1 ? 1.0F / 255 : 0.003F * static_cast<float>(input.head(2));
  if (kind < 3) {
    tensor.set_quantization(edgefirst::Quantization::per_tensor(scale, input.head(2) - 128));
  } else {
    const std::size_t axis = input.head(2) % shape.size();
    const std::vector<float> scales(shape[axis], scale);
    tensor.set_quantization(edgefirst::Quantization::per_channel_symmetric(scales, axis));
  }
  return tensor;
}

std::vector<Tensor> make_tensors(const std::string& document, Input& input) {
  std::vector<Tensor> tensors;
  std::size_t type = input.head(1);
  for (const std::vector<std::size_t>& shape : edgefirst::testing::output_shapes(document)) {
    try {
      tensors.push_back(make_tensor(shape, kTypes[type % std::size(kTypes)], input));
    } catch (const edgefirst::Error&) {  // a scale of zero
      tensors.emplace_back(edgefirst::Shape(edgefirst::Span<const std::size_t>(shape)), DType::kI8,
                           edgefirst::TensorMemory::kMem);
    }
    if (input.head(3) & 0x80U) type = type * 7 + 1;  // mixed
  }
  return tensors;
}

/// At most max_det detections, but every living track.
void check(const Detections& result, std::size_t most = 300) {
  require(result.boxes.size() <= most);
  require(result.masks.size() <= result.boxes.size() + 1);
  for (const edgefirst::DetectBox& box : result.boxes) require(!std::isnan(box.score));
}

template <typename Decode>
void attempt(const Decode& decode) {
  try {
    decode();
  } catch (const edgefirst::Error& error) {
    require(error.code() != edgefirst::ErrorCode::kInternal);
  }
}

void decode_every_way(const edgefirst::Decoder& decoder, const std::vector<Tensor>& tensors,
                      const edgefirst::DecodeRequest& request) {
  std::vector<const Tensor*> outputs;
  for (const Tensor& tensor : tensors) outputs.push_back(&tensor);
  edgefirst::ByteTrack tracker;
  Detections result;
  std::vector<Detections> results;
  for (std::uint64_t time = 0; time < 3; ++time) {
    attempt([&] {
      decoder.decode(outputs, result, request);
      check(result);
      decoder.decode_tracked(outputs, tracker, time, result, request);
      check(result, 1000);
      require(result.tracks.size() == result.boxes.size());
    });
    attempt([&] {
      const auto protos = decoder.decode_proto(outputs, result, request);
      check(result);
      require(!protos || protos->mask_coefficients.shape()[0] == result.boxes.size());
      const auto tracked = decoder.decode_proto_tracked(outputs, tracker, time, result, request);
      check(result, 1000);
      require(!tracked || tracked->mask_coefficients.shape()[0] <= result.boxes.size());
    });
  }
  attempt([&] {
    decoder.decode_batch(outputs, results, request);
    require(results.size() == decoder.batch_size());
    for (const Detections& each : results) check(each);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= Input::kHead) return 0;
  Input input(data, size);
  const std::string document = edgefirst::testing::decoder_document(
      kDecoderModels[data[0] % std::size(kDecoderModels)], kTypes[data[1] % std::size(kTypes)]);
  edgefirst::DecoderOptions options;
  options.score_threshold = static_cast<float>(data[2] % 16) / 16.0F;
  options.iou_threshold = static_cast<float>(data[2] / 16) / 12.0F;
  if (data[2] % 3 == 0) options.nms = std::nullopt;
  if (data[3] & 0x40U) options.input_dims = {64, 64};
  edgefirst::DecodeRequest request;
  request.masks = (data[3] & 0x20U) == 0;
  if (data[3] & 0x10U) request.source = edgefirst::letterbox(100, 50, 64, 64);
  request.element = (data[3] & 0x08U) ? 1 : 0;
  const std::vector<Tensor> tensors = make_tensors(document, input);
  attempt([&] {
    decode_every_way(edgefirst::Decoder::from_json(document, options), tensors, request);
  });
  return 0;
}
