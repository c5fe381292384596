// SPDX-License-Identifier: Apache-2.0
// The compute shader (OpenGL ES 3.1) that makes logits from int8 prototypes: an invocation a cell.
// The CPU adds channels in another order: logits near zero may differ in sign. Used by
// logit_pass.cpp.
#pragma once

namespace edgefirst::gl::shaders {

inline constexpr const char* kLogits = R"(#version 310 es
precision highp float;
precision highp int;
layout(local_size_x = 8, local_size_y = 8) in;
layout(std430, binding = 0) readonly buffer Protos { uint words[]; };
layout(std430, binding = 1) readonly buffer Weights { float weights[]; };
layout(r32f, binding = 0) writeonly uniform highp image2D result;  // 2048 columns
uniform ivec4 rect;     // the cells: left, top, columns, rows
uniform ivec4 layout_;  // first logit, first weight, channels, cells in a row of the grid
uniform ivec2 target;   // elements between cells and between channels

int element(int i) { return bitfieldExtract(int(words[i >> 2]), (i & 3) * 8, 8); }

// One more column and row than there are cells: they repeat the last.
void main() {
  ivec2 p = ivec2(gl_GlobalInvocationID.xy);
  if (p.x > rect.z || p.y > rect.w) return;
  ivec2 cell = rect.xy + min(p, rect.zw - 1);
  int first = (cell.y * layout_.w + cell.x) * target.x;
  int channels = layout_.z;
  float sum = 0.0;
  for (int k = 0; k < channels; ++k) {
    sum += weights[layout_.y + k] * float(element(first + k * target.y));
  }
  int last = layout_.y + channels;
  float logit = (sum - weights[last]) * weights[last + 1];
  int i = layout_.x + p.y * (rect.z + 1) + p.x;
  imageStore(result, ivec2(i & 2047, i >> 11), vec4(logit, 0.0, 0.0, 0.0));
}
)";

}  // namespace edgefirst::gl::shaders
