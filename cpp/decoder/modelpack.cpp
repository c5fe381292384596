// SPDX-License-Identifier: Apache-2.0
// ModelPack: anchor grids before activation, and semantic maps.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "base/trace.hpp"
#include "decoder/heads.hpp"

namespace edgefirst::decoding {
namespace {

/// 2^x by placing x in the exponent bits and correcting the mantissa with a parabola; relative
/// error below 1.1 %. No fused multiply-add: results are compared bit by bit.
float approximate_exp(float x) {
  constexpr float kUnit = 1.1920929e-7F;  // 2^-23
  constexpr float kC0 = 0.3371894346F * kUnit * kUnit;
  constexpr float kC1 = 0.657636276F * kUnit;
  constexpr float kC2 = 1.00172476F;
  constexpr float kPerUnit = 8388608.0F * 1.44269504088896340736F;  // 2^23 * log2(e)
  const auto scaled = static_cast<std::int32_t>(kPerUnit * x);
  const auto base = static_cast<std::uint32_t>(scaled) & 0xFF800000U;
  const auto rest = static_cast<float>(static_cast<std::uint32_t>(scaled) - base);
  const float mantissa = (kC0 * rest + kC1) * rest + kC2;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &mantissa, sizeof bits);
  bits += base;
  float result = 0;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

/// One grid with the channels of each cell: per anchor tx, ty, tw, th, objectness, classes.
struct Grid {
  ImageView view;
  Span<const std::pair<float, float>> anchors;
  std::size_t channels;  ///< per anchor
  std::size_t first_anchor;

  /// q * scale + (-zero_point * scale)
  float value(const std::byte* cell, std::size_t channel) const {
    const Affine affine = view.affine.at(channel);
    const std::byte* at = cell + static_cast<std::ptrdiff_t>(channel) * view.channel_stride;
    return visit_dtype(view.dtype, [&](auto zero) {
      const float stored = as_float(load<decltype(zero)>(at));
      if (is_float(view.dtype)) return stored;
      return stored * affine.scale + -static_cast<float>(affine.zero_point) * affine.scale;
    });
  }
  std::size_t size() const { return view.height * view.width * anchors.size(); }

