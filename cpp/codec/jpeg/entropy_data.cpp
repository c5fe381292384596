// SPDX-License-Identifier: Apache-2.0
// One pass over the scan: copies it from marker to marker without stuffing, notes restarts.
#include "codec/jpeg/entropy_data.hpp"

#include <algorithm>
#include <cstring>

#include "codec/jpeg/unstuff.hpp"

namespace edgefirst::jpeg {
namespace {

constexpr unsigned kFirst = 8;  // no marker stands in front of the first interval
constexpr unsigned kMostLost = 2;

/// The next FF of [in, end), or end.
const std::uint8_t* find_ff(const std::uint8_t* in, const std::uint8_t* end) {
  const void* found = std::memchr(in, 0xFF, static_cast<std::size_t>(end - in));
  return found == nullptr ? end : static_cast<const std::uint8_t*>(found);
}

/// The byte behind a run of FF; end where the file ends in it.
const std::uint8_t* find_code(const std::uint8_t* in, const std::uint8_t* end) {
  return std::find_if(in, end, [](std::uint8_t b) { return b != 0xFF; });
}

bool is_restart(std::uint8_t code) { return code >= 0xD0 && code <= 0xD7; }

}  // namespace

void EntropyData::assign(Span<const std::uint8_t> data, std::size_t intervals) {
  UnstuffFn* const unstuff = unstuff_kernel();
  std::uint8_t* const begin = bytes_.require(data.size() + kUnstuffMargin);
  const std::uint8_t* const end = data.end();
  UnstuffCursor cursor{data.begin(), begin};
  const auto at = [&] { return static_cast<std::size_t>(cursor.out - begin); };
  expected_ = intervals;
  is_irregular_ = false;
  has_surplus_ = false;
  intervals_.clear();
  intervals_.reserve(std::min(intervals, data.size() / 2 + 1));  // a marker has two bytes
  std::size_t start = 0;
  unsigned marker = kFirst;
  ends_at_marker_ = false;
  while (cursor.in < end) {
    cursor = unstuff(cursor, end);
    const std::uint8_t* const code = find_code(cursor.in, end);
    if (code == end) break;  // the end, or a marker cut in two
    if (*code == 0x00) {     // stuffing behind fill bytes
      *cursor.out++ = 0xFF;
    } else if (is_restart(*code)) {
      append({start, at()}, marker);
      start = at();
      marker = *code & 7U;
    } else {
      ends_at_marker_ = true;
      break;
    }
    cursor.in = code + 1;
  }
  append({start, at()}, marker);
  consumed_ = static_cast<std::size_t>(cursor.in - data.begin());
  const std::size_t missing = expected_ - intervals_.size();
  if (missing == 0 || missing > kMostLost || !ends_at_marker_) return;
  is_irregular_ = true;
  for (std::size_t i = 0; i < missing; ++i) push(kLost);
}

void EntropyData::append(Interval interval, unsigned marker) {
  if (marker != kFirst && intervals_.size() < expected_) {
    const auto due = static_cast<unsigned>(intervals_.size() - 1) & 7U;
    const unsigned ahead = (marker - due) & 7U;
    if (ahead != 0) is_irregular_ = true;
    if (ahead == 6 || ahead == 7) {  // left over from before
      Interval& last = intervals_.back();
      if (last.begin == last.end) last = kLost;
      return;
    }
    // One or two are lost. Farther off, the number itself is damaged rather than so many missing.
    for (unsigned i = 0; i < ahead && ahead <= kMostLost; ++i) push(kLost);
  }
  push(interval);
}

void EntropyData::push(Interval interval) {
  if (intervals_.size() < expected_) {
    intervals_.push_back(interval);
  } else if (interval.begin < interval.end) {
    has_surplus_ = true;
  }
}

BitReader EntropyData::interval(std::size_t index) const {
  if (index >= intervals_.size() || is_lost(index)) return {};
  const Interval& interval = intervals_[index];
  return {bytes_.data() + interval.begin, bytes_.data() + interval.end};
}

QmDecoder EntropyData::arithmetic_interval(std::size_t index) const {
  if (index >= intervals_.size() || is_lost(index)) return {};
  const Interval& interval = intervals_[index];
  const bool has_marker = ends_at_marker_ || index + 1 < intervals_.size();
  const bool is_whole = has_marker && !has_surplus_;
  return {{bytes_.data() + interval.begin, interval.end - interval.begin}, is_whole};
}

std::size_t scan_end(Span<const std::uint8_t> data) {
  const std::uint8_t* const end = data.end();
  const std::uint8_t* in = find_ff(data.begin(), end);
  while (in < end) {
    const std::uint8_t* const code = find_code(in, end);
    if (code == end) break;
    if (*code != 0x00 && !is_restart(*code)) return static_cast<std::size_t>(in - data.begin());
    in = find_ff(code + 1, end);
  }
  return data.size();
}

}  // namespace edgefirst::jpeg
