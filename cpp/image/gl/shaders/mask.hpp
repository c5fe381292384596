// SPDX-License-Identifier: Apache-2.0
// The fragment shader that paints one mask over its rectangle, by the CPU's rules: nearest sample
// and threshold, class colours, the sign of interpolated logits, or dots of text. Values lie one
// after the other in a texture of 2048 columns. Used by draw_pass.cpp.
#pragma once

namespace edgefirst::gl::shaders {

inline constexpr const char* kMask = R"(
precision highp float;
precision highp int;
uniform highp sampler2D source;
uniform ivec2 target;   // pixel of the framebuffer that the rectangle's first goes to
uniform ivec4 layout_;  // offset of the values, values in a row, rows, pixels of a dot's side
uniform ivec4 rect;     // width and height in pixels; offsets of column and row positions
uniform vec4 color;
out vec4 result;

vec4 value_at(int i) { return texelFetch(source, ivec2(i & 2047, i >> 11), 0); }

void main() {
  ivec2 p = ivec2(gl_FragCoord.xy) - target;
#if MASK == MASK_LOGITS
  int column = rect.z + 2 * p.x, row = rect.w + 2 * p.y;
  float fx = value_at(column + 1).r, fy = value_at(row + 1).r;
  int i = layout_.x + int(value_at(row).r) * layout_.y + int(value_at(column).r);
  float a = value_at(i).r, b = value_at(i + 1).r;
  a += (value_at(i + layout_.y).r - a) * fy;
  b += (value_at(i + layout_.y + 1).r - b) * fy;
  if (!(a + (b - a) * fx > 0.0)) discard;
  result = color;
#else
  ivec2 steps = max(rect.xy - 1, 1);
#if MASK == MASK_BYTES
  ivec2 cell = p * (layout_.yz - 1) / steps;
#elif MASK == MASK_DOTS
  ivec2 cell = p / layout_.w;
#else
  ivec2 cell = (2 * p * (layout_.yz - 1) + steps) / (2 * steps);
#endif
  vec4 value = value_at(layout_.x + cell.y * layout_.y + cell.x);
#if MASK != MASK_COLORS
  if (value.r * 255.0 < THRESHOLD) discard;
  result = color;
#else
  if (value.a == 0.0) discard;
#if SWAP
  value = value.bgra;
#endif
  result = value;
#endif
#endif
}
)";

}  // namespace edgefirst::gl::shaders
