// SPDX-License-Identifier: Apache-2.0
// The dispatcher asks, takes the first yes, and counts the answers.
#include "image/dispatcher.hpp"

#include <gtest/gtest.h>

#include "image/convert_fixture.hpp"

namespace edgefirst {
namespace {

/// Declines with the reason it is given, and counts what it runs.
class FakeBackend final : public Backend {
 public:
  FakeBackend(ComputeBackend kind, const char* reason) : kind_(kind), reason_(reason) {}
  ComputeBackend kind() const override { return kind_; }
  const char* declines(const ConvertRequest&) const override { return reason_; }
  const char* declines(const DrawRequest&) const override { return "draws nothing"; }
  void convert(const ConvertRequest&) override {}
  void draw(const DrawRequest&) override {}

 private:
  ComputeBackend kind_;
  const char* reason_;
};

Dispatcher make_dispatcher(const char* opengl_reason, const char* cpu_reason) {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<FakeBackend>(ComputeBackend::kOpenGl, opengl_reason));
  backends.push_back(std::make_unique<FakeBackend>(ComputeBackend::kCpu, cpu_reason));
  return Dispatcher(std::move(backends));
}

std::string text_of(const Dispatcher& dispatcher) {
  std::string text;
  for (const RequestCount& entry : dispatcher.counts()) {
    text += std::string(compute_backend_name(entry.backend)) + "[" + entry.reason +
            "]=" + std::to_string(entry.count) + " ";
  }
  return text;
}

TEST(Dispatcher, TakesTheFirstYes) {
  Dispatcher dispatcher = make_dispatcher(nullptr, nullptr);
  EXPECT_EQ(dispatcher.choose(ConvertRequest{}).kind(), ComputeBackend::kOpenGl);
  EXPECT_EQ(text_of(dispatcher), "opengl[]=1 ");
}

TEST(Dispatcher, CountsWhatIsDeclinedByReason) {
  Dispatcher dispatcher = make_dispatcher("no DMA-BUF", nullptr);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(dispatcher.choose(ConvertRequest{}).kind(), ComputeBackend::kCpu);
  }
  EXPECT_EQ(text_of(dispatcher), "opengl[no DMA-BUF]=3 cpu[]=3 ");
  EXPECT_THROW(dispatcher.choose(DrawRequest{}), Error);
  EXPECT_EQ(text_of(dispatcher),
            "opengl[no DMA-BUF]=3 cpu[]=3 opengl[draws nothing]=1 cpu[draws nothing]=1 ");
}

TEST(Dispatcher, NamesTheLastReasonWhereAllDecline) {
  Dispatcher dispatcher = make_dispatcher("no DMA-BUF", "not today");
  try {
    dispatcher.choose(ConvertRequest{});
    ADD_FAILURE() << "a backend was chosen";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotSupported);
    EXPECT_STREQ(error.what(), "the cpu backend declines: not today");
  }
}

/// Takes everything and fails, by its driver or otherwise.
class FailingBackend final : public Backend {
 public:
  explicit FailingBackend(bool refuses) : refuses_(refuses) {}
  ComputeBackend kind() const override { return ComputeBackend::kOpenGl; }
  const char* declines(const ConvertRequest&) const override { return nullptr; }
  const char* declines(const DrawRequest&) const override { return nullptr; }
  void convert(const ConvertRequest&) override { fail(); }
  void draw(const DrawRequest&) override { fail(); }

 private:
  void fail() const {
    if (refuses_) throw BackendRefusal("context lost");
    throw Error(ErrorCode::kBusy, "mapped");
  }
  bool refuses_;
};

TEST(Dispatcher, ReplacesABackendWhoseDriverFails) {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<FailingBackend>(true));
  backends.push_back(std::make_unique<FakeBackend>(ComputeBackend::kCpu, nullptr));
  Dispatcher dispatcher(std::move(backends));
  dispatcher.convert(ConvertRequest{});
  EXPECT_EQ(text_of(dispatcher),
            "opengl[]=1 opengl[its driver failed; the next backend took over]=1 cpu[]=1 ");
  EXPECT_THROW(dispatcher.draw(DrawRequest{}), Error);  // the next one draws nothing
}

TEST(Dispatcher, TellsWhereNoBackendIsLeft) {
  for (const bool refuses : {false, true}) {
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(std::make_unique<FailingBackend>(refuses));
    Dispatcher dispatcher(std::move(backends));
    try {
      dispatcher.convert(ConvertRequest{});
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), refuses ? ErrorCode::kBackendUnavailable : ErrorCode::kBusy);
    }
  }
}

TEST(ImageProcessor, CountsItsRequests) {
  ImageProcessor processor({ComputeBackend::kCpu});
  EXPECT_TRUE(processor.request_counts().empty());
  const Tensor src = testing::make_image(8, 8, PixelFormat::kNv12);
  Tensor dst = testing::make_image(4, 4, PixelFormat::kRgb);
  processor.convert(src, dst);
  processor.draw_decoded_masks(dst, {}, {});
  EXPECT_THROW(processor.convert(dst, dst), Error);  // invalid: no backend is asked
  const std::vector<RequestCount> counts = processor.request_counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].backend, ComputeBackend::kCpu);
  EXPECT_STREQ(counts[0].reason, "");
  EXPECT_EQ(counts[0].count, 2U);
}

}  // namespace
}  // namespace edgefirst
