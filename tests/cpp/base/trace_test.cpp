// SPDX-License-Identifier: Apache-2.0
#include "base/trace.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

namespace edgefirst {
namespace {

using Json = nlohmann::json;

Json read_trace(const std::string& path) { return Json::parse(std::ifstream(path)); }

std::string trace_path() {
  return ::testing::TempDir() + "edgefirst_trace_" + std::to_string(::getpid()) + ".json";
}

TEST(Trace, UnusedSessionIsAValidEmptyArray) {
  start_tracing(trace_path());
  stop_tracing();
  EXPECT_EQ(read_trace(trace_path()), Json::array());
}

TEST(Trace, NestedSpansBecomeNestedPairsWithFields) {
  start_tracing(trace_path());
  {
    TraceSpan outer("image.convert");
    outer.field("src_fmt", "NV\"12").field("width", 640);
    TraceSpan inner("image.convert.cpu");
  }
  stop_tracing();
  const Json events = read_trace(trace_path());
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(events[0]["ph"], "M");
  EXPECT_EQ(events[1]["name"], "image.convert.cpu");
  const Json& outer_begin = events[3];
  const Json& outer_end = events[4];
  EXPECT_EQ(outer_begin["ph"], "B");
  EXPECT_EQ(outer_begin["cat"], "edgefirst.image");
  EXPECT_EQ(outer_begin["args"]["src_fmt"], "NV\"12");
  EXPECT_EQ(outer_begin["args"]["width"], "640");
  EXPECT_LT(outer_begin["ts"], events[1]["ts"]);
  EXPECT_LE(events[2]["ts"], outer_end["ts"]);
}

TEST(Trace, SessionsMayFollowOneAnotherButNotOverlap) {
  for (int round = 0; round < 3; ++round) {
    start_tracing(trace_path());
    EXPECT_TRUE(is_tracing_active());
    EXPECT_THROW(start_tracing(trace_path()), Error);
    { TraceSpan span("test.round"); }
    stop_tracing();
    EXPECT_FALSE(is_tracing_active());
    EXPECT_EQ(read_trace(trace_path()).size(), 3U);
  }
  stop_tracing();
}

TEST(Trace, SpanThatOutlivesItsSessionIsLeftOut) {
  start_tracing(trace_path());
  {
    TraceSpan span("test.late");
    stop_tracing();
    start_tracing(trace_path());
  }
  stop_tracing();
  EXPECT_EQ(read_trace(trace_path()), Json::array());
}

TEST(Trace, UnwritablePathIsAnErrorAndLeavesNoSession) {
  try {
    start_tracing("/nonexistent/folder/trace.json");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_NE(std::string(error.what()).find("/nonexistent/folder/trace.json"), std::string::npos);
  }
  EXPECT_FALSE(is_tracing_active());
}

TEST(Trace, EveryThreadHasItsOwnTrack) {
  start_tracing(trace_path());
  { TraceSpan span("test.main"); }
  std::thread([] { TraceSpan span("test.worker"); }).join();
  stop_tracing();
  const Json events = read_trace(trace_path());
  ASSERT_EQ(events.size(), 6U);
  EXPECT_NE(events[1]["tid"], events[4]["tid"]);
}

}  // namespace
}  // namespace edgefirst
