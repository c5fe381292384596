// SPDX-License-Identifier: Apache-2.0
#include "image/refused_shapes.hpp"

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
  void add(const ImageLayout& image) {
    add_enum(image.format);
    add_enum(image.dtype);
    add(image.width);
    add(image.height);
    add(image.planes[0].stride);
    add(image.planes[1].stride);
  }
  void add(const Rect& rect) {
    for (const std::size_t value : {rect.left, rect.top, rect.width, rect.height}) add(value);
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 14695981039346656037U;
};

}  // namespace

std::uint64_t shape_of(const ConvertRequest& request) {
  Hash hash;
  hash.add(request.source);
  hash.add(request.destination);
  hash.add(request.src_rect);
  hash.add(request.dst_rect);
  hash.add_enum(request.rotation);
  hash.add_enum(request.flip);
  hash.add_enum(request.filter);
  hash.add(request.fill ? 1 : 0);
  hash.add_enum(request.src->memory());
  hash.add_enum(request.dst->memory());
  return hash.value();
}

std::uint64_t shape_of(const DrawRequest& request) {
  Hash hash;
  hash.add(request.destination);
  hash.add_enum(request.dst->memory());
  hash.add(request.background == nullptr ? 0 : 1);
  hash.add(request.protos == nullptr ? 0 : 1);
  hash.add(request.masks.empty() ? 0 : 1);
  hash.add(request.labels.empty() ? 0 : 1);
  return hash.value();
}

}  // namespace edgefirst
