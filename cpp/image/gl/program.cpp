// SPDX-License-Identifier: Apache-2.0
// Compiling and linking. Programs that draw share a vertex shader: one triangle over the viewport.
#include "image/gl/program.hpp"

#include <optional>

#include "base/message.hpp"
#include "image/backend.hpp"
#include "image/gl/shaders/vertex.hpp"

namespace edgefirst::gl {
namespace {

constexpr const char* kUniformNames[] = {"source", "chroma", "columns", "rows", "origin",
                                         "target", "taps",   "layout_", "luma", "tint",
                                         "scale",  "offset", "rect",    "color"};
static_assert(std::size(kUniformNames) == static_cast<std::size_t>(Uniform::kCount));

/// A shader for the time of linking.
class Shader {
 public:
  Shader(const GlApi& gl, Enum kind, const char* source) : gl_(gl), name_(gl.CreateShader(kind)) {
    gl_.ShaderSource(name_, 1, &source, nullptr);
    gl_.CompileShader(name_);
    Int compiled = 0;
    gl_.GetShaderiv(name_, kCompileStatus, &compiled);
    if (compiled != 0) return;
    char text[1024] = "";
    gl_.GetShaderInfoLog(name_, sizeof text, nullptr, text);
    gl_.DeleteShader(name_);
    throw BackendRefusal(message("the OpenGL driver does not compile a shader: ", text));
  }
  ~Shader() { gl_.DeleteShader(name_); }
  Shader(const Shader&) = delete;
  Shader& operator=(const Shader&) = delete;
  Name name() const { return name_; }

 private:
  const GlApi& gl_;
  Name name_;
};

}  // namespace

Program::Program(const GlApi& gl, ProgramKind kind, const std::string& source) {
  const bool draws = kind == ProgramKind::kDraw;
  const Shader shader(gl, draws ? kFragmentShader : kComputeShader, source.c_str());
  std::optional<Shader> vertex;
  if (draws) vertex.emplace(gl, kVertexShader, shaders::kVertex);
  const Name name = gl.CreateProgram();
  gl.AttachShader(name, shader.name());
  if (vertex) gl.AttachShader(name, vertex->name());
  gl.LinkProgram(name);
  Int linked = 0;
  gl.GetProgramiv(name, kLinkStatus, &linked);
  if (linked == 0) {
    char text[1024] = "";
    gl.GetProgramInfoLog(name, sizeof text, nullptr, text);
    gl.DeleteProgram(name);
    throw BackendRefusal(message("the OpenGL driver does not link a program: ", text));
  }
  name_ = name;
  gl.UseProgram(name);
  for (std::size_t i = 0; i < locations_.size(); ++i) {
    locations_[i] = gl.GetUniformLocation(name, kUniformNames[i]);
    if (i < kSamplerCount && locations_[i] >= 0) gl.Uniform1i(locations_[i], static_cast<Int>(i));
  }
}

ProgramCache::~ProgramCache() {
  for (const auto& [key, program] : programs_) gl_.DeleteProgram(program.name());
}

void ProgramCache::activate(const Program& program) { gl_.UseProgram(program.name()); }

}  // namespace edgefirst::gl
