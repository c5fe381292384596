// SPDX-License-Identifier: Apache-2.0
#include "base/trace.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <locale>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/parallel.hpp"

#if defined(_WIN32)
#include <process.h>
#else
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace edgefirst {
namespace {

using Json = nlohmann::json;

Json read_trace(const std::string& path) { return Json::parse(std::ifstream(path)); }

#if defined(_WIN32)
int process_id() { return ::_getpid(); }
#else
int process_id() { return ::getpid(); }
#endif

std::string trace_path() {
  return ::testing::TempDir() + "edgefirst_trace_" + std::to_string(process_id()) + ".json";
}

/// Numbers as some countries write them: 1.000,5.
class GroupedNumbers : public std::numpunct<char> {
 protected:
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Trace, NumbersAreTheSameInEveryLocale) {
  const std::locale before = std::locale::global(
      std::locale(std::locale::classic(), new GroupedNumbers));  // the locale deletes it
  start_tracing(trace_path());
  { TraceSpan("test.numbers").field("size", 1234567).field("share", 0.5); }
  stop_tracing();
  std::locale::global(before);
  const Json events = read_trace(trace_path());
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[1]["args"]["size"], "1234567");
  EXPECT_EQ(events[1]["args"]["share"], "0.5");
  EXPECT_GT(events[1]["ts"], 0.0);
  EXPECT_GT(events[1][".line"], 0);
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

#if defined(__linux__)
TEST(Trace, AFileThatCannotBeWrittenIsAnErrorAtTheEnd) {
  start_tracing("/dev/full");
  { TraceSpan span("test.lost"); }
  try {
    stop_tracing();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_EQ(error.os_error(), ENOSPC);
    EXPECT_EQ(std::string(error.what()),
              "trace file '/dev/full' is incomplete: No space left on device");
  }
  EXPECT_FALSE(is_tracing_active());
  start_tracing(trace_path());  // the next session is none the worse
  stop_tracing();
}
#endif

#if defined(__linux__)
/// Runs in a process of its own, in which no file can grow beyond 4096 bytes.
TEST(Trace, AFileThatAFullDiskCutIsRemoved) {
  const std::string path = trace_path() + ".cut";
  const std::string link = trace_path() + ".link";
  std::filesystem::create_symlink(path, link);
  for (const std::string& name : {path, link}) {
    const pid_t child = fork();
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{4096, 4096};
      setrlimit(RLIMIT_FSIZE, &limit);
      start_tracing(name);
      for (int i = 0; i < 100; ++i) TraceSpan span("test.lost");
      try {
        stop_tracing();
      } catch (const Error& error) {
        const bool says = std::string(error.what()).find("was removed") != std::string::npos;
        _exit(error.os_error() == EFBIG && says ? 1 : 2);
      }
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 1) << name;
    EXPECT_FALSE(std::filesystem::exists(path)) << name;
  }
  std::filesystem::remove(link);
}
#endif

TEST(Trace, EveryThreadHasItsOwnTrack) {
  start_tracing(trace_path());
  { TraceSpan span("test.main"); }
  std::thread([] { TraceSpan span("test.worker"); }).join();
  stop_tracing();
  const Json events = read_trace(trace_path());
  ASSERT_EQ(events.size(), 6U);
  EXPECT_NE(events[1]["tid"], events[4]["tid"]);
}

std::vector<Json> events_named(const Json& events, const std::string& name) {
  std::vector<Json> found;
  for (const Json& event : events) {
    if (event["name"] == name) found.push_back(event);
  }
  return found;
}

TEST(Trace, SpansTellWhereTheyStandInTheSource) {
  start_tracing(trace_path());
  { TraceSpan span("test.here"); }
  const int line = __LINE__ - 1;
  stop_tracing();
  const Json begin = events_named(read_trace(trace_path()), "test.here").at(0);
  EXPECT_EQ(begin[".file"], "cpp/base/trace_test.cpp");
  EXPECT_EQ(begin[".line"], line);
}

TEST(Trace, WorkOfAnotherThreadIsLinkedToTheSpanThatHandedItOver) {
  start_tracing(trace_path());
  {
    TraceSpan caller("test.caller");
    const TraceHandoff handoff;
    { TraceSpan own("test.work", handoff); }
    std::thread([&] { TraceSpan work("test.work", handoff); }).join();
  }
  stop_tracing();
  const Json events = read_trace(trace_path());
  const std::vector<Json> work = events_named(events, "test.work");
  const std::vector<Json> caller = events_named(events, "test.caller");
  ASSERT_EQ(work.size(), 4U);  // none in the caller's own thread
  EXPECT_EQ(work[0]["ph"], "B");
  EXPECT_EQ(work[0]["args"]["of"], "test.caller");
  const Json& start = work[2];
  const Json& finish = work[3];
  EXPECT_EQ(start["ph"], "s");
  EXPECT_EQ(finish["ph"], "f");
  EXPECT_EQ(finish["bp"], "e");
  EXPECT_EQ(start["id"], finish["id"]);
  EXPECT_EQ(start["tid"], caller[0]["tid"]);
  EXPECT_GT(start["ts"], caller[0]["ts"]);
  EXPECT_LT(start["ts"], caller[1]["ts"]);
  EXPECT_EQ(finish["tid"], work[0]["tid"]);
  EXPECT_NE(finish["tid"], start["tid"]);
  EXPECT_EQ(finish["ts"], work[0]["ts"]);
}

TEST(Trace, WorkersOfAParallelLoopPointAtItsCaller) {
  if (thread_limit() < 2) GTEST_SKIP() << "one thread only";
  start_tracing(trace_path());
  {
    TraceSpan caller("test.loop");
    std::atomic<int> arrived{0};
    parallel_for(2, 1, [&](std::size_t, std::size_t) {  // each range waits for the other thread
      ++arrived;
      while (arrived < 2) std::this_thread::yield();
    });
  }
  stop_tracing();
  const std::vector<Json> work = events_named(read_trace(trace_path()), "parallel.work");
  ASSERT_EQ(work.size(), 4U);
  EXPECT_EQ(work[0]["args"]["of"], "test.loop");
}

TEST(Trace, LimitedFileIsWholeAndTellsWhatWasLeftOut) {
  EXPECT_THROW(start_tracing(trace_path(), 1023), Error);
  EXPECT_FALSE(is_tracing_active());
  start_tracing(trace_path(), 4096);
  for (int i = 0; i < 100; ++i) TraceSpan span("test.many");
  stop_tracing();
  EXPECT_LE(std::ifstream(trace_path(), std::ios::ate).tellg(), 4096);
  const Json events = read_trace(trace_path());
  const std::vector<Json> spans = events_named(events, "test.many");
  EXPECT_GT(spans.size(), 10U);
  const std::string left = events.back()["args"]["spans_left_out"];
  EXPECT_EQ(events.back()["name"], "trace.full");
  EXPECT_EQ(spans.size() / 2 + std::stoul(left), 100U);
}

TEST(Trace, FunctionReceivesWhatAFileWould) {
  std::vector<std::string> lines;
  const TraceSink sink = [](const char* event, void* to) {
    TraceSpan inside("test.inside");  // left out
    static_cast<std::vector<std::string>*>(to)->push_back(event);
    stop_tracing();  // does nothing here
    EXPECT_THROW(start_tracing("unused.json"), Error);
  };
  EXPECT_THROW(start_tracing(nullptr, nullptr), Error);
  start_tracing(sink, &lines);
  { TraceSpan span("test.one"); }
  EXPECT_TRUE(is_tracing_active());
  stop_tracing();
  { TraceSpan span("test.after"); }
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(Json::parse(lines[1])["name"], "test.one");
  EXPECT_EQ(Json::parse(lines[2])["ph"], "E");
}

#if !defined(_WIN32)
TEST(Trace, ChildOfForkLeavesTheFileAlone) {
  start_tracing(trace_path());
  { TraceSpan span("test.parent"); }
  const pid_t child = ::fork();
  if (child == 0) {
    const bool active = is_tracing_active();
    { TraceSpan span("test.child"); }
    stop_tracing();
    std::exit(active ? 1 : 0);  // as programs end: with what exit handlers write
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  stop_tracing();
  EXPECT_EQ(read_trace(trace_path()).size(), 3U);
}

TEST(Trace, ProcessThatEndsCompletesItsFile) {
  const std::string path = trace_path();
  const auto leave_early = [&] {
    start_tracing(path);
    { TraceSpan span("test.last"); }
    std::exit(0);
  };
  EXPECT_EXIT(leave_early(), ::testing::ExitedWithCode(0), "");
  EXPECT_EQ(read_trace(path).size(), 3U);
}
#endif

}  // namespace
}  // namespace edgefirst
