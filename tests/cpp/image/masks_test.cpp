// SPDX-License-Identifier: Apache-2.0
// materialize_masks and draw_proto_masks against logits in double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "base/simd.hpp"
#include "image/convert_fixture.hpp"
#include "support/allocation_counter.hpp"

namespace edgefirst {
namespace {

using testing::make_image;

constexpr std::size_t kGrid = 20, kChannels = 13;

struct Protos {
  ProtoData data;
  std::vector<double> coefficients, cells;  // dequantised; cells as [y][x][k]
};

void store(const Tensor& tensor, std::size_t i, double value) {
  const TensorMap map = tensor.map(CpuAccess::kWrite);
  switch (tensor.dtype()) {
    case DType::kI8:
      map.as<std::int8_t>()[i] = static_cast<std::int8_t>(value);
      return;
    case DType::kI16:
      map.as<std::int16_t>()[i] = static_cast<std::int16_t>(value);
      return;
    case DType::kF16:
      map.as<Float16>()[i] = to_float16(static_cast<float>(value));
      return;
    default:
      map.as<float>()[i] = static_cast<float>(value);
  }
}

Protos make_protos(std::size_t count, DType coefficient_type, DType proto_type, ProtoLayout layout,
                   unsigned seed) {
  std::mt19937 random(seed);
  const auto draw = [&](DType dtype) {
    const double value = static_cast<double>(static_cast<int>(random() % 255) - 127);
    return is_float(dtype) ? value / 64 : value;
  };
  const bool nhwc = layout == ProtoLayout::kNhwc;
  const Shape shape =
      nhwc ? Shape{kGrid, kGrid + 3, kChannels} : Shape{kChannels, kGrid, kGrid + 3};
  Protos protos{
      {Tensor({count, kChannels}, coefficient_type), Tensor(shape, proto_type), layout}, {}, {}};
  const double zero_c = is_float(coefficient_type) ? 0 : 5, zero_p = is_float(proto_type) ? 0 : -9;
  if (!is_float(coefficient_type)) {
    protos.data.mask_coefficients.set_quantization(Quantization::per_tensor(0.02F, 5));
  }
  if (!is_float(proto_type)) {
    protos.data.protos.set_quantization(Quantization::per_tensor(0.05F, -9));
  }
  for (std::size_t i = 0; i < count * kChannels; ++i) {
    const double value = draw(coefficient_type);
    store(protos.data.mask_coefficients, i, value);
    protos.coefficients.push_back(value - zero_c);
  }
  const std::size_t cells = kGrid * (kGrid + 3);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    for (std::size_t k = 0; k < kChannels; ++k) {
      const double value = draw(proto_type);
      store(protos.data.protos, nhwc ? cell * kChannels + k : k * cells + cell, value);
      protos.cells.push_back(value - zero_p);
    }
  }
  return protos;
}

double logit(const Protos& protos, std::size_t i, std::size_t x, std::size_t y) {
  double sum = 0;
  for (std::size_t k = 0; k < kChannels; ++k) {
    sum += protos.coefficients[i * kChannels + k] *
           protos.cells[(y * (kGrid + 3) + x) * kChannels + k];
  }
  return sum;
}

double interpolated(const Protos& protos, std::size_t i, double x, double y) {
  x = std::clamp(x, 0.0, static_cast<double>(kGrid + 2));
  y = std::clamp(y, 0.0, static_cast<double>(kGrid - 1));
  const auto x0 = static_cast<std::size_t>(x), y0 = static_cast<std::size_t>(y);
  const std::size_t x1 = std::min(x0 + 1, kGrid + 2), y1 = std::min(y0 + 1, kGrid - 1);
  const double fx = x - static_cast<double>(x0), fy = y - static_cast<double>(y0);
  const double top = logit(protos, i, x0, y0) * (1 - fx) + logit(protos, i, x1, y0) * fx;
  const double bottom = logit(protos, i, x0, y1) * (1 - fx) + logit(protos, i, x1, y1) * fx;
  return top * (1 - fy) + bottom * fy;
}

const DetectBox kBoxes[] = {{{0.1F, 0.2F, 0.6F, 0.9F}, 0.9F, 0},
                            {{0, 0, 1, 1}, 0.8F, 14},
                            {{0.95F, 0.4F, 0.3F, 0.35F}, 0.7F, 2},
                            {{0.5F, 0.5F, 0.5F, 0.5F}, 0.6F, 3},
                            {{-1, -2, 3, 0.1F}, 0.6F, 4}};

ErrorCode error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kInternal;
}

