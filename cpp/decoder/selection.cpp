// SPDX-License-Identifier: Apache-2.0
// Order, top-k, suppression, cap.
#include "decoder/selection.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>

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

}  // namespace

bool is_whole(const BoundingBox& box) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return box.xmin < box.xmax && box.ymin < box.ymax && box.xmin > -kInfinity &&
         box.ymin > -kInfinity && box.xmax < kInfinity && box.ymax < kInfinity;
}

void Selector::order(const Policy& policy, std::vector<std::uint64_t>& keys) {
  rest_.clear();
  more_.clear();
  if (keys.empty() || !(policy.nms || policy.sorts_without_nms)) return;
  TraceSpan span("decoder.nms_get_boxes.top_k");
  span.field("k", policy.top_k);
  if (policy.nms && policy.top_k != 0 && keys.size() > policy.top_k) {
    const auto last = keys.begin() + static_cast<std::ptrdiff_t>(policy.top_k);
    std::nth_element(keys.begin(), last, keys.end(), std::greater<>());
    rest_.assign(last, keys.end());
    keys.erase(last, keys.end());
  }
  sort_descending(keys, sorted_);
}

/// The places of dropped boxes go to the best of those that top-k left out. Taking twice as many
/// each time keeps the work in proportion to what was dropped.
Span<const std::uint64_t> Selector::refill(std::size_t places) {
  const std::size_t count = std::min(rest_.size(), std::max(places, 2 * more_.size()));
  const auto first = rest_.end() - static_cast<std::ptrdiff_t>(count);
  if (first != rest_.begin()) std::nth_element(rest_.begin(), first, rest_.end());
  more_.assign(first, rest_.end());
  rest_.erase(first, rest_.end());
  sort_descending(more_, sorted_);
  return more_;
}

/// At most `places` boxes that are whole go on to suppression. Returns how many places are left.
std::size_t Selector::offer(const Selection& selection, Span<const std::uint64_t> keys,
                            std::size_t places) {
  const Policy& policy = selection.policy;
  std::array<BoundingBox, kChunk> boxes{};
  for (std::size_t begin = 0; begin < keys.size(); begin += kChunk) {
    const std::size_t size = std::min(kChunk, keys.size() - begin);
    selection.decode_boxes(keys.subspan(begin, size), boxes.data());
    for (std::size_t i = 0; i < size; ++i) {
      if (selection.picks.size() >= policy.max_det || places == 0) return 0;
      if (!is_whole(boxes[i])) continue;
      --places;
      const std::uint64_t key = keys[begin + i];
      const std::uint32_t anchor = Candidates::anchor(key);
      const std::uint32_t label = selection.candidates.labels[anchor];
      if (policy.nms && !suppressor_.offer(boxes[i], label)) continue;
      selection.picks.push_back(
          {{boxes[i], selection.codec.score(Candidates::order(key)), label}, anchor});
    }
  }
  return places;
}

void Selector::select(const Policy& policy, const ScoreCodec& codec, Candidates& candidates,
                      BoxDecoder decode_boxes, std::vector<Pick>& picks) {
  const std::vector<std::uint64_t>& keys = candidates.keys;
  order(policy, candidates.keys);
  picks.clear();
  if (keys.empty()) return;
  const TraceSpan span(policy.nms ? "decoder.nms_get_boxes.suppress" : nullptr);
  if (policy.nms) {
    suppressor_.begin({policy.iou_threshold, *policy.nms == Nms::kClassAware});
  }
  const Selection selection{policy, codec, candidates, decode_boxes, picks};
  std::size_t places = offer(selection, keys, keys.size());
  while (places != 0 && !rest_.empty()) places = offer(selection, refill(places), places);
}

}  // namespace edgefirst::decoding
