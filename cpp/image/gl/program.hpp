// SPDX-License-Identifier: Apache-2.0
// Shader programs, compiled on first use and kept by what they depend on, with their uniforms
// looked up once. Knows no image. Used by the passes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "image/gl/gl_api.hpp"

namespace edgefirst::gl {

/// Every uniform that a shader may have. Samplers come first: each has its own texture unit.
enum class Uniform {
  kSource,
  kChroma,
  kColumns,
  kRows,
  kOrigin,
  kTarget,
  kTaps,
  kLayout,
  kLuma,
  kTint,
  kScale,
  kOffset,
  kRect,
  kColor,
  kCount
};
inline constexpr std::size_t kSamplerCount = 4;

enum class ProgramKind {
  kDraw,     ///< a fragment shader, behind the one vertex shader that all share
  kCompute,  ///< a compute shader
};

class Program {
 public:
  Program() = default;
  /// Throws BackendRefusal with the driver's log.
  Program(const GlApi& gl, ProgramKind kind, const std::string& source);

  Name name() const { return name_; }
  Int at(Uniform uniform) const { return locations_[static_cast<std::size_t>(uniform)]; }

 private:
  Name name_ = 0;
  std::array<Int, static_cast<std::size_t>(Uniform::kCount)> locations_{};
};

class ProgramCache {
 public:
  explicit ProgramCache(const GlApi& gl) : gl_(gl) {}
  ~ProgramCache();
  ProgramCache(const ProgramCache&) = delete;
  ProgramCache& operator=(const ProgramCache&) = delete;

  /// Makes it current. source() writes the shader where the key is new.
  template <typename Source>
  const Program& use(std::uint64_t key, ProgramKind kind, const Source& source) {
    auto found = programs_.find(key);
    if (found == programs_.end()) {
      found = programs_.emplace(key, Program(gl_, kind, source())).first;
    }
    activate(found->second);
    return found->second;
  }
  template <typename Source>
  const Program& use(std::uint64_t key, const Source& source) {
    return use(key, ProgramKind::kDraw, source);
  }
  std::size_t size() const { return programs_.size(); }

 private:
  void activate(const Program& program);

  const GlApi& gl_;
  std::unordered_map<std::uint64_t, Program> programs_;
};

}  // namespace edgefirst::gl
