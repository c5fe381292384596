// SPDX-License-Identifier: Apache-2.0
// Reads a log filter and answers it. The most specific target decides, as in env_logger and in the
// EnvFilter of tracing-subscriber; of two rules for one target the later one holds.
#include "base/log_filter.hpp"

#include <algorithm>
#include <locale>

#include "base/message.hpp"
#include "base/text.hpp"

namespace edgefirst {
namespace {

constexpr const char* kLevelNames[] = {"off", "error", "warn", "info", "debug", "trace"};
constexpr const char* kLevelList = "off, error, warn, info, debug or trace";
/// Words that stand for levels elsewhere; as names of targets they would silence everything.
constexpr const char* kForeignLevels[] = {"warning", "err",     "critical", "fatal",
                                          "notice",  "verbose", "none",     "all"};
constexpr std::size_t kMostShown = 40;       // characters of a refused part in its complaint
constexpr std::size_t kMostSearched = 2048;  // characters: std::regex recurses once a character

std::string_view trimmed(std::string_view text) {
  constexpr const char* kSpace = " \t\r\n\f\v";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

/// ASCII alone, whatever the locale.
std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::optional<LogLevel> level_of(std::string_view text) {
  const std::string name = lower(text);
  for (std::size_t i = 0; i < std::size(kLevelNames); ++i) {
    const bool is_number = name.size() == 1 && name[0] == static_cast<char>('0' + i);
    if (name == kLevelNames[i] || is_number) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

/// A module path such as edgefirst_image::gl, of any crate.
bool is_target(std::string_view text) {
  const bool has_letter = std::any_of(
      text.begin(), text.end(), [](char c) { return is_letter(c) || c == '_' || (c & 0x80) != 0; });
  return has_letter && std::all_of(text.begin(), text.end(), [](char c) {
           const bool is_mark = c == '_' || c == ':' || c == '-' || c == '.' || (c & 0x80) != 0;
           return is_mark || is_letter(c) || is_digit(c);
         });
}

/// The name of the crate as its library has it: people type the package's hyphens too.
std::string target_name(std::string_view text) {
  std::string name(text);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// Whether rule is target itself or a module around it. "edgefirst" stands for all of ours.
bool covers(std::string_view rule, std::string_view target) {
  if (target.substr(0, rule.size()) != rule) return false;
  const std::string_view rest = target.substr(rule.size());
  return rest.empty() || rest.substr(0, 2) == "::" || (rule == "edgefirst" && rest[0] == '_');
}

/// Printable, and short enough for a message.
std::string shown(std::string_view part) {
  std::string text(part.substr(0, kMostShown));
  for (char& c : text) {
    if (c < 0x20 || c == 0x7f || (c & 0x80) != 0) c = '?';
  }
  return part.size() > kMostShown ? text + "..." : text;
}

}  // namespace

LogFilter LogFilter::parse(std::string_view text, std::vector<std::string>& complaints) {
  LogFilter filter;
  const std::size_t slash = text.find('/');
  std::string_view parts = text.substr(0, slash);
  bool has_part = false;
  bool has_rule = false;
  while (!parts.empty()) {
    const std::size_t comma = parts.find(',');
    const std::string_view part = trimmed(parts.substr(0, comma));
    parts = comma == std::string_view::npos ? std::string_view() : parts.substr(comma + 1);
    if (part.empty()) continue;
    has_part = true;
    if (filter.add_part(part)) {
      has_rule = true;
    } else {
      complaints.push_back(message("the part '", shown(part),
                                   "' of the log filter is ignored: expected a level (", kLevelList,
                                   "), a target, or target=level"));
    }
  }
  // As in env_logger, a filter without a rule of its own lets errors pass.
  if (!has_rule && (has_part || slash != std::string_view::npos)) {
    filter.default_ = LogLevel::kError;
  }
  if (slash != std::string_view::npos) filter.add_expression(text.substr(slash + 1), complaints);
  return filter;
}

bool LogFilter::add_part(std::string_view part) {
  const std::size_t equals = part.find('=');
  const std::string_view target = trimmed(part.substr(0, equals));
  const bool names_target = is_target(target);
  if (equals == std::string_view::npos) {
    if (const auto level = level_of(target)) {
      default_ = *level;
      return true;
    }
    const std::string word = lower(target);
    const bool is_foreign = std::find(std::begin(kForeignLevels), std::end(kForeignLevels), word) !=
                            std::end(kForeignLevels);
    if (!names_target || is_foreign) return false;
    add_rule(target_name(target), LogLevel::kTrace);
    return true;
  }
  const std::string_view name = trimmed(part.substr(equals + 1));
  const auto level = name.empty() ? LogLevel::kTrace : level_of(name);
  if (!names_target || !level) return false;
  add_rule(target_name(target), *level);
  return true;
}

void LogFilter::add_rule(std::string target, LogLevel level) {
  if (target.rfind("edgefirst", 0) != 0) return;  // of another library
  const auto same = std::find_if(rules_.begin(), rules_.end(),
                                 [&](const Rule& rule) { return rule.target == target; });
  if (same != rules_.end()) {
    same->level = level;
    return;
  }
  const auto shorter = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    return rule.target.size() < target.size();
  });
  rules_.insert(shorter, {std::move(target), level});
}

void LogFilter::add_expression(std::string_view expression, std::vector<std::string>& complaints) {
  if (expression.empty()) return;
  try {
    std::regex compiled;
    compiled.imbue(std::locale::classic());
    compiled.assign(std::string(expression));
    expression_ = std::move(compiled);
  } catch (const std::regex_error&) {
    complaints.push_back(message("the text '", shown(expression),
                                 "' behind the log filter's slash is ignored: it is no regular "
                                 "expression"));
  }
}

LogLevel LogFilter::finest() const {
  LogLevel finest = default_;
  for (const Rule& rule : rules_) finest = std::max(finest, rule.level);
  return finest;
}

bool LogFilter::passes(LogLevel level, std::string_view target) const {
  for (const Rule& rule : rules_) {
    if (covers(rule.target, target)) return level <= rule.level;
  }
  return level <= default_;
}

bool LogFilter::passes_text(const std::string& text) const {
  if (!expression_) return true;
  try {
    return std::regex_search(text.substr(0, kMostSearched), *expression_);
  } catch (const std::regex_error&) {  // too much work for the matcher: better one line too many
    return true;
  }
}

}  // namespace edgefirst
