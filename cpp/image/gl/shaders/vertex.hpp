// SPDX-License-Identifier: Apache-2.0
// The vertex shader of every program: one triangle that covers the viewport, without buffers.
// Used by program.cpp.
#pragma once

namespace edgefirst::gl::shaders {

inline constexpr const char* kVertex = R"(#version 300 es
void main() {
  gl_Position = vec4(float((gl_VertexID & 1) * 4 - 1), float((gl_VertexID & 2) * 2 - 1), 0.0, 1.0);
}
)";

}  // namespace edgefirst::gl::shaders
