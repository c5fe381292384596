// SPDX-License-Identifier: Apache-2.0
// Result containers.
#include "edgefirst/detection.hpp"

#include "base/checked.hpp"

namespace edgefirst {

void SegmentationList::clear() {
  entries_.clear();
  bytes_.clear();
}

void SegmentationList::reserve(std::size_t count, std::size_t bytes) {
  entries_.reserve(count);
  bytes_.reserve(bytes);
}

void SegmentationList::truncate(std::size_t count) {
  if (count >= entries_.size()) return;
  bytes_.resize(entries_[count].offset);
  entries_.resize(count);
}

std::uint8_t* SegmentationList::append(const BoundingBox& region, std::size_t height,
                                       std::size_t width, std::size_t channels) {
  const std::size_t size = checked_multiply(checked_multiply(height, width), channels);
  const std::size_t offset = bytes_.size();
  bytes_.resize(checked_add(offset, size));
  entries_.push_back({region, height, width, channels, offset});
  return bytes_.data() + offset;
}

std::uint8_t* SegmentationList::data(std::size_t index) {
  return bytes_.data() + entries_[index].offset;
}

Segmentation SegmentationList::operator[](std::size_t index) const {
  const Entry& entry = entries_[index];
  return {entry.region, entry.height, entry.width, entry.channels, bytes_.data() + entry.offset};
}

std::string uuid_to_string(const Uuid& uuid) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[uuid[i] >> 4];
    text += kDigits[uuid[i] & 15];
  }
  return text;
}

Tracker::~Tracker() = default;

}  // namespace edgefirst