  void scan(float threshold, Candidates& candidates) const;
  BoundingBox box(std::size_t index) const;
};

/// A class score is a share of the objectness, so weak objectness settles a cell at once.
void Grid::scan(float threshold, Candidates& candidates) const {
  std::size_t anchor = first_anchor;
  for (std::size_t y = 0; y < view.height; ++y) {
    for (std::size_t x = 0; x < view.width; ++x) {
      const std::byte* cell = view.at(y, x);
      for (std::size_t a = 0; a < anchors.size(); ++a, ++anchor) {
        const std::size_t first = a * channels;
        const float objectness = modelpack_sigmoid(value(cell, first + 4));
        if (!(objectness >= threshold)) continue;
        float best = channels == 6 ? objectness : -1.0F;
        std::uint32_t label = 0;
        for (std::size_t c = 5; channels > 6 && c < channels; ++c) {
          const float score = modelpack_sigmoid(value(cell, first + c)) * objectness;
          if (!(score >= best)) continue;
          best = score;
          label = static_cast<std::uint32_t>(c - 5);
        }
        if (!(best >= threshold)) continue;
        candidates.keys.push_back(Candidates::key(order_of(best), anchor));
        candidates.labels[anchor] = label;
      }
    }
  }
}

BoundingBox Grid::box(std::size_t index) const {
  const std::size_t a = index % anchors.size();
  const std::size_t x = index / anchors.size() % view.width;
  const std::size_t y = index / anchors.size() / view.width;
  const std::byte* cell = view.at(y, x);
  float s[4];
  for (std::size_t i = 0; i < 4; ++i) s[i] = modelpack_sigmoid(value(cell, a * channels + i));
  const float centre_x =
      (s[0] * 2.0F + (static_cast<float>(x) - 0.5F)) * (1.0F / static_cast<float>(view.width));
  const float centre_y =
      (s[1] * 2.0F + (static_cast<float>(y) - 0.5F)) * (1.0F / static_cast<float>(view.height));
  const float half_width = s[2] * s[2] * 4.0F * anchors[a].first * 0.5F;
  const float half_height = s[3] * s[3] * 4.0F * anchors[a].second * 0.5F;
  return {centre_x - half_width, centre_y - half_height, centre_x + half_width,
          centre_y + half_height};
}

std::uint8_t to_byte(std::uint8_t v) { return v; }
std::uint8_t to_byte(std::int8_t v) { return static_cast<std::uint8_t>(v + 128); }
std::uint8_t to_byte(std::uint16_t v) { return static_cast<std::uint8_t>(v >> 8); }
std::uint8_t to_byte(std::int16_t v) { return static_cast<std::uint8_t>((v + 32768) >> 8); }
std::uint8_t to_byte(std::uint32_t v) { return static_cast<std::uint8_t>(v >> 24); }
std::uint8_t to_byte(std::int32_t v) {
  return static_cast<std::uint8_t>((static_cast<std::uint32_t>(v) + 0x80000000U) >> 24);
}

template <typename T, typename Function>
void for_each_value(const ImageView& map, Function&& function) {
  for (std::size_t y = 0; y < map.height; ++y) {
    for (std::size_t x = 0; x < map.width; ++x) {
      const std::byte* at = map.at(y, x);
      for (std::size_t c = 0; c < map.channels; ++c, at += map.channel_stride) {
        function(load<T>(at));
      }
    }
  }
}

/// Rounds to half precision where that is the tensor's own arithmetic.
template <typename T, typename Real>
Real rounded(Real value) {
  if constexpr (std::is_same_v<T, Float16>) return to_float(to_float16(value));
  return value;
}

/// truncate((v - min) / (max - min) * 255); constant maps and NaN give 0.
template <typename T>
void stretch(const ImageView& map, std::uint8_t* out) {
  using Real = std::conditional_t<std::is_same_v<T, double>, double, float>;
  const auto real = [](T value) {
    if constexpr (std::is_same_v<T, Float16>) {
      return to_float(value);
    } else {
      return value;
    }
  };
  Real low = std::numeric_limits<Real>::infinity();
  Real high = -low;
  for_each_value<T>(map, [&](T value) {
    low = std::min(low, real(value));  // NaN compares false and changes nothing
    high = std::max(high, real(value));
  });
  const Real range = rounded<T>(high - low);
  for_each_value<T>(map, [&](T value) {
    const Real share = rounded<T>(rounded<T>(real(value) - low) / range);
    const Real level = rounded<T>(share * Real{255});
    *out++ = level > 0 ? static_cast<std::uint8_t>(std::min(level, Real{255})) : std::uint8_t{0};
  });
}

}  // namespace

float modelpack_sigmoid(float value) {
  if (std::isnan(value)) return value;
  if (std::fabs(value) > 80.0F) return value > 0.0F ? 1.0F : 0.0F;
  return 1.0F / (1.0F + approximate_exp(-value));
}

void select_modelpack_grids(const HeadInput& input, std::vector<Pick>& picks) {
  TraceSpan span("decoder.nms_get_boxes");
  const auto grid_of = [&](std::size_t index, std::size_t first_anchor) {
    const GridHead& head = input.plan.grids[index];
    const ImageView view = input.outputs.image(head.port);
    return Grid{view, head.anchors, view.channels / head.anchors.size(), first_anchor};
  };
  {
    const TraceSpan filter("decoder.nms_get_boxes.score_filter");
    std::size_t anchors = 0;
    for (std::size_t i = 0; i < input.plan.grids.size(); ++i) anchors += grid_of(i, 0).size();
    input.candidates.reset(anchors);
    std::size_t first = 0;
    for (std::size_t i = 0; i < input.plan.grids.size(); ++i) {
      const Grid grid = grid_of(i, first);
      grid.scan(input.score_threshold, input.candidates);
      first += grid.size();
    }
  }
  span.field("n_candidates", input.candidates.keys.size());
  const auto decode = [&](Span<const std::uint64_t> keys, BoundingBox* boxes) {
    const bool is_stored_float = is_float(input.outputs.image(input.plan.grids[0].port).dtype);
    TraceSpan decoding(is_stored_float ? "decoder.nms_get_boxes.decode_boxes"
                                       : "decoder.nms_get_boxes.dequant_boxes");
    decoding.field("n", keys.size());
    for (const std::uint64_t key : keys) {
      std::size_t index = Candidates::anchor(key);
      std::size_t number = 0;
      Grid grid = grid_of(0, 0);
      while (index >= grid.size()) {
        index -= grid.size();
        grid = grid_of(++number, 0);
      }
      *boxes++ = grid.box(index);
    }
  };
  input.selector.select(input.policy, ScoreCodec(), input.candidates, decode, picks);
  describe_selection(span, input, picks);
}

void append_semantic_map(const ImageView& map, SegmentationList& masks) {
  std::uint8_t* out = masks.append({0, 0, 1, 1}, map.height, map.width, map.channels);
  visit_dtype(map.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      for_each_value<T>(map, [&](T value) { *out++ = to_byte(value); });
    } else {
      stretch<T>(map, out);
    }
  });
}

}  // namespace edgefirst::decoding