struct MaskCase {
  DType coefficients, protos;
  ProtoLayout layout;
};
class Masks : public ::testing::TestWithParam<MaskCase> {
 protected:
  Protos protos_ = make_protos(5, GetParam().coefficients, GetParam().protos, GetParam().layout, 4);
  ImageProcessor processor_{{ComputeBackend::kCpu}};
  SegmentationList masks_;
};

TEST_P(Masks, ProtoResolutionThresholdsTheCellsThatTheBoxTouches) {
  for (const char* target : simd::available_targets()) {
    ASSERT_TRUE(simd::force_target(target));
    processor_.materialize_masks(kBoxes, protos_.data, std::nullopt, MaskResolution::proto(),
                                 masks_);
    ASSERT_EQ(masks_.size(), 5U);
    EXPECT_EQ(masks_[0].width, static_cast<std::size_t>(std::ceil(0.6F * 23) - 2));
    EXPECT_EQ(masks_[0].height, 18U - 4U);
    EXPECT_EQ(masks_[1].width, kGrid + 3);
    EXPECT_EQ(masks_[3].width * masks_[3].height, 1U);
    for (std::size_t i = 0; i < 5; ++i) {
      const Segmentation mask = masks_[i];
      const auto left = static_cast<std::size_t>(std::lround(mask.region.xmin * (kGrid + 3)));
      const auto top = static_cast<std::size_t>(std::lround(mask.region.ymin * kGrid));
      for (std::size_t y = 0; y < mask.height; ++y) {
        for (std::size_t x = 0; x < mask.width; ++x) {
          const double value = logit(protos_, i, left + x, top + y);
          if (std::abs(value) < 1e-3) continue;
          ASSERT_EQ(mask.data[y * mask.width + x], value > 0 ? 255 : 0)
              << i << " " << x << " " << y;
        }
      }
    }
  }
  simd::reset_target();
}

TEST_P(Masks, PictureResolutionInterpolatesLogits) {
  for (const BoundingBox& letterbox : {BoundingBox{0, 0, 1, 1}, BoundingBox{0, 0.2F, 1, 0.8F}}) {
    processor_.materialize_masks(kBoxes, protos_.data, letterbox, MaskResolution::scaled(211, 97),
                                 masks_);
    ASSERT_EQ(masks_.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
      const Segmentation mask = masks_[i];
      const auto left =
          static_cast<std::size_t>(std::min(std::round(mask.region.xmin * 211), 210.0F));
      const auto top = static_cast<std::size_t>(std::min(std::round(mask.region.ymin * 97), 96.0F));
      for (std::size_t y = 0; y < mask.height; ++y) {
        for (std::size_t x = 0; x < mask.width; ++x) {
          const double sx = (static_cast<double>(left + x) + 0.5) / 211 * 23 - 0.5;
          const double high = letterbox.ymax, low = letterbox.ymin;
          const double sy =
              (low + (static_cast<double>(top + y) + 0.5) / 97 * (high - low)) * 20 - 0.5;
          const double value = interpolated(protos_, i, sx, sy);
          if (std::abs(value) < 0.02) continue;
          ASSERT_EQ(mask.data[y * mask.width + x], value > 0 ? 255 : 0)
              << i << " " << x << " " << y;
        }
      }
    }
  }
}

