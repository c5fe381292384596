// SPDX-License-Identifier: Apache-2.0
// Overlays on OpenGL against the CPU: frames, instance masks, semantic maps, prototypes of every
// layout and type, backgrounds, letterboxes, labels.
#include "gl/gl_fixture.hpp"
#include "image/outside_boxes.hpp"

namespace edgefirst {
namespace {

using testing::Content;
using testing::fill_bytes;
using testing::Gl;
using testing::kMostLevels;
using testing::make_image;

constexpr PixelFormat kFormats[] = {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kBgra};

class GlDraw : public Gl {
 protected:
  /// Random boxes, sorted and not, inside and outside.
  std::vector<DetectBox> random_boxes(std::size_t count) {
    std::uniform_real_distribution<float> unit(-0.1F, 1.1F);
    std::vector<DetectBox> boxes;
    for (std::size_t i = 0; i < count; ++i) {
      const float x = unit(random_), y = unit(random_);
      boxes.push_back({{x, y, x + 0.3F * unit(random_), y + 0.3F * unit(random_)}, 0.5F, i});
    }
    return boxes;
  }

  /// Draws by draw(processor, dst) on both. Pixels within kMostLevels, but for a few on the rim of
  /// interpolated masks, whose logit is zero up to rounding.
  template <typename Draw>
  void expect_close(Tensor& dst, const Draw& draw, double most_rim = 0) {
    fill_bytes(dst, Content::kNoise, 99);
    Tensor expected = copy_of(dst);
    const std::uint64_t before = taken(*gl_);
    draw(*gl_, dst);
    EXPECT_EQ(taken(*gl_), before + 1) << "OpenGL did not take it";
    draw(cpu_, expected);
    const std::size_t channels = pixel_format_info(*dst.format()).channels;
    const TensorMap a = dst.map(CpuAccess::kRead), b = expected.map(CpuAccess::kRead);
    std::size_t wrong = 0;
    for (std::size_t y = 0; y < dst.height(); ++y) {
      for (std::size_t i = 0; i < dst.width() * channels; ++i) {
        const std::size_t at = y * dst.row_stride() + i;
        const int difference = a.as<std::uint8_t>()[at] - b.as<std::uint8_t>()[at];
        wrong += std::abs(difference) > kMostLevels;
      }
    }
    EXPECT_LE(static_cast<double>(wrong),
              most_rim * static_cast<double>(dst.width() * dst.height() * channels));
  }

  /// Random prototypes and coefficients of four objects: 1, 32 and 45 channels in both layouts.
  template <typename Body>
  void for_each_proto_shape(DType dtype, const Body& body) {
    for (const std::size_t channels : {1, 32, 45}) {
      for (const ProtoLayout layout : {ProtoLayout::kNhwc, ProtoLayout::kNchw}) {
        const bool nhwc = layout == ProtoLayout::kNhwc;
        ProtoData protos{Tensor({4, channels}, DType::kF32),
                         Tensor(nhwc ? Shape{40, 48, channels} : Shape{channels, 40, 48}, dtype),
                         layout};
        std::normal_distribution<float> normal;
        {
          const TensorMap grid = protos.protos.map(), rows = protos.mask_coefficients.map();
          for (std::size_t i = 0; i < protos.protos.element_count(); ++i) {
            if (dtype == DType::kF32) grid.as<float>()[i] = normal(random_);
            if (dtype == DType::kI8) {
              grid.as<std::uint8_t>()[i] = static_cast<std::uint8_t>(random_());
            }
          }
          for (std::size_t i = 0; i < protos.mask_coefficients.element_count(); ++i) {
            rows.as<float>()[i] = normal(random_);
          }
        }
        if (dtype == DType::kI8) protos.protos.set_quantization(Quantization::per_tensor(0.04F, 5));
        body(protos);
      }
    }
  }

  /// Six objects, of which two have no coefficients: outlines. Letterboxed with 32 channels.
  void expect_prototypes(const ProtoData& protos) {
    const std::vector<DetectBox> boxes = random_boxes(6);
    OverlayOptions options;
    if (protos.mask_coefficients.shape()[1] == 32) {
      options.letterbox = BoundingBox{0, 0.125F, 1, 0.875F};
    }
    Tensor dst = make_image(200, 150, PixelFormat::kRgba);
    expect_close(
        dst,
        [&](ImageProcessor& processor, Tensor& image) {
          processor.draw_proto_masks(image, boxes, protos, options);
        },
        1e-4);
  }

