// SPDX-License-Identifier: Apache-2.0
#include "image/refused_shapes.hpp"

#include <algorithm>

namespace edgefirst {
namespace {

/// FNV-1a over what a driver's answer may depend on.
class Hash {
 public:
  void add(std::uint64_t value) { value_ = (value_ ^ value) * 1099511628211U; }
  template <typename Enum>
  void add_enum(Enum value) {
    add(static_cast<std::uint64_t>(value));
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 14695981039346656037U;
};

std::uint64_t shape_of(const ConvertRequest& request) {
  Hash hash;
  for (const ImageLayout* image : {&request.source, &request.destination}) {
    hash.add_enum(image->format);
    hash.add_enum(image->dtype);
    hash.add(image->width);
    hash.add(image->height);
    hash.add(image->planes[0].stride);
  }
  for (const Rect* rect : {&request.src_rect, &request.dst_rect}) {
    for (const std::size_t value : {rect->left, rect->top, rect->width, rect->height}) {
      hash.add(value);
    }
  }
  hash.add_enum(request.rotation);
  hash.add_enum(request.flip);
  hash.add_enum(request.filter);
  hash.add_enum(request.src->memory());
  hash.add_enum(request.dst->memory());
  return hash.value();
}

}  // namespace

bool RefusedShapes::contains(const ConvertRequest& request) const {
  return !shapes_.empty() &&
         std::find(shapes_.begin(), shapes_.end(), shape_of(request)) != shapes_.end();
}

void RefusedShapes::add(const ConvertRequest& request) {
  if (shapes_.size() >= kMost) shapes_.erase(shapes_.begin());
  shapes_.push_back(shape_of(request));
}

}  // namespace edgefirst
