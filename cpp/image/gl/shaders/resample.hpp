// SPDX-License-Identifier: Apache-2.0
// The fragment shader that makes destination pixels from source pixels: fetch, YUV to RGB, the
// weighted sum of the CPU's filter, rounding. Values are levels 0...255. The defines before it
// (convert_pass.cpp) choose source, sums and output. Used by convert_pass.cpp.
//   SOURCE  one of SOURCE_*          OPAQUE  alpha is 255      LUMA  YUV becomes grey
//   TAPS    TAPS_POINT one pixel, TAPS_STEP every so many pixels, TAPS_FOUR 2 x 2, TAPS_ROW and
//           TAPS_COLUMN along one axis, TAPS_BLOCK taps.x x taps.y
//   AREA    weights of Filter::kArea, else triangles
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
uniform ivec2 origin;   // pixel of the source texture that plan entry 0 means; with steps, of output 0, 0
uniform ivec2 target;   // pixel of the framebuffer that output 0, 0 goes to
uniform ivec2 taps;     // or the steps
uniform ivec4 layout_;  // x: rows that share a chroma row, as a shift
uniform vec4 luma;      // factor, what luma loses first, least value after that, unused
uniform vec4 tint;      // red of V, green of U, green of V, blue of U
#if PASS == PASS_ROWS
out highp uvec4 result;
#else
out vec4 result;
#endif

// Whole levels, for formulas with thresholds.
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
  vec4 value = texelFetch(source, p, 0) * 255.0;
#elif SOURCE == SOURCE_BGRA
  vec4 value = texelFetch(source, p, 0).bgra * 255.0;
#elif SOURCE == SOURCE_RGB
  vec4 value = vec4(texelFetch(source, p, 0).rgb, 1.0) * 255.0;
#elif SOURCE == SOURCE_GREY
  vec4 value = vec4(texelFetch(source, p, 0).rrr, 1.0) * 255.0;
#elif SOURCE == SOURCE_TRIPLE
  ivec2 t = ivec2(3 * p.x, p.y);
  vec4 value = vec4(texelFetch(source, t, 0).r, texelFetch(source, t + ivec2(1, 0), 0).r,
                    texelFetch(source, t + ivec2(2, 0), 0).r, 1.0) * 255.0;
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

#if AREA
// from: start, low and high edge relative to it, factor that makes the weights sum to 1
float weight(vec4 plan, int tap) {
  float k = float(tap);
  return max(0.0, min(k + 1.0, plan.z) - max(k, plan.y)) * plan.w;
}
#else
// start, centre relative to it, slope, factor
float weight(vec4 plan, int tap) {
  return max(0.0, 1.0 - abs(float(tap) - plan.y) * plan.z) * plan.w;
}
#endif

#if TAPS == TAPS_STEP
vec4 filtered(ivec2 o) { return pixel_at(o * taps + origin); }
#else
vec4 filtered(ivec2 o) {
#if PASS == PASS_ROWS
  vec4 plan_x = vec4(float(o.x), 0.0, 0.0, 1.0);
#else
  vec4 plan_x = texelFetch(columns, ivec2(0, o.x), 0);
#endif
#if PASS == PASS_COLUMNS
  vec4 plan_y = vec4(float(o.y), 0.0, 0.0, 1.0);
#else
  vec4 plan_y = texelFetch(rows, ivec2(0, o.y), 0);
#endif
  ivec2 p = ivec2(plan_x.x, plan_y.x) + origin;
#if TAPS == TAPS_POINT
  return pixel_at(p);
#elif TAPS == TAPS_FOUR
  float x = weight(plan_x, 1);  // the other weight is what is missing to 1
  vec4 upper = mix(pixel_at(p), pixel_at(p + ivec2(1, 0)), x);
  vec4 lower = mix(pixel_at(p + ivec2(0, 1)), pixel_at(p + ivec2(1, 1)), x);
  return mix(upper, lower, weight(plan_y, 1));
#elif TAPS == TAPS_COLUMN
  vec4 sum = vec4(0.0);
  for (int j = 0; j < taps.y; ++j) sum += weight(plan_y, j) * pixel_at(p + ivec2(0, j));
  return sum;
#elif TAPS == TAPS_ROW
  vec4 sum = vec4(0.0);
  for (int i = 0; i < taps.x; ++i) sum += weight(plan_x, i) * pixel_at(p + ivec2(i, 0));
  return sum;
#else
  vec4 sum = vec4(0.0);
  for (int j = 0; j < taps.y; ++j) {
    vec4 line = vec4(0.0);
    for (int i = 0; i < taps.x; ++i) line += weight(plan_x, i) * pixel_at(p + ivec2(i, j));
    sum += weight(plan_y, j) * line;
  }
  return sum;
#endif
}
#endif

void main() {
  ivec2 o = ivec2(gl_FragCoord.xy) - target;
#if SIDEWAYS
  o = o.yx;
#endif
  vec4 value = filtered(o);
#if PASS == PASS_ROWS
  result = uvec4(value * 256.0 + 0.5);
#else
#if SIGNED || TAPS != TAPS_STEP
  value = clamp(floor(value + 0.5), 0.0, 255.0);
#endif
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
