// SPDX-License-Identifier: Apache-2.0
#include "model/engines/registry.hpp"

#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "base/fork_safe.hpp"
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

const EngineInfo& info_of(const std::string& name) {
  std::string known;
  for (const EngineInfo& info : kEngines) {
    if (name == info.name) return info;
    known += (known.empty() ? "" : ", ") + std::string(info.name);
  }
  raise(ErrorCode::kInvalidArgument, "no engine is called '", name, "'; there are ", known);
}

bool opens(const EngineInfo& info, const std::string& suffix) {
  std::istringstream suffixes(info.suffixes);
  for (std::string each; suffixes >> each;) {
    if (each == suffix) return true;
  }
  return false;
}

std::string suffix_of(const std::string& path) {
  const std::size_t name = path.find_last_of("/\\") + 1;  // 0 without a folder
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos || dot < name ? "" : lower_case(path.substr(dot));
}

}  // namespace

Span<const EngineInfo> engine_table() { return kEngines; }

Engine& engine(const std::string& name, const std::string& library) {
  const EngineInfo& info = info_of(name);
  Loaded& loaded = Loaded::instance();
  const std::lock_guard<ForkSafe<std::mutex>> lock(loaded.mutex);
  std::unique_ptr<Engine>& entry = loaded.engines[{name, library}];
  if (entry == nullptr) entry = info.open(library);
  return *entry;
}

std::vector<const EngineInfo*> engines_for(const std::string& path, bool with_delegate) {
  const std::string suffix = suffix_of(path);
  std::vector<const EngineInfo*> found;
  for (const EngineInfo& info : kEngines) {
    if (opens(info, suffix) && (info.has_delegates || !with_delegate)) found.push_back(&info);
  }
  if (found.empty()) {
    raise(ErrorCode::kNotSupported, "no engine opens '", suffix, "' files",
          with_delegate ? " with a delegate" : "");
  }
  return found;
}

}  // namespace edgefirst::model
