// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace edgefirst {
namespace {

void collect(LogLevel level, const char* target, const char* message, void* userdata) {
  auto* lines = static_cast<std::vector<std::string>*>(userdata);
  lines->push_back(std::to_string(static_cast<int>(level)) + " " + target + ": " + message);
}

TEST(Log, IsSilentWithoutASink) {
  EXPECT_FALSE(log_enabled(LogLevel::kError));
  log(LogLevel::kError, "test", "nobody reads this");
}

TEST(Log, DeliversRecordsUpToTheLevel) {
  std::vector<std::string> lines;
  set_log_sink(collect, &lines, LogLevel::kInfo);
  log(LogLevel::kWarn, "tensor.dma", "heap ", 1, " refused");
  log(LogLevel::kDebug, "tensor.dma", "too detailed");
  set_log_sink(nullptr, nullptr, LogLevel::kOff);
  log(LogLevel::kError, "tensor.dma", "after removal");
  EXPECT_EQ(lines, std::vector<std::string>{"2 tensor.dma: heap 1 refused"});
}

TEST(Log, WritesEveryRecordOnOneLine) {
  std::vector<std::string> lines;
  set_log_sink(collect, &lines, LogLevel::kTrace);
  log_write(LogLevel::kError, "test", std::string("a\0b", 3));
  log(LogLevel::kError, "test", "no.jpg\n[ERROR] test: forged\r", "\x1B[2J");
  log(LogLevel::kError, "test", std::string(5000, 'x'));
  set_log_sink(nullptr, nullptr, LogLevel::kOff);
  EXPECT_EQ(lines.at(0),
            "1 test: a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(lines.at(1), "1 test: no.jpg\\n[ERROR] test: forged\\x0d\\x1b[2J");
  EXPECT_EQ(lines.at(2).size(), 8 + 5000U);
}

}  // namespace
}  // namespace edgefirst
