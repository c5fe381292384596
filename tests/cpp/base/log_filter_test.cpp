// SPDX-License-Identifier: Apache-2.0
#include "base/log_filter.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/log.hpp"

namespace edgefirst {
namespace {

/// The filter of a text that is wholly understood.
LogFilter filter_of(const std::string& text) {
  std::vector<std::string> complaints;
  LogFilter filter = LogFilter::parse(text, complaints);
  EXPECT_EQ(complaints, std::vector<std::string>{}) << text;
  return filter;
}

/// The finest level that the filter lets pass of a target.
LogLevel level_in(const std::string& text, const std::string& target) {
  const LogFilter filter = filter_of(text);
  int finest = 0;
  for (int level = 1; level <= 5; ++level) {
    if (filter.passes(static_cast<LogLevel>(level), target)) finest = level;
  }
  return static_cast<LogLevel>(finest);
}

constexpr const char* kImage = "edgefirst_image";
constexpr const char* kGl = "edgefirst_image::gl";
constexpr const char* kCodec = "edgefirst_codec";

TEST(LogFilter, ALevelIsForEveryTarget) {
  for (const char* text : {"debug", "DEBUG", "Debug", " debug ", ",debug,,", "4", "info,debug"}) {
    EXPECT_EQ(level_in(text, kGl), LogLevel::kDebug) << text;
    EXPECT_EQ(level_in(text, kCodec), LogLevel::kDebug) << text;
  }
  EXPECT_EQ(level_in("off", kImage), LogLevel::kOff);
  EXPECT_EQ(level_in("0", kImage), LogLevel::kOff);
  EXPECT_EQ(level_in("error", kImage), LogLevel::kError);
  EXPECT_EQ(level_in("warn", kImage), LogLevel::kWarn);
  EXPECT_EQ(level_in("info", kImage), LogLevel::kInfo);
  EXPECT_EQ(level_in("trace", kImage), LogLevel::kTrace);
  EXPECT_EQ(level_in("5", kImage), LogLevel::kTrace);
}

TEST(LogFilter, ATargetHasItsLevelAndTheOthersNone) {
  EXPECT_EQ(level_in("edgefirst_image=debug", kImage), LogLevel::kDebug);
  EXPECT_EQ(level_in("edgefirst_image=debug", kGl), LogLevel::kDebug);
  EXPECT_EQ(level_in("edgefirst_image=debug", kCodec), LogLevel::kOff);
  EXPECT_EQ(level_in(" edgefirst_image = Debug ", kImage), LogLevel::kDebug);
  EXPECT_EQ(level_in("edgefirst_image=2", kImage), LogLevel::kWarn);
}

TEST(LogFilter, ATargetAlonePassesWhole) {
  for (const char* text : {"edgefirst_image", "edgefirst_image=", "edgefirst-image"}) {
    EXPECT_EQ(level_in(text, kGl), LogLevel::kTrace) << text;
    EXPECT_EQ(level_in(text, kCodec), LogLevel::kOff) << text;
  }
}

TEST(LogFilter, ATargetHasItsOwnLevelBesideTheDefault) {
  for (const char* text : {"edgefirst_image=off,debug", "debug,edgefirst_image=off"}) {
    EXPECT_EQ(level_in(text, kImage), LogLevel::kOff) << text;
    EXPECT_EQ(level_in(text, kCodec), LogLevel::kDebug) << text;
  }
  EXPECT_EQ(level_in("warn,edgefirst_codec=trace", kCodec), LogLevel::kTrace);
  EXPECT_EQ(level_in("warn,edgefirst_codec=trace", kImage), LogLevel::kWarn);
}

TEST(LogFilter, TheLongestTargetDecides) {
  for (const char* text : {"edgefirst_image=warn,edgefirst_image::gl=trace",
                           "edgefirst_image::gl=trace,edgefirst_image=warn"}) {
    EXPECT_EQ(level_in(text, kGl), LogLevel::kTrace) << text;
    EXPECT_EQ(level_in(text, "edgefirst_image::gl::dma"), LogLevel::kTrace) << text;
    EXPECT_EQ(level_in(text, kImage), LogLevel::kWarn) << text;
    EXPECT_EQ(level_in(text, "edgefirst_image::glow"), LogLevel::kWarn) << text;
  }
  EXPECT_EQ(level_in("edgefirst_image=warn,edgefirst_image=debug", kImage), LogLevel::kDebug);
}

TEST(LogFilter, TargetsMatchAtTheirBoundaries) {
  EXPECT_EQ(level_in("edgefirst_im=trace", kImage), LogLevel::kOff);
  EXPECT_EQ(level_in("edgefirst_image::g=trace", kGl), LogLevel::kOff);
  EXPECT_EQ(level_in("edgefirst_image::gl=trace", kImage), LogLevel::kOff);
  EXPECT_EQ(level_in("Edgefirst_image=trace", kImage), LogLevel::kOff);
  EXPECT_EQ(level_in("edgefirst=trace", kGl), LogLevel::kTrace);  // all of ours
  EXPECT_EQ(level_in("edgefirst=info,edgefirst_codec=off", kCodec), LogLevel::kOff);
}

TEST(LogFilter, NamesOfOtherLibrariesChooseNothing) {
  EXPECT_EQ(level_in("wgpu_core=trace,tokio,info,my::app=debug", kImage), LogLevel::kInfo);
  EXPECT_EQ(level_in("my_app", kImage), LogLevel::kOff);
  EXPECT_EQ(filter_of("my_app,tokio=debug").finest(), LogLevel::kOff);  // no record is even made
}

TEST(LogFilter, TextsAreChosenByAnExpression) {
  const LogFilter filter = filter_of("edgefirst_image=debug,warn/cpu|opengl");
  EXPECT_TRUE(filter.passes_text("cpu converts"));
  EXPECT_TRUE(filter.passes_text("the opengl backend"));
  EXPECT_FALSE(filter.passes_text("g2d declines"));
  EXPECT_EQ(filter.finest(), LogLevel::kDebug);
  EXPECT_TRUE(filter_of("info/").passes_text("anything"));
  EXPECT_TRUE(filter_of("info/.*z").passes_text(std::string(1 << 20, 'z')));
}

TEST(LogFilter, NothingChoosesNothing) {
  for (const char* text : {"", " ", ",", " , ,"}) {
    EXPECT_EQ(level_in(text, kImage), LogLevel::kOff) << text;
  }
}

TEST(LogFilter, WhatNobodyUnderstandsIsToldAndLeavesTheRest) {
  for (const char* bad :
       {"edgefirst_image=loud", "edgefirst_image=warning", "warning", "all", "Verbose", "6", "17",
        "=debug", "=", "a=b=c", "edgefirst_image[span]=debug", "[{field=1}]=trace", "\"debug\"",
        "info;edgefirst_codec", "edgefirst image", "edgefirst_image=-1"}) {
    std::vector<std::string> complaints;
    const LogFilter filter =
        LogFilter::parse(std::string("warn, ") + bad + " ,edgefirst_codec=info", complaints);
    ASSERT_EQ(complaints.size(), 1U) << bad;
    EXPECT_NE(complaints[0].find(bad), std::string::npos) << complaints[0];
    EXPECT_LT(complaints[0].size(), 200U);
    EXPECT_TRUE(filter.passes(LogLevel::kInfo, kCodec)) << bad;
    EXPECT_TRUE(filter.passes(LogLevel::kWarn, kImage)) << bad;
    EXPECT_FALSE(filter.passes(LogLevel::kInfo, kImage)) << bad;
    complaints.clear();
    EXPECT_EQ(LogFilter::parse(bad, complaints).finest(), LogLevel::kError) << bad;
  }
  std::vector<std::string> complaints;
  EXPECT_TRUE(LogFilter::parse("info/(", complaints).passes_text("anything"));
  ASSERT_EQ(complaints.size(), 1U);
  EXPECT_EQ(complaints[0].find("the text '(' behind the log filter's slash is ignored"), 0U);
}

TEST(LogFilter, ComplaintsAreShortAndPrintable) {
  std::vector<std::string> complaints;
  LogFilter::parse("=\x01\xff\n" + std::string(5000, 'x'), complaints);
  ASSERT_EQ(complaints.size(), 1U);
  EXPECT_EQ(complaints[0].find("the part '=???xxx"), 0U);
  EXPECT_LT(complaints[0].size(), 200U);
}

void collect(LogLevel, const char* target, const char* message, void* userdata) {
  static_cast<std::vector<std::string>*>(userdata)->push_back(std::string(target) + ": " + message);
}

TEST(LogFilter, RecordsOfTheSinkAreChosenByIt) {
  EXPECT_THROW(set_log_filter("info"), Error);  // no sink
  std::vector<std::string> lines;
  set_log_sink(collect, &lines, LogLevel::kError);
  set_log_filter("warn,edgefirst_codec=trace/file");
  log(LogLevel::kTrace, "edgefirst_codec::jpeg", "a file of 3 scans");
  log(LogLevel::kTrace, "edgefirst_codec::jpeg", "a picture");
  log(LogLevel::kInfo, "edgefirst_image", "a file");
  log(LogLevel::kWarn, "edgefirst_image", "no file");
  EXPECT_THROW(set_log_filter("info,loud;er"), Error);  // and the one before stays
  log(LogLevel::kTrace, "edgefirst_codec", "another file");
  set_log_sink(collect, &lines, LogLevel::kError);  // a new sink has its level alone
  log(LogLevel::kWarn, "edgefirst_codec", "a third file");
  set_log_sink(nullptr, nullptr, LogLevel::kOff);
  EXPECT_EQ(lines, (std::vector<std::string>{"edgefirst_codec::jpeg: a file of 3 scans",
                                             "edgefirst_image: no file",
                                             "edgefirst_codec: another file"}));
}

}  // namespace
}  // namespace edgefirst
