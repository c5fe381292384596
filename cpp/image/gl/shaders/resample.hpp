// SPDX-License-Identifier: Apache-2.0
// The fragment shader that makes destination pixels from source pixels: fetch, YUV to RGB, the
// weighted sum of the CPU's filter, rounding. Values are levels 0...255. The defines before it
// (convert_pass.cpp) choose source, sums and output. Used by convert_pass.cpp.
//   SOURCE  one of SOURCE_*          OPAQUE  alpha is 255      LUMA  YUV becomes grey
//   TAPS_X, TAPS_Y  taps along columns and rows: 0 is a loop over taps.x or taps.y, and 1 one pixel
//   PASS    PASS_WHOLE both directions, PASS_ROWS then PASS_COLUMNS through a texture of 16 bits
//   SIDEWAYS  columns run along y    SWAP  blue first          SIGNED  colours ^ 0x80
#pragma once

namespace edgefirst::gl::shaders {

inline constexpr const char* kResample = R"(
precision highp float;
precision highp int;
#if SOURCE == SOURCE_FILTERED
uniform highp usampler2D source;
#else
uniform highp sampler2D source;
#endif
uniform highp sampler2D chroma;
uniform highp sampler2D columns;
uniform highp sampler2D rows;
uniform ivec2 origin;   // pixel of the source texture that plan entry 0 means
uniform ivec2 target;   // pixel of the framebuffer that output 0, 0 goes to
uniform ivec2 taps;
uniform ivec4 layout_;  // x: rows that share a chroma row, as a shift
uniform vec4 luma;      // factor, what luma loses first, least value after that, unused
uniform vec4 tint;      // red of V, green of U, green of V, blue of U
#if PASS == PASS_ROWS
out highp uvec4 result;
#else
out vec4 result;
#endif

vec4 levels(vec4 texel) { return floor(texel * 255.0 + 0.5); }

#if SOURCE == SOURCE_YUYV || SOURCE == SOURCE_VYUY || SOURCE == SOURCE_SEMI_PLANAR
vec4 from_yuv(float y, vec2 uv) {
#if LUMA
  return vec4(vec3(clamp(floor((y - luma.y) * luma.x + 0.5), 0.0, 255.0)), 255.0);
#else
  float base = max(y - luma.y, luma.z) * luma.x;
  vec2 c = uv - 128.0;
  vec3 rgb = vec3(base + tint.x * c.y, base - tint.y * c.x - tint.z * c.y, base + tint.w * c.x);
  return vec4(clamp(floor(rgb + 0.5), 0.0, 255.0), 255.0);
#endif
}
#endif

vec4 pixel_at(ivec2 p) {
#if SOURCE == SOURCE_RGBA
  vec4 value = levels(texelFetch(source, p, 0));
#elif SOURCE == SOURCE_BGRA
  vec4 value = levels(texelFetch(source, p, 0)).bgra;
#elif SOURCE == SOURCE_RGB
  vec4 value = vec4(levels(texelFetch(source, p, 0)).rgb, 255.0);
#elif SOURCE == SOURCE_GREY
  vec4 value = vec4(vec3(levels(texelFetch(source, p, 0)).r), 255.0);
#elif SOURCE == SOURCE_TRIPLE
  ivec2 t = ivec2(3 * p.x, p.y);
  vec4 value = levels(vec4(texelFetch(source, t, 0).r, texelFetch(source, t + ivec2(1, 0), 0).r,
                           texelFetch(source, t + ivec2(2, 0), 0).r, 1.0));
#elif SOURCE == SOURCE_YUYV
  vec4 pair = levels(texelFetch(source, ivec2(p.x >> 1, p.y), 0));
  vec4 value = from_yuv((p.x & 1) == 0 ? pair.r : pair.b, pair.ga);
#elif SOURCE == SOURCE_VYUY
  vec4 pair = levels(texelFetch(source, ivec2(p.x >> 1, p.y), 0));
  vec4 value = from_yuv((p.x & 1) == 0 ? pair.g : pair.a, pair.br);
#elif SOURCE == SOURCE_SEMI_PLANAR
  float y = levels(texelFetch(source, p, 0)).r;
  vec2 uv = levels(texelFetch(chroma, ivec2(p.x >> 1, p.y >> layout_.x), 0)).rg;
  vec4 value = from_yuv(y, uv);
#elif SOURCE == SOURCE_FILTERED
  vec4 value = vec4(texelFetch(source, p, 0)) * (1.0 / 256.0);
#endif
#if OPAQUE
  value.a = 255.0;
#endif
  return value;
}

int start_of(highp sampler2D plan, int output_) {
  return int(texelFetch(plan, ivec2(0, output_), 0).r);
}
float weight_of(highp sampler2D plan, int output_, int tap) {
  return texelFetch(plan, ivec2(1 + tap, output_), 0).r;
}

vec4 filtered(ivec2 o) {
#if PASS == PASS_ROWS
  int x = o.x + origin.x;
#else
  int x = start_of(columns, o.x) + origin.x;
#endif
#if PASS == PASS_COLUMNS
  int y = o.y + origin.y;
#else
  int y = start_of(rows, o.y) + origin.y;
#endif
#if TAPS_X == 1 && TAPS_Y == 1
  return pixel_at(ivec2(x, y));
#elif TAPS_X == 1
  vec4 sum = vec4(0.0);
#if TAPS_Y == 0
  for (int j = 0; j < taps.y; ++j) {
#else
  for (int j = 0; j < TAPS_Y; ++j) {
#endif
    sum += weight_of(rows, o.y, j) * pixel_at(ivec2(x, y + j));
  }
  return sum;
#elif TAPS_Y == 1
  vec4 sum = vec4(0.0);
#if TAPS_X == 0
  for (int i = 0; i < taps.x; ++i) {
#else
  for (int i = 0; i < TAPS_X; ++i) {
#endif
    sum += weight_of(columns, o.x, i) * pixel_at(ivec2(x + i, y));
  }
  return sum;
#else
  float wx[TAPS_X];
  for (int i = 0; i < TAPS_X; ++i) wx[i] = weight_of(columns, o.x, i);
  vec4 sum = vec4(0.0);
  for (int j = 0; j < TAPS_Y; ++j) {
    vec4 line = vec4(0.0);
    for (int i = 0; i < TAPS_X; ++i) line += wx[i] * pixel_at(ivec2(x + i, y + j));
    sum += weight_of(rows, o.y, j) * line;
  }
  return sum;
#endif
}

void main() {
  ivec2 o = ivec2(gl_FragCoord.xy) - target;
#if SIDEWAYS
  o = o.yx;
#endif
  vec4 value = filtered(o);
#if PASS == PASS_ROWS
  result = uvec4(value * 256.0 + 0.5);
#else
  value = clamp(floor(value + 0.5), 0.0, 255.0);
#if SIGNED
  value.rgb = mod(value.rgb + 128.0, 256.0);
#endif
#if SWAP
  value = value.bgra;
#endif
  result = value / 255.0;
#endif
}
)";

}  // namespace edgefirst::gl::shaders
