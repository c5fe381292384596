// SPDX-License-Identifier: Apache-2.0
// OpenGL that cannot be had: the reason is told, the CPU takes over, and a new environment is a new
// chance. What a forked child may still do.
#include <unistd.h>

#include <fstream>

#include "gl/gl_fixture.hpp"
#include "support/allocation_counter.hpp"
#include "support/descriptors.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::absence;
using testing::code_of;
using testing::Content;
using testing::fill_bytes;
using testing::Gl;
using testing::has_opengl;
using testing::in_child;
using testing::make_image;
using testing::open_descriptors;
using testing::opengl;
using testing::ScopedVariable;

void expect_cpu_takes_over(ImageProcessor& processor) {
  const Tensor src = make_image(16, 16, PixelFormat::kRgb);
  fill_bytes(src, Content::kNoise);
  Tensor dst = processor.create_image(16, 16, PixelFormat::kRgba);
  EXPECT_NE(dst.memory(), TensorMemory::kPbo);
  processor.convert(src, dst);
  EXPECT_EQ(dst.map().as<std::uint8_t>()[0], src.map().as<std::uint8_t>()[0]);
}

// First of all: the display that a process has found once stays.
TEST(GlAbsence, MissingLibraryIsToldByItsPath) {
  const ScopedVariable allow("EDGEFIRST_ALLOW_SOFTWARE_GL", "1");
  {
    const ScopedVariable path("EDGEFIRST_ANGLE_PATH", "/no/such/folder");
    for (int round = 0; round < 2; ++round) {
      ImageProcessor processor(opengl());
      ASSERT_FALSE(has_opengl(processor));
      EXPECT_NE(absence(processor).find("/no/such/folder"), std::string::npos)
          << absence(processor);
      expect_cpu_takes_over(processor);
    }
    EXPECT_EQ(code_of([] { probe_egl_displays(); }), ErrorCode::kNotFound);
    const ScopedVariable force("EDGEFIRST_FORCE_BACKEND", "opengl");
    EXPECT_EQ(code_of([] { ImageProcessor forced; }), ErrorCode::kBackendUnavailable);
  }
  const ImageProcessor again(opengl());  // the environment has changed
  if (!has_opengl(again)) GTEST_SKIP() << "no OpenGL ES here: " << absence(again);
  EXPECT_EQ(probe_egl_displays().size(), 1U);
}

/// Where the test run says that its driver must be declined, and why.
TEST(GlAbsence, DriverThatIsTooOldIsDeclined) {
  const char* reason = std::getenv("EDGEFIRST_TEST_ABSENT_REASON");
  if (reason == nullptr) GTEST_SKIP() << "this driver is not expected to be declined";
  const ScopedVariable allow("EDGEFIRST_ALLOW_SOFTWARE_GL", "1");
  for (int round = 0; round < 2; ++round) {
    ImageProcessor processor(opengl());
    EXPECT_FALSE(has_opengl(processor));
    EXPECT_NE(absence(processor).find(reason), std::string::npos) << absence(processor);
    expect_cpu_takes_over(processor);
  }
  EXPECT_TRUE(probe_egl_displays().empty());
}

TEST_F(Gl, SoftwareRenderersNeedPermission) {
  ::unsetenv("EDGEFIRST_ALLOW_SOFTWARE_GL");
  ImageProcessor processor(opengl());
  if (has_opengl(processor)) GTEST_SKIP() << "the driver renders in hardware";
  EXPECT_NE(absence(processor).find("EDGEFIRST_ALLOW_SOFTWARE_GL=1"), std::string::npos)
      << absence(processor);
  expect_cpu_takes_over(processor);
}

TEST_F(Gl, AnotherKindOfDisplayIsRefusedOnceOneIsInUse) {
  const EglDisplayKind used = probe_egl_displays().at(0).kind;
  ProcessorOptions options = opengl();
  options.egl_display = used;
  EXPECT_TRUE(has_opengl(ImageProcessor(options)));
  options.egl_display =
      used == EglDisplayKind::kGbm ? EglDisplayKind::kDefault : EglDisplayKind::kGbm;
  const ImageProcessor processor(options);
  EXPECT_FALSE(has_opengl(processor));
  EXPECT_NE(absence(processor).find("already"), std::string::npos) << absence(processor);
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_F(Gl, ProcessorsComeAndGoWithoutATrace) {
  const Tensor src = make_image(64, 48, PixelFormat::kRgb);
  const auto cycle = [&](int round) {
    ImageProcessor processor(opengl());
    ASSERT_TRUE(has_opengl(processor));
    Tensor dst = processor.create_image(32, 24);
    if (round % 20 == 0) processor.convert(src, dst);
  };
  for (int round = 0; round < 100; ++round) cycle(round);
  const int descriptors = open_descriptors();
  const std::size_t bytes = resident_bytes();
  for (int round = 0; round < 1000; ++round) cycle(round);
  EXPECT_EQ(open_descriptors(), descriptors);
  // A context that stayed would cost half a megabyte. Sanitizers keep freed memory.
  constexpr std::size_t kAllowed = 32 << 20;
  if (!testing::AllocationCounter::is_reliable()) return;
  EXPECT_LE(resident_bytes(), bytes + kAllowed);
}

TEST_F(Gl, ForkedChildrenUseTheCpu) {
  const Tensor src = make_image(16, 16, PixelFormat::kRgb);
  fill_bytes(src, Content::kNoise);
  Tensor expected = make_image(16, 16, PixelFormat::kRgba);
  gl_->convert(src, expected);
  const Tensor pixels = [] {
    const ScopedVariable transfer("EDGEFIRST_FORCE_TRANSFER", "pbo");
    static ImageProcessor processor(opengl());
    return processor.create_image(16, 16);
  }();
  const int status = in_child([&] {
    Tensor dst = make_image(16, 16, PixelFormat::kRgba);
    gl_->convert(src, dst);
    if (std::memcmp(dst.map().data(), expected.map().data(), dst.size_bytes()) != 0) return 1;
    if (answer(src, dst) != "the process was forked after OpenGL had started") return 2;
    if (code_of([&] { pixels.map(); }) != ErrorCode::kDisconnected) return 3;
    if (has_opengl(ImageProcessor(opengl()))) return 4;
    gl_.reset();
    return 0;
  });
  EXPECT_EQ(status, 0);
  Tensor after = make_image(16, 16, PixelFormat::kRgba);
  gl_->convert(src, after);
  EXPECT_EQ(std::memcmp(after.map().data(), expected.map().data(), after.size_bytes()), 0);
}

}  // namespace
}  // namespace edgefirst
