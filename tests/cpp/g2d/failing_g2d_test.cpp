// SPDX-License-Identifier: Apache-2.0
// A blitter that is absent or refuses: the CPU takes over, or where G2D alone is allowed a typed
// error tells why.
#include <gmock/gmock.h>

#include <functional>

#include "g2d/g2d_fixture.hpp"
#include "support/descriptors.hpp"

namespace edgefirst::testing {
namespace {

using F = PixelFormat;

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBackendUnavailable) << error.what();
    return error.what();
  }
  return "nothing was refused";
}

TEST_F(G2d, ARefusedBlitIsATypedError) {
  const Tensor src = dma_image(16, 8, F::kRgba);
  Tensor dst = dma_image(16, 8, F::kRgb);
  ImageProcessor g2d;
  double_->blit_status = 1;
  EXPECT_THAT(refusal([&] { g2d.convert(src, dst); }),
              ::testing::HasSubstr("g2d_blit failed with status 1"));
  EXPECT_THAT(g2d.explain(src, dst)[0].reason, ::testing::HasSubstr("refused"));
  double_->blit_status = 0;
  double_->finish_status = -1;
  Tensor other = dma_image(32, 8, F::kRgb);
  EXPECT_THAT(refusal([&] { g2d.convert(src, other); }), ::testing::HasSubstr("g2d_finish"));
}

TEST_F(G2d, TheCpuTakesOverWhereItMay) {
  ::unsetenv("EDGEFIRST_FORCE_BACKEND");
  const Tensor src = dma_image(16, 8, F::kRgba);
  fill_bytes(src, Content::kNoise);
  for (auto* failing : {&double_->blit_status, &double_->clear_status, &double_->finish_status}) {
    Tensor dst = dma_image(32, 32, F::kRgba);
    Tensor expected = heap_copy(dst);
    ConvertOptions options;
    options.crop.dst_rect = Rect{0, 0, 16, 8};
    options.crop.dst_color = Color{1, 2, 3, 4};
    ImageProcessor both(with_backend(ComputeBackend::kG2d));
    *failing = -1;
    both.convert(src, dst, options);
    *failing = 0;
    cpu_.convert(src, expected, options);
    const TensorMap a = dst.map(CpuAccess::kRead);
    const TensorMap b = expected.map(CpuAccess::kRead);
    EXPECT_EQ(std::memcmp(a.data(), b.data(), b.size_bytes()), 0);
  }
}

TEST_F(G2d, WithoutPhysicalAddressesItDeclines) {
  const Tensor src = dma_image(16, 8, F::kRgba);
  Tensor dst = dma_image(16, 8, F::kRgb);
  ImageProcessor g2d;
  double_->tells_addresses = false;
  EXPECT_THAT(refusal([&] { g2d.convert(src, dst); }), ::testing::HasSubstr("physical addresses"));
  EXPECT_THAT(g2d.explain(src, dst)[0].reason, ::testing::HasSubstr("physical addresses"));
}

/// A kernel that tells no addresses answers ENOTTY; any other error is one buffer's.
TEST_F(G2d, ABufferWithoutAddressIsRefusedAlone) {
  const Tensor src = dma_image(16, 8, F::kRgba);
  Tensor dst = dma_image(16, 8, F::kRgb);
  ImageProcessor g2d;
  double_->address_error = EINVAL;
  EXPECT_THAT(refusal([&] { g2d.convert(src, dst); }), ::testing::HasSubstr("Invalid argument"));
  double_->address_error = 0;
  EXPECT_STREQ(g2d.explain(src, dst)[0].reason, "");
  EXPECT_NO_THROW(g2d.convert(src, dst));
}

TEST_F(G2d, EmptyOverlaysAreClearedOrCopied) {
  Tensor dst = dma_image(16, 8, F::kRgba);
  fill_bytes(dst, Content::kNoise);
  ImageProcessor g2d;
  g2d.draw_decoded_masks(dst, {}, {}, {});
  const TensorMap cleared = dst.map(CpuAccess::kRead);
  for (std::size_t i = 0; i < cleared.size_bytes(); ++i) ASSERT_EQ(element(cleared, i), 0);
  const Tensor background = dma_image(16, 8, F::kRgba);
  fill_bytes(background, Content::kNoise, 9);
  OverlayOptions options;
  options.background = &background;
  g2d.draw_decoded_masks(dst, {}, {}, options);
  const TensorMap map = background.map(CpuAccess::kRead);
  EXPECT_EQ(std::memcmp(cleared.data(), map.data(), map.size_bytes()), 0);
  const DetectBox box{{0.1F, 0.1F, 0.5F, 0.5F}, 0.9F, 1};
  EXPECT_THROW(g2d.draw_decoded_masks(dst, {&box, 1}, {}, {}), Error);
}

TEST_F(G2d, HandlesAreClosed) {
  const int before = double_->opened - double_->closed;
  const int descriptors = open_descriptors();
  for (int i = 0; i < 1000; ++i) ImageProcessor processor;
  EXPECT_EQ(double_->opened - double_->closed, before);
  EXPECT_EQ(open_descriptors(), descriptors);
}

class G2dAbsence : public ::testing::Test {
 protected:
  static std::string reason() {
    const Tensor src = make_image(4, 4, F::kRgb);
    const Tensor dst = make_image(4, 4, F::kRgba);
    ImageProcessor processor(with_backend(ComputeBackend::kG2d));
    for (const BackendAnswer& answer : processor.explain(src, dst)) {
      if (answer.backend == ComputeBackend::kG2d) return answer.reason;
    }
    return "";
  }
};

TEST_F(G2dAbsence, TheDeviceDoesNotOpen) {
  g2d_double()->open_fails = true;
  EXPECT_THAT(reason(), ::testing::HasSubstr("g2d_open failed with status -1"));
  g2d_double()->open_fails = false;
}

TEST_F(G2dAbsence, ASymbolIsMissing) {
  EXPECT_THAT(reason(), ::testing::HasSubstr("libg2d.so.2 has no g2d_finish"));
}

TEST_F(G2dAbsence, TheLibraryIsMissing) {
  EXPECT_THAT(reason(), ::testing::HasSubstr("libg2d.so.2"));
}

}  // namespace
}  // namespace edgefirst::testing
