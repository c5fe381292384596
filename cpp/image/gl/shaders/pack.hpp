// SPDX-License-Identifier: Apache-2.0
// The fragment shader that turns a picture of RGBA levels into the bytes of a destination, four of
// them in every RGBA8 pixel: any channel count, planes, and elements of 1, 2 or 4 bytes.
// Used by convert_pass.cpp and draw_pass.cpp.
//   CHANNELS  in a pixel of a row (planes: 1)      GREY   BT.709 luma of the picture
//   ELEMENT   ELEMENT_U8, _I8, _F16 or _F32        SWAP   blue first
#pragma once

namespace edgefirst::gl::shaders {

inline constexpr const char* kPack = R"(
precision highp float;
precision highp int;
uniform highp sampler2D source;
uniform ivec2 target;   // pixel of the framebuffer that the first word goes to
uniform ivec4 layout_;  // x: last pixel of a row, y: the plane
uniform vec4 scale;
uniform vec4 offset;
out vec4 result;

vec4 levels(int x, int y) {
  vec4 v = floor(texelFetch(source, ivec2(min(x, layout_.x), y), 0) * 255.0 + 0.5);
#if GREY
  v = vec4(floor(dot(v.rgb, vec3(0.2126, 0.7152, 0.0722)) + 0.5));
#endif
#if ELEMENT == ELEMENT_I8
  v.rgb = mod(v.rgb + 128.0, 256.0);
#elif ELEMENT == ELEMENT_F16 || ELEMENT == ELEMENT_F32
  v = v * scale + offset;
#endif
#if SWAP
  v = v.bgra;
#endif
  return v;
}

float channel(vec4 v, int c) { return c == 0 ? v.r : c == 1 ? v.g : c == 2 ? v.b : v.a; }

float element(int e, int y) {
#if CHANNELS == 1
  return channel(levels(e, y), layout_.y);
#else
  int x = e / CHANNELS;
  return channel(levels(x, y), e - x * CHANNELS);
#endif
}

vec4 bytes_of(highp uint word) {
  return vec4(word & 255u, (word >> 8) & 255u, (word >> 16) & 255u, word >> 24);
}

void main() {
  ivec2 w = ivec2(gl_FragCoord.xy) - target;
#if ELEMENT == ELEMENT_F32
  vec4 bytes = bytes_of(floatBitsToUint(element(w.x, w.y)));
#elif ELEMENT == ELEMENT_F16
  vec4 bytes = bytes_of(packHalf2x16(vec2(element(2 * w.x, w.y), element(2 * w.x + 1, w.y))));
#elif CHANNELS == 3
  int x = 4 * w.x / 3;
  int phase = 4 * w.x - 3 * x;
  vec4 a = levels(x, w.y), b = levels(x + 1, w.y);
  vec4 bytes = phase == 0   ? vec4(a.rgb, b.r)
               : phase == 1 ? vec4(a.gb, b.rg)
                            : vec4(a.b, b.rgb);
#elif CHANNELS == 4
  vec4 bytes = levels(w.x, w.y);
#else
  int e = 4 * w.x;
  vec4 bytes = vec4(element(e, w.y), element(e + 1, w.y), element(e + 2, w.y), element(e + 3, w.y));
#endif
  result = bytes / 255.0;
}
)";

}  // namespace edgefirst::gl::shaders
