// SPDX-License-Identifier: Apache-2.0
// One pass over the scan: copies the runs between FF bytes, drops stuffing, notes restarts.
#include "codec/jpeg/entropy_data.hpp"

#include <algorithm>
#include <cstring>

namespace edgefirst::jpeg {

void EntropyData::assign(Span<const std::uint8_t> data) {
  std::uint8_t* const begin = bytes_.require(data.size() + 1);
  std::uint8_t* out = begin;
  const std::uint8_t* in = data.begin();
  const std::uint8_t* const end = data.end();
  const auto at = [&] { return static_cast<std::size_t>(out - begin); };
  intervals_.clear();
  Interval interval{0, 0, 0};
  while (in < end) {
    const auto* stop =
        static_cast<const std::uint8_t*>(std::memchr(in, 0xFF, static_cast<std::size_t>(end - in)));
    if (stop == nullptr) stop = end;
    const auto run = static_cast<std::size_t>(stop - in);
    std::memcpy(out, in, run);
    out += run;
    in = stop;
    const std::uint8_t* code = std::find_if(in, end, [](std::uint8_t b) { return b != 0xFF; });
    if (code == end) break;  // the end, or a marker cut in two
    if (*code == 0x00) {
      *out++ = 0xFF;
    } else if (*code >= 0xD0 && *code <= 0xD7) {
      interval.end = at();
      intervals_.push_back(interval);
      interval = {at(), 0, *code & 7U};
    } else {
      break;
    }
    in = code + 1;
  }
  interval.end = at();
  intervals_.push_back(interval);
  consumed_ = static_cast<std::size_t>(in - data.begin());
}

BitReader EntropyData::reader(const Interval& interval) const {
  return {bytes_.data() + interval.begin, bytes_.data() + interval.end};
}

BitReader EntropyData::first() {
  next_ = 1;
  return reader(intervals_[0]);
}

BitReader EntropyData::after_restart(unsigned number) {
  for (; next_ < intervals_.size(); ++next_) {
    const Interval& interval = intervals_[next_];
    const unsigned ahead = (interval.marker - number) & 7U;
    if (ahead == 1 || ahead == 2) return {};  // ours is lost: wait for that marker's turn
    if (ahead == 6 || ahead == 7) continue;   // left over from before
    ++next_;
    return reader(interval);
  }
  return {};
}

}  // namespace edgefirst::jpeg
