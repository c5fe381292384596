// SPDX-License-Identifier: Apache-2.0
#include "model/engines/registry.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "base/env.hpp"
#include "base/fork_safe.hpp"
#include "base/log.hpp"
#include "base/message.hpp"
#include "base/text.hpp"
#include "model/engines/engines.hpp"

namespace edgefirst::model {
namespace {

constexpr EngineInfo kEngines[] = {
    {"onnxruntime", ".onnx", false, open_onnxruntime},
    {"litert", ".tflite", false, open_litert},
    {"tflite", ".tflite", true, open_tflite},
    {"openvino", ".xml .onnx .tflite", false, open_openvino},
};

/// Never destroyed, as engines are not: their libraries leave threads behind.
struct Loaded {
  ForkSafe<std::mutex> mutex;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Engine>> engines;
  static Loaded& instance() {
    static auto* loaded = new Loaded;
    return *loaded;
  }
};

const EngineInfo* find_info(const std::string& name) {
  for (const EngineInfo& info : kEngines) {
    if (name == info.name) return &info;
  }
  return nullptr;
}

namespace fs = std::filesystem;
constexpr const char* kPluginBegin = "libedgefirst_engine_";
#if defined(_WIN32)
constexpr const char* kPluginEnd = ".dll";
#elif defined(__APPLE__)
constexpr const char* kPluginEnd = ".dylib";
#else
constexpr const char* kPluginEnd = ".so";
#endif

std::string plugin_path(const std::string& name) {
  const std::string folder = env::get(env::Variable::kEnginePath).value_or("");
  return (fs::u8path(folder) / (kPluginBegin + name + kPluginEnd)).u8string();
}

/// From its file, or an error that says which engines there are.
std::unique_ptr<Engine> open_named_plugin(const std::string& name, const std::string& library) {
  if (!library.empty()) return open_plugin(library);
  const std::vector<std::string> plugins = plugin_names();
  if (std::find(plugins.begin(), plugins.end(), name) != plugins.end()) {
    return open_plugin(plugin_path(name));
  }
  std::string known;
  for (const EngineInfo& info : kEngines) {
    known += (known.empty() ? "" : ", ") + std::string(info.name);
  }
  for (const std::string& plugin : plugins) known += ", " + plugin;
  raise(ErrorCode::kInvalidArgument, "no engine is called '", name, "'; there are ", known);
}

bool opens(const std::string& all, const std::string& suffix) {
  std::istringstream suffixes(all);
  for (std::string each; suffixes >> each;) {
    if (each == suffix) return true;
  }
  return false;
}

/// A plug-in that cannot be loaded is passed over, with a warning of the log.
std::vector<std::string> plugins_for(const std::string& suffix) {
  std::vector<std::string> found;
  for (const std::string& name : plugin_names()) {
    try {
      if (opens(engine(name).suffixes(), suffix)) found.push_back(name);
    } catch (const Error& error) {
      log(LogLevel::kWarn, "edgefirst_model", error.what());
    }
  }
  return found;
}

std::string suffix_of(const std::string& path) {
  const std::size_t name = path.find_last_of("/\\") + 1;  // 0 without a folder
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos || dot < name ? "" : lower_case(path.substr(dot));
}

}  // namespace

Span<const EngineInfo> engine_table() { return kEngines; }

Engine& engine(const std::string& name, const std::string& library) {
  const EngineInfo* info = find_info(name);
  Loaded& loaded = Loaded::instance();
  const std::lock_guard<ForkSafe<std::mutex>> lock(loaded.mutex);
  const std::pair<std::string, std::string> key{name, library};
  const auto known = loaded.engines.find(key);
  if (known != loaded.engines.end()) return *known->second;
  auto opened = info == nullptr ? open_named_plugin(name, library) : info->open(library);
  return *loaded.engines.emplace(key, std::move(opened)).first->second;
}

std::vector<std::string> plugin_names() {
  std::vector<std::string> names;
  const std::string begin = kPluginBegin;
  const std::string end = kPluginEnd;
  std::error_code absent;
  const std::string folder = env::get(env::Variable::kEnginePath).value_or("");
  if (folder.empty()) return names;
  for (const auto& entry : fs::directory_iterator(fs::u8path(folder), absent)) {
    const std::string file = entry.path().filename().u8string();
    const bool is_named = file.size() > begin.size() + end.size() && file.rfind(begin, 0) == 0 &&
                          file.compare(file.size() - end.size(), end.size(), end) == 0;
    if (!is_named) continue;
    names.push_back(file.substr(begin.size(), file.size() - begin.size() - end.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> engines_for(const std::string& path, bool with_delegate) {
  const std::string suffix = suffix_of(path);
  std::vector<std::string> found;
  for (const EngineInfo& info : kEngines) {
    if (opens(info.suffixes, suffix) && (info.has_delegates || !with_delegate)) {
      found.push_back(info.name);
    }
  }
  if (found.empty() && !with_delegate) found = plugins_for(suffix);
  if (found.empty()) {
    raise(ErrorCode::kNotSupported, "no engine opens '", suffix, "' files",
          with_delegate ? " with a delegate" : "");
  }
  return found;
}

}  // namespace edgefirst::model
