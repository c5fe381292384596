// SPDX-License-Identifier: Apache-2.0
// Order, top-k, suppression, cap.
#include "decoder/selection.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "base/trace.hpp"

namespace edgefirst::decoding {
namespace {

constexpr std::size_t kChunk = 64;             // boxes decoded at a time: few are, past the cap
constexpr std::size_t kLeastRadixSize = 1024;  // below, comparing is faster

/// Descending. Keys are unique, so any correct sort gives the same order.
void sort_descending(std::vector<std::uint64_t>& keys, std::vector<std::uint64_t>& buffer) {
  if (keys.size() < kLeastRadixSize) {
    std::sort(keys.begin(), keys.end(), std::greater<>());
    return;
  }
  constexpr std::size_t kDigits = 8;
  std::array<std::array<std::size_t, 256>, kDigits> counts{};
  for (const std::uint64_t key : keys) {
    for (std::size_t d = 0; d < kDigits; ++d) ++counts[d][(key >> (8 * d)) & 255U];
  }
  buffer.resize(keys.size());
  for (std::size_t d = 0; d < kDigits; ++d) {
    std::array<std::size_t, 256>& count = counts[d];
    if (count[(keys[0] >> (8 * d)) & 255U] == keys.size()) continue;
    std::size_t begin = 0;
    for (std::size_t digit = 256; digit-- > 0;) {
      const std::size_t size = count[digit];
      count[digit] = begin;
      begin += size;
    }
    for (const std::uint64_t key : keys) buffer[count[(key >> (8 * d)) & 255U]++] = key;
    keys.swap(buffer);
  }
}

bool has_nan(const BoundingBox& box) {
  return std::isnan(box.xmin) || std::isnan(box.ymin) || std::isnan(box.xmax) ||
         std::isnan(box.ymax);
}

}  // namespace

void Selector::order(const Policy& policy, std::vector<std::uint64_t>& keys) {
  if (keys.empty() || !(policy.nms || policy.sorts_without_nms)) return;
  TraceSpan span("decoder.nms_get_boxes.top_k");
  span.field("k", policy.top_k);
  if (policy.nms && policy.top_k != 0 && keys.size() > policy.top_k) {
    const auto last = keys.begin() + static_cast<std::ptrdiff_t>(policy.top_k);
    std::nth_element(keys.begin(), last, keys.end(), std::greater<>());
    keys.erase(last, keys.end());
  }
  sort_descending(keys, sorted_);
}

void Selector::select(const Policy& policy, const ScoreCodec& codec, Candidates& candidates,
                      BoxDecoder decode_boxes, std::vector<Pick>& picks) {
  std::vector<std::uint64_t>& keys = candidates.keys;
  order(policy, keys);
  picks.clear();
  if (keys.empty()) return;
  const TraceSpan span(policy.nms ? "decoder.nms_get_boxes.suppress" : nullptr);
  if (policy.nms) {
    suppressor_.begin({policy.iou_threshold, *policy.nms == Nms::kClassAware});
  }
  std::array<BoundingBox, kChunk> boxes{};
  for (std::size_t begin = 0; begin < keys.size(); begin += kChunk) {
    const std::size_t size = std::min(kChunk, keys.size() - begin);
    decode_boxes({keys.data() + begin, size}, boxes.data());
    for (std::size_t i = 0; i < size; ++i) {
      if (picks.size() >= policy.max_det) return;
      const std::uint64_t key = keys[begin + i];
      const std::uint32_t anchor = Candidates::anchor(key);
      const std::uint32_t label = candidates.labels[anchor];
      if (has_nan(boxes[i])) continue;
      if (policy.nms && !suppressor_.offer(boxes[i], label)) continue;
      picks.push_back({{boxes[i], codec.score(Candidates::order(key)), label}, anchor});
    }
  }
}

}  // namespace edgefirst::decoding
