// SPDX-License-Identifier: Apache-2.0
#include "edgefirst/geometry.hpp"

#include <algorithm>
#include <cmath>

#include "base/message.hpp"

namespace edgefirst {

Rotation rotation_from_degrees_clockwise(std::size_t degrees) {
  if (degrees % 90 != 0) {
    raise(ErrorCode::kInvalidArgument, "rotation of ", degrees, " degrees is not a multiple of 90");
  }
  return static_cast<Rotation>(degrees / 90 % 4);
}

BoundingBox Letterbox::normalized() const {
  const auto width = static_cast<float>(target_width);
  const auto height = static_cast<float>(target_height);
  return {static_cast<float>(content.left) / width, static_cast<float>(content.top) / height,
          static_cast<float>(content.left + content.width) / width,
          static_cast<float>(content.top + content.height) / height};
}

BoundingBox Letterbox::to_source(const BoundingBox& box) const {
  const auto map = [](float value, std::size_t target, std::size_t start, std::size_t length,
                      std::size_t source) {
    const float position = value * static_cast<float>(target) - static_cast<float>(start);
    const auto limit = static_cast<float>(source);
    return std::clamp(position * limit / static_cast<float>(length), 0.0F, limit);
  };
  return {map(box.xmin, target_width, content.left, content.width, source_width),
          map(box.ymin, target_height, content.top, content.height, source_height),
          map(box.xmax, target_width, content.left, content.width, source_width),
          map(box.ymax, target_height, content.top, content.height, source_height)};
}

Letterbox letterbox(std::size_t source_width, std::size_t source_height, std::size_t target_width,
                    std::size_t target_height) {
  if (source_width == 0 || source_height == 0 || target_width == 0 || target_height == 0) {
    raise(ErrorCode::kInvalidArgument, "letterbox of ", source_width, "x", source_height, " into ",
          target_width, "x", target_height, ": every size must be at least 1");
  }
  const double ratio = std::min(static_cast<double>(target_width) / source_width,
                                static_cast<double>(target_height) / source_height);
  const auto fit = [ratio](std::size_t source, std::size_t target) {
    const auto size = static_cast<std::size_t>(std::nearbyint(source * ratio));
    return std::clamp<std::size_t>(size, 1, target);
  };
  const auto place = [](std::size_t content, std::size_t target) {
    const double pad = static_cast<double>(target - content) / 2 - 0.1;
    return static_cast<std::size_t>(std::max(0.0, std::nearbyint(pad)));
  };
  Letterbox result{source_width, source_height, target_width, target_height, {}};
  result.content.width = fit(source_width, target_width);
  result.content.height = fit(source_height, target_height);
  result.content.left = place(result.content.width, target_width);
  result.content.top = place(result.content.height, target_height);
  return result;
}

}  // namespace edgefirst
