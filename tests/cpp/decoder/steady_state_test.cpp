// SPDX-License-Identifier: Apache-2.0
// Every model type in several dtypes: no allocation once warm, the same from four threads at once,
// the same on every SIMD target.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <tuple>

#include "edgefirst/decoder.hpp"
#include "edgefirst/tracker.hpp"

#include "base/simd.hpp"
#include "support/allocation_counter.hpp"
#include "support/decoder_models.hpp"
#include "support/decoder_tensors.hpp"

namespace edgefirst {
namespace {

/// Boxes that match nothing start a track a frame, which ends after two frames.
constexpr std::uint64_t kStep = 400'000'000;

Decoder make_decoder(const char* model, DType dtype) {
  DecoderOptions options;
  options.score_threshold = 0.2F;
  options.input_dims = {64, 64};
  return Decoder::from_json(testing::decoder_document(model, dtype), options);
}

/// Outputs in 0...1, boxes a tenth of the input.
std::vector<Tensor> make_outputs(const char* model, DType dtype, unsigned seed) {
  std::mt19937 random(seed);
  const testing::Stored stored = testing::stored_range(dtype, 0.0F, 1.0F);
  std::vector<Tensor> outputs;
  for (const auto& shape : testing::output_shapes(testing::decoder_document(model, dtype))) {
    outputs.push_back(testing::make_tensor(
        shape, stored, [&](std::size_t) { return static_cast<double>(random() % 1000) / 1000; }));
    if (is_float(dtype)) continue;
    outputs.back().set_quantization(Quantization::per_tensor(stored.scale, stored.zero_point));
  }
  return outputs;
}

class SteadyState : public ::testing::TestWithParam<std::tuple<std::size_t, DType>> {
 protected:
  const char* model() const { return testing::kDecoderModels[std::get<0>(GetParam())]; }
  DType dtype() const { return std::get<1>(GetParam()); }
};

void expect_equal(const Detections& result, const Detections& expected) {
  ASSERT_EQ(result.boxes.size(), expected.boxes.size());
  for (std::size_t i = 0; i < expected.boxes.size(); ++i) {
    const BoundingBox& box = result.boxes[i].box;
    const BoundingBox& wanted = expected.boxes[i].box;
    EXPECT_EQ(result.boxes[i].score, expected.boxes[i].score);
    EXPECT_EQ(result.boxes[i].label, expected.boxes[i].label);
    EXPECT_TRUE(box.xmin == wanted.xmin && box.ymin == wanted.ymin && box.xmax == wanted.xmax &&
                box.ymax == wanted.ymax);
  }
  ASSERT_EQ(result.masks.size(), expected.masks.size());
  for (std::size_t i = 0; i < expected.masks.size(); ++i) {
    const Segmentation mask = result.masks[i];
    const Segmentation wanted = expected.masks[i];
    const std::size_t bytes = wanted.height * wanted.width * wanted.channels;
    ASSERT_EQ(mask.height * mask.width * mask.channels, bytes);
    EXPECT_TRUE(std::equal(mask.data, mask.data + bytes, wanted.data));
  }
}

/// One frame by every call that returns nothing of its own.
struct Frame {
  Detections plain, located, tracked;
  std::vector<Detections> batch;

