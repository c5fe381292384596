// SPDX-License-Identifier: Apache-2.0
// A decoder that ran out of memory: it says so, and the next picture is whole.
#include <gtest/gtest.h>

#include <cstring>
#include <new>

#include "edgefirst/codec.hpp"

#include "support/allocation_counter.hpp"
#include "support/codec_reference.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;
using testing::Content;

ByteVector encode(int flags) {
  const testing::Picture picture = testing::make_picture(40, 24, 3, Content::kSmooth);
  tjhandle handle = tjInitCompress();
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  EXPECT_EQ(tjCompress2(handle, picture.pixels.data(), 40, 0, 24, TJPF_RGB, &memory, &size,
                        TJSAMP_420, 85, flags),
            0);
  ByteVector bytes(memory, memory + size);
  tjFree(memory);
  tjDestroy(handle);
  return bytes;
}

ByteVector pixels_of(const Tensor& tensor) {
  const TensorMap map = tensor.map();
  const auto* bytes = map.as<const std::uint8_t>();
  return {bytes, bytes + map.size_bytes()};
}

/// True where the decode found memory.
bool try_decode(ImageDecoder& decoder, const ByteVector& file, Tensor& tensor) {
  try {
    decoder.decode(file, tensor);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory) << error.what();
  } catch (const std::bad_alloc&) {
  }
  return false;
}

class ShortMemory : public ::testing::TestWithParam<int> {};

TEST_P(ShortMemory, LeavesTheDecoderAsGoodAsNew) {
  if (!testing::AllocationCounter::is_reliable()) {
    GTEST_SKIP() << "the sanitizer's allocator hides the calls";
  }
  const ByteVector file = encode(GetParam());
  Tensor tensor = Tensor::image(40, 24, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  ImageDecoder judge;
  judge.decode(file, tensor);
  const ByteVector expected = pixels_of(tensor);
  std::size_t failures = 0;
  for (std::size_t number = 1; failures + 1 == number; ++number) {
    ImageDecoder decoder;
    bool is_decoded = false;
    {
      const testing::FailingAllocation failing(number);
      is_decoded = try_decode(decoder, file, tensor);
      if (failing.has_failed()) ++failures;
      EXPECT_EQ(is_decoded, !failing.has_failed());
    }
    const TensorMap map = tensor.map();
    std::memset(map.as<std::uint8_t>(), 0, map.size_bytes());
    EXPECT_TRUE(try_decode(decoder, file, tensor));
    EXPECT_EQ(pixels_of(tensor), expected) << "after allocation " << number << " failed";
  }
  EXPECT_GT(failures, 5U);
}
INSTANTIATE_TEST_SUITE_P(Jpeg, ShortMemory, ::testing::Values(0, TJFLAG_PROGRESSIVE));

}  // namespace
}  // namespace edgefirst
