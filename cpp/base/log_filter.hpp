// SPDX-License-Identifier: Apache-2.0
// Which log records pass: the filter that users of RUST_LOG type. Knows no sinks; used by log.cpp
// and by the bindings that read the environment.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "edgefirst/export.hpp"
#include "edgefirst/runtime.hpp"

namespace edgefirst {

/// Levels by target. Cheap to ask; immutable after construction.
///   std::vector<std::string> complaints;
///   const LogFilter filter = LogFilter::parse("warn,edgefirst_codec=trace", complaints);
class EDGEFIRST_API LogFilter {
 public:
  explicit LogFilter(LogLevel level = LogLevel::kOff) : default_(level) {}

  /// Parts are separated by commas: a level for every target, a target that passes whole, or
  /// target=level; "/regex" behind them chooses by text. A part that is none of these is left out,
  /// and complaints gets one sentence about it. Source: the documentation of Rust's env_logger.
  static LogFilter parse(std::string_view text, std::vector<std::string>& complaints);

  /// The finest level that any target has: what is finer needs no look at the rules.
  LogLevel finest() const;
  /// Whether the longest rule for the target lets the level pass.
  bool passes(LogLevel level, std::string_view target) const;
  /// Whether the text has what the filter asks for, if it asks.
  bool passes_text(const std::string& text) const;

 private:
  struct Rule {
    std::string target;
    LogLevel level;
  };
  /// False for what is no part of a filter.
  bool add_part(std::string_view part);
  void add_rule(std::string target, LogLevel level);
  void add_expression(std::string_view expression, std::vector<std::string>& complaints);

  LogLevel default_;
  std::vector<Rule> rules_;
  std::optional<std::regex> expression_;
};

}  // namespace edgefirst