  void decode(const Decoder& decoder, const std::vector<const Tensor*>& outputs, Tracker& tracker,
              std::uint64_t now) {
    DecodeRequest request;
    decoder.decode(outputs, plain);
    decoder.decode_batch(outputs, batch);
    decoder.decode_tracked(outputs, tracker, now, tracked);
    if (!decoder.normalized_boxes()) return;
    request.source = letterbox(100, 50, 64, 64);
    request.masks = false;
    decoder.decode(outputs, located, request);
  }
};

TEST_P(SteadyState, AllocatesNothingOnceWarm) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizer allocator";
  const Decoder decoder = make_decoder(model(), dtype());
  const std::vector<Tensor> tensors = make_outputs(model(), dtype(), 1);
  const std::vector<const Tensor*> outputs = testing::pointers(tensors);
  ByteTrack tracker;
  Frame frame;
  std::uint64_t now = 0;
  for (int i = 0; i < 5; ++i) frame.decode(decoder, outputs, tracker, now += kStep);
  testing::AllocationCounter counter;
  for (int i = 0; i < 5; ++i) frame.decode(decoder, outputs, tracker, now += kStep);
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_GT(frame.plain.boxes.size() + frame.plain.masks.size(), 0U);
  EXPECT_EQ(frame.batch.size(), decoder.batch_size());
}

/// Allocations that the prototypes of a frame would take anyway.
std::size_t allocations_of(const ProtoData& protos) {
  const testing::AllocationCounter counter;
  for (const Tensor* tensor : {&protos.mask_coefficients, &protos.protos}) {
    Tensor copy(tensor->shape(), tensor->dtype(), TensorMemory::kMem);
    if (!tensor->quantization()) continue;
    const Quantization& own = *tensor->quantization();
    copy.set_quantization(Quantization::per_tensor(own.scale(), own.zero_point()));
  }
  return counter.count();
}

TEST_P(SteadyState, PrototypesAllocateOnlyThemselves) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizer allocator";
  const Decoder decoder = make_decoder(model(), dtype());
  const std::vector<Tensor> tensors = make_outputs(model(), dtype(), 1);
  const std::vector<const Tensor*> outputs = testing::pointers(tensors);
  ByteTrack tracker;
  Detections result;
  for (std::uint64_t frame = 0; frame < 8; ++frame) {
    const auto plain_counter = testing::AllocationCounter();
    const std::optional<ProtoData> plain = decoder.decode_proto(outputs, result);
    const std::size_t plain_count = plain_counter.count();
    const auto tracked_counter = testing::AllocationCounter();
    const auto tracked = decoder.decode_proto_tracked(outputs, tracker, frame * kStep, result);
    const std::size_t tracked_count = tracked_counter.count();
    if (frame < 5) continue;  // not warm
    EXPECT_LE(plain_count, plain ? allocations_of(*plain) : 0U);
    EXPECT_LE(tracked_count, tracked ? allocations_of(*tracked) : 0U);
  }
}

TEST_P(SteadyState, FourThreadsFindWhatOneFinds) {
  constexpr unsigned kThreads = 4;
  const Decoder decoder = make_decoder(model(), dtype());
  std::vector<std::vector<Tensor>> frames;
  std::vector<Detections> expected(kThreads);
  for (unsigned i = 0; i < kThreads; ++i) {
    frames.push_back(make_outputs(model(), dtype(), i));
    decoder.decode(testing::pointers(frames[i]), expected[i]);
  }
  std::atomic<unsigned> ready{0};
  std::vector<Detections> found(kThreads);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const std::vector<const Tensor*> outputs = testing::pointers(frames[i]);
      Detections other;
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
      for (int round = 0; round < 20; ++round) {
        decoder.decode(outputs, found[i]);
        decoder.decode_proto(outputs, other);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (unsigned i = 0; i < kThreads; ++i) expect_equal(found[i], expected[i]);
}

TEST_P(SteadyState, EverySimdTargetFindsTheSame) {
  const Decoder decoder = make_decoder(model(), dtype());
  const std::vector<Tensor> tensors = make_outputs(model(), dtype(), 5);
  Detections expected;
  decoder.decode(testing::pointers(tensors), expected);
  for (const char* target : simd::available_targets()) {
    SCOPED_TRACE(target);
    ASSERT_TRUE(simd::force_target(target));
    Detections result;
    decoder.decode(testing::pointers(tensors), result);
    expect_equal(result, expected);
  }
  simd::reset_target();
}

std::string name_of(const ::testing::TestParamInfo<SteadyState::ParamType>& info) {
  const std::size_t index = std::get<0>(info.param);
  const char* model = testing::kDecoderModels[index];
  return std::string(model_type_name(make_decoder(model, DType::kI8).model_type())) + '_' +
         std::to_string(index) + '_' + dtype_info(std::get<1>(info.param)).name;
}

INSTANTIATE_TEST_SUITE_P(
    Models, SteadyState,
    ::testing::Combine(::testing::Range(std::size_t{0}, std::size(testing::kDecoderModels)),
                       ::testing::Values(DType::kI8, DType::kU16, DType::kF16, DType::kF32)),
    name_of);

}  // namespace
}  // namespace edgefirst