  std::mt19937 random_{7};
};

TEST_F(GlDraw, FramesAndBackgrounds) {
  for (const PixelFormat format : kFormats) {
    for (const std::size_t padding : {0, 5}) {
      const std::vector<DetectBox> boxes = random_boxes(8);
      Tensor background = make_image(93, 70, format, DType::kU8, 3);
      fill_bytes(background, Content::kNoise, 4);
      for (const bool has_background : {false, true}) {
        OverlayOptions options;
        if (has_background) options.background = &background;
        options.color_mode = ColorMode::kInstance;
        Tensor dst = make_image(93, 70, format, DType::kU8, padding);
        expect_close(dst, [&](ImageProcessor& processor, Tensor& image) {
          processor.draw_decoded_masks(image, boxes, {}, options);
        });
        expect_close(dst, [&](ImageProcessor& processor, Tensor& image) {
          processor.draw_decoded_masks(image, {}, {}, options);
        });
      }
    }
  }
}

TEST_F(GlDraw, InstanceMasks) {
  for (const PixelFormat format : kFormats) {
    for (const float opacity : {1.0F, 0.5F, 0.0F}) {
      const std::vector<DetectBox> boxes = random_boxes(5);
      SegmentationList masks;
      for (const DetectBox& box : boxes) {
        const std::size_t height = 1 + random_() % 40, width = 1 + random_() % 90;
        std::uint8_t* data = masks.append(box.box, height, width, 1);
        for (std::size_t i = 0; i < height * width; ++i) {
          data[i] = static_cast<std::uint8_t>(random_());
        }
        data[0] = 126;
        data[height * width - 1] = 127;
      }
      Tensor background = make_image(160, 110, format);
      fill_bytes(background, Content::kNoise, 4);
      OverlayOptions options;
      options.background = &background;
      options.opacity = opacity;
      Tensor dst = make_image(160, 110, format);
      expect_close(dst, [&](ImageProcessor& processor, Tensor& image) {
        processor.draw_decoded_masks(image, boxes, masks, options);
      });
    }
  }
}

TEST_F(GlDraw, SemanticMaps) {
  for (const PixelFormat format : kFormats) {
    for (const std::size_t classes : {2, 3, 25}) {
      SegmentationList masks;
      std::uint8_t* data = masks.append({0, 0, 1, 1}, 33, 47, classes);
      for (std::size_t i = 0; i < 33 * 47 * classes; ++i) {
        data[i] = static_cast<std::uint8_t>(random_());
      }
      Tensor dst = make_image(130, 97, format);
      expect_close(dst, [&](ImageProcessor& processor, Tensor& image) {
        processor.draw_decoded_masks(image, {}, masks, {});
      });
    }
  }
}

/// Boxes outside the picture and boxes that are no numbers, between others.
TEST_F(GlDraw, OutsideBoxesPaintNothing) {
  const DetectBox seen{{0.1F, 0.3F, 0.4F, 0.6F}, 0.5F, 3};
  OverlayOptions options;
  options.labels = true;
  options.on_ignored = OnIgnored::kWarn;
  Tensor dst = make_image(120, 90, PixelFormat::kRgba);
  const auto is_black = [&] {
    const TensorMap map = dst.map(CpuAccess::kRead);
    const auto* bytes = map.as<const std::uint8_t>();
    return std::all_of(bytes, bytes + map.size_bytes(), [](std::uint8_t b) { return b == 0; });
  };
  for (const DetectBox& box : testing::outside_boxes()) {
    SegmentationList masks;
    for (int i = 0; i < 2; ++i)
      std::memset(masks.append({0.2F, 0.2F, 0.9F, 0.9F}, 2, 2, 1), 255, 4);
    expect_close(dst, [&](ImageProcessor& processor, Tensor& image) {
      processor.draw_decoded_masks(image, {box, seen}, masks, options);
    });
    const ProtoData protos = testing::solid_protos(2);
    expect_close(dst, [&](ImageProcessor& processor, Tensor& image) {
      processor.draw_proto_masks(image, {box, seen}, protos, options);
    });
    gl_->draw_proto_masks(dst, {box}, protos, options);
    EXPECT_TRUE(is_black()) << testing::text(box);
  }
}

/// More than 32 channels, both layouts, float and quantised, letterboxed or not.
TEST_F(GlDraw, Prototypes) {
  for (const DType dtype : {DType::kF32, DType::kI8}) {
    for_each_proto_shape(dtype, [&](const ProtoData& protos) { expect_prototypes(protos); });
  }
}

/// EDGEFIRST_PROTO_COMPUTE=1: int8 prototypes, quantised per tensor and per channel, go to the
/// compute shader, others do not; and never without the variable.
TEST_F(GlDraw, PrototypesByComputeShader) {
  static std::size_t computed;
  static bool lacks_compute;
  computed = 0;
  lacks_compute = false;
  const LogSink watch = [](LogLevel, const char*, const char* text, void*) {
    if (std::strstr(text, "computes logits of") != nullptr) ++computed;
    if (std::strstr(text, "OpenGL ES 3.0") != nullptr) lacks_compute = true;
  };
  set_log_sink(watch, nullptr, LogLevel::kTrace);
  const auto draw_all = [&] {
    for_each_proto_shape(DType::kI8, [&](ProtoData& protos) {
      expect_prototypes(protos);
      const bool nhwc = protos.layout == ProtoLayout::kNhwc;
      std::vector<float> scales(protos.mask_coefficients.shape()[1], 0.03F);
      if (scales.size() == 1) return;
      scales[0] = 0.05F;
      protos.protos.set_quantization(Quantization::per_channel_symmetric(scales, nhwc ? 2 : 0));
      expect_prototypes(protos);
    });
  };
  draw_all();
  EXPECT_EQ(computed, 0U);
  const testing::ScopedVariable compute("EDGEFIRST_PROTO_COMPUTE", "1");
  gl_ = std::make_unique<ImageProcessor>(testing::opengl());
  for_each_proto_shape(DType::kF32, [&](const ProtoData& protos) { expect_prototypes(protos); });
  EXPECT_EQ(computed, 0U);
  draw_all();
  if (lacks_compute) GTEST_SKIP() << "OpenGL ES 3.0 has no compute shaders";
  EXPECT_EQ(computed, 10U);  // six shapes per tensor, four per channel
}

TEST_F(GlDraw, OnImagesOfItsOwnMemory) {
  const std::vector<DetectBox> boxes = random_boxes(4);
  SegmentationList masks;
  for (const DetectBox& box : boxes) std::memset(masks.append(box.box, 9, 9, 1), 255, 81);
  for (const PixelFormat format : kFormats) {  // a BGRA pixel buffer once deadlocked (defect 35)
    for (const std::size_t width : {64, 61}) {
      Tensor background = gl_->create_image(width, 50, format);
      fill_bytes(background, Content::kNoise, 4);
      const Tensor heap = copy_of(background);
      OverlayOptions options;
      Tensor dst = gl_->create_image(width, 50, format);
      expect_close(dst, [&](ImageProcessor& processor, Tensor& image) {
        options.background = &processor == gl_.get() ? &background : &heap;
        processor.draw_decoded_masks(image, boxes, masks, options);
      });
    }
  }
}

TEST_F(GlDraw, ColorsOfTheProcessorAreUsed) {
  const std::vector<DetectBox> boxes = random_boxes(3);
  const Color colors[] = {{1, 2, 3, 255}, {200, 100, 50, 10}, {9, 99, 199, 128}};
  gl_->set_class_colors(colors);
  cpu_.set_class_colors(colors);
  SegmentationList masks;
  for (const DetectBox& box : boxes) std::memset(masks.append(box.box, 9, 9, 1), 255, 81);
  Tensor dst = make_image(80, 60, PixelFormat::kRgb);
  expect_close(dst, [&](ImageProcessor& processor, Tensor& image) {
    processor.draw_decoded_masks(image, boxes, masks);
  });
}

/// Dots of one pixel and of two, long and foreign names, boxes without room above them, beside
/// masks that labels cover; every byte is the CPU's.
TEST_F(GlDraw, Labels) {
  const std::vector<std::string> names = {
      "person", "", "caf\xC3\xA9 au lait, grande, with a name that is too long", "{|}~"};
  OverlayOptions options;
  options.labels = true;
  options.class_names = names;
  for (const PixelFormat format : kFormats) {
    for (const std::size_t height : {160, 500}) {
      const std::vector<DetectBox> boxes = random_boxes(9);
      SegmentationList masks;
      std::memset(masks.append({0, 0, 1, 1}, 2, 2, 1), 255, 4);
      Tensor dst = make_image(203, height, format);
      Tensor expected = make_image(203, height, format);
      const auto draw = [&](ImageProcessor& processor, Tensor& image) {
        processor.draw_decoded_masks(image, boxes, {}, options);
      };
      draw(cpu_, expected);
      draw(*gl_, dst);
      EXPECT_EQ(std::memcmp(dst.map().data(), expected.map().data(), dst.size_bytes()), 0);
      expect_close(dst, [&](ImageProcessor& processor, Tensor& image) {
        processor.draw_decoded_masks(image, boxes, masks, options);
      });
    }
  }
}

}  // namespace
}  // namespace edgefirst
