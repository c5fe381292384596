// SPDX-License-Identifier: Apache-2.0
// Any bytes as EXIF data in one piece and in two, as an XMP packet and as a raw profile: the
// orientation is 1...8, whatever they say. Run by libFuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "codec/orientation.hpp"

using namespace edgefirst;

namespace {

template <class Add>
void check(Add add) {
  OrientationTags tags;
  add(tags);
  if (tags.value() < 1 || tags.value() > 8) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Scratch memory;
  const Span<const std::uint8_t> bytes(data, size);
  const Span<const std::uint8_t> halves[] = {bytes.subspan(0, size / 2), bytes.subspan(size / 2)};
  check([&](OrientationTags& tags) { tags.add_exif(bytes); });
  check([&](OrientationTags& tags) { tags.add_exif(halves); });
  check([&](OrientationTags& tags) { tags.add_xmp(bytes); });
  for (const char* keyword : {"Raw profile type exif", "Raw profile type APP1",
                              "Raw profile type xmp", "XML:com.adobe.xmp"}) {
    check([&](OrientationTags& tags) { tags.add_text(keyword, bytes, memory); });
  }
  return 0;
}
