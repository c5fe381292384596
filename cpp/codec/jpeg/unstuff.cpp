// SPDX-License-Identifier: Apache-2.0
// Whole vectors are stored where they may hold an FF; what follows it is overwritten.
#include "codec/jpeg/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/jpeg/unstuff.cpp"  // NOLINT
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "codec/jpeg/unstuff.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::jpeg::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<std::uint8_t, kUnstuffMargin>;

/// The FF at cursor and its 00; false where something else follows the FF.
HWY_INLINE bool take_stuffed(UnstuffCursor& cursor, const std::uint8_t* end) {
  if (end - cursor.in < 2 || cursor.in[1] != 0) return false;
  *cursor.out++ = 0xFF;
  cursor.in += 2;
  return true;
}

UnstuffCursor Unstuff(UnstuffCursor cursor, const std::uint8_t* end) {
  const D d;
  const auto n = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const auto ff = hn::Set(d, 0xFF);
  while (end - cursor.in >= n) {
    const auto bytes = hn::LoadU(d, cursor.in);
    hn::StoreU(bytes, d, cursor.out);
    const std::ptrdiff_t first = hn::FindFirstTrue(d, hn::Eq(bytes, ff));
    const std::ptrdiff_t plain = first < 0 ? n : first;
    cursor.in += plain;
    cursor.out += plain;
    if (first >= 0 && !take_stuffed(cursor, end)) return cursor;
  }
  while (cursor.in < end) {
    if (*cursor.in != 0xFF) {
      *cursor.out++ = *cursor.in++;
    } else if (!take_stuffed(cursor, end)) {
      break;
    }
  }
  return cursor;
}

UnstuffFn* KernelOfTarget() { return Unstuff; }

}  // namespace edgefirst::jpeg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/simd.hpp"

namespace edgefirst::jpeg {

HWY_EXPORT(KernelOfTarget);

UnstuffFn* unstuff_kernel() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(KernelOfTarget)();
}

}  // namespace edgefirst::jpeg
#endif  // HWY_ONCE
