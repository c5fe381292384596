// SPDX-License-Identifier: Apache-2.0
#include "model/engines/library_search.hpp"

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>

#include "base/fork_safe.hpp"
#include "base/message.hpp"

namespace edgefirst::model {
namespace {

/// Never destroyed: engines may be opened while the process ends.
struct Hints {
  ForkSafe<std::mutex> mutex;
  std::map<std::string, std::string> paths;
  static Hints& instance() {
    static auto* hints = new Hints;
    return *hints;
  }
};

std::string hint_of(const std::string& engine) {
  Hints& hints = Hints::instance();
  const std::lock_guard<ForkSafe<std::mutex>> lock(hints.mutex);
  const auto found = hints.paths.find(engine);
  return found == hints.paths.end() ? std::string() : found->second;
}

/// Why libraries were passed over, for one error text.
class Tried {
 public:
  void add(const std::string& path, const std::string& reason) {
    const bool is_absent = reason.find(std::strerror(ENOENT)) != std::string::npos;
    if (is_absent && reasons_.size() + path.size() > kMostAbsent) return;
    if (!reasons_.empty()) reasons_ += "; ";
    reasons_ += reason.rfind(path, 0) == 0 ? reason : path + ": " + reason;
  }
  const std::string& text() const { return reasons_; }

 private:
  static constexpr std::size_t kMostAbsent = 80;
  std::string reasons_;
};

/// The library, or none and the reason added to tried.
std::optional<FoundLibrary> try_library(const std::string& path, const LibraryCheck& check,
                                        Tried& tried) {
  std::string reason;
  DynamicLibrary library = DynamicLibrary::open(path, reason);
  if (library.is_open()) reason = check(library);
  if (library.is_open() && reason.empty()) return FoundLibrary{library, path};
  tried.add(path, reason);
  return std::nullopt;
}

}  // namespace

void set_library_hint(const std::string& engine, const std::string& path) {
  Hints& hints = Hints::instance();
  const std::lock_guard<ForkSafe<std::mutex>> lock(hints.mutex);
  if (path.empty()) {
    hints.paths.erase(engine);
  } else {
    hints.paths[engine] = path;
  }
}

FoundLibrary find_library(const LibraryNames& names, const std::string& wanted,
                          const LibraryCheck& check) {
  Tried tried;
  const auto only = [&](const std::string& path, const char* said_by) {
    if (auto found = try_library(path, check, tried)) return *found;
    raise(ErrorCode::kEngineUnavailable, names.engine, " cannot be loaded from ", said_by, ": ",
          tried.text());
  };
  if (!wanted.empty()) return only(wanted, "the library that was asked for");
  if (const auto value = env::get(names.variable)) {
    return only(*value, env::table()[static_cast<std::size_t>(names.variable)].name);
  }
  const std::string hint = hint_of(names.engine);
  if (!hint.empty()) {
    if (auto found = try_library(hint, check, tried)) return *found;
  }
  for (const std::string& name : names.names) {
    if (auto found = try_library(name, check, tried)) return *found;
  }
  raise(ErrorCode::kEngineUnavailable, names.engine, " was not found: ", names.advice, ", or name ",
        "its library in ", env::table()[static_cast<std::size_t>(names.variable)].name, " (",
        tried.text(), ")");
}

}  // namespace edgefirst::model