TEST_P(Masks, DrawnPixelsAreThoseOfTheScaledMask) {
  Tensor dst = make_image(211, 97, PixelFormat::kRgb);
  const DetectBox box{{0.1F, 0.2F, 0.6F, 0.9F}, 0.9F, 14};
  processor_.draw_proto_masks(dst, {box}, protos_.data);
  const TensorMap map = dst.map();
  for (std::size_t y = 25; y < 80; ++y) {
    for (std::size_t x = 25; x < 120; ++x) {
      const double value =
          interpolated(protos_, 0, (x + 0.5) / 211 * 23 - 0.5, (y + 0.5) / 97 * 20 - 0.5);
      if (std::abs(value) < 0.02) continue;
      ASSERT_EQ(map.as<std::uint8_t>()[(y * 211 + x) * 3], value > 0 ? 179 : 0) << x << " " << y;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Masks,
                         ::testing::Values(MaskCase{DType::kF32, DType::kF32, ProtoLayout::kNhwc},
                                           MaskCase{DType::kF32, DType::kF32, ProtoLayout::kNchw},
                                           MaskCase{DType::kF16, DType::kF16, ProtoLayout::kNhwc},
                                           MaskCase{DType::kI8, DType::kI8, ProtoLayout::kNhwc},
                                           MaskCase{DType::kI8, DType::kI8, ProtoLayout::kNchw},
                                           MaskCase{DType::kI16, DType::kI8, ProtoLayout::kNhwc},
                                           MaskCase{DType::kF32, DType::kI8, ProtoLayout::kNchw}),
                         [](const auto& info) {
                           return std::string(dtype_info(info.param.coefficients).short_name) +
                                  "_" + dtype_info(info.param.protos).short_name +
                                  (info.param.layout == ProtoLayout::kNhwc ? "_nhwc" : "_nchw");
                         });

TEST(DrawProtoMasks, BoxesBeyondTheLastRowAreOutlines) {
  ImageProcessor processor({ComputeBackend::kCpu});
  Tensor cells({4, 4, 2}), rows({1, 2});
  std::fill_n(cells.map().as<float>(), 32, 1.0F);
  std::fill_n(rows.map().as<float>(), 2, 1.0F);
  Tensor dst = make_image(64, 64, PixelFormat::kRgb);
  const DetectBox boxes[] = {{{0.1F, 0.1F, 0.4F, 0.4F}, 0.9F, 0}, {{0.6F, 0.6F, 0.9F, 0.9F}, 1, 0}};
  const auto green = [&](std::size_t x, std::size_t y) {
    return int{dst.map().as<std::uint8_t>()[(y * 64 + x) * 3 + 1]};
  };
  processor.draw_proto_masks(dst, boxes, {rows, cells, ProtoLayout::kNhwc});
  EXPECT_EQ(green(16, 16), 179);
  EXPECT_EQ(green(48, 48), 0);
  EXPECT_EQ(green(36, 48), 255);  // its frame
  processor.draw_proto_masks(dst, boxes, {Tensor({0, 2}), cells, ProtoLayout::kNhwc});
  EXPECT_EQ(green(16, 16), 0);
  EXPECT_EQ(green(48, 36), 255);
}

TEST(MaskMemory, SteadyStateAllocatesNothing) {
  using testing::AllocationCounter;
  if (!AllocationCounter::is_reliable()) GTEST_SKIP() << "a sanitizer replaces operator new";
  const Protos protos = make_protos(5, DType::kI8, DType::kI8, ProtoLayout::kNhwc, 4);
  ImageProcessor processor({ComputeBackend::kCpu});
  SegmentationList masks;
  const auto run = [&] {
    processor.materialize_masks(kBoxes, protos.data, std::nullopt, MaskResolution::proto(), masks);
    processor.materialize_masks(kBoxes, protos.data, std::nullopt, MaskResolution::scaled(640, 360),
                                masks);
  };
  run();
  run();
  const AllocationCounter counter;
  run();
  EXPECT_EQ(counter.count(), 0U);
}

TEST(MaskErrors, ShapesCountsAndQuantizationAreChecked) {
  ImageProcessor processor({ComputeBackend::kCpu});
  SegmentationList masks;
  const auto run = [&](const ProtoData& protos, const MaskResolution& resolution = {}) {
    return error_of(
        [&] { processor.materialize_masks(kBoxes, protos, std::nullopt, resolution, masks); });
  };
  const Tensor grid({4, 4, 32});
  EXPECT_EQ(run({Tensor({5, 32}), Tensor({4, 32}), ProtoLayout::kNhwc}), ErrorCode::kInvalidShape);
  EXPECT_EQ(run({Tensor({5, 31}), grid, ProtoLayout::kNhwc}), ErrorCode::kInvalidShape);
  EXPECT_EQ(run({Tensor({4, 32}), grid, ProtoLayout::kNhwc}), ErrorCode::kInvalidShape);
  EXPECT_EQ(run({Tensor({5, 32}, DType::kI8), grid, ProtoLayout::kNhwc}), ErrorCode::kInvalidShape);
  EXPECT_EQ(run({Tensor({5, 32}, DType::kU32), grid, ProtoLayout::kNhwc}),
            ErrorCode::kNotSupported);
  EXPECT_EQ(run({Tensor({5, 32}), grid, ProtoLayout::kNhwc}, {640, 0}), ErrorCode::kInvalidShape);
  const ProtoData few{Tensor({4, 32}), grid, ProtoLayout::kNhwc};
  processor.materialize_masks({}, few, std::nullopt, {}, masks);
  EXPECT_TRUE(masks.empty());
}

}  // namespace
}  // namespace edgefirst
