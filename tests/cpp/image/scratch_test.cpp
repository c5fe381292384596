// SPDX-License-Identifier: Apache-2.0
// The scratch memory of the CPU converter where there is no memory.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "image/cpu/pixel_block.hpp"
#include "support/errors.hpp"

namespace edgefirst::cpu {
namespace {

TEST(ConverterScratch, SaysThatThereIsNoMemoryAndServesTheNextRequest) {
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  Scratch<std::int16_t> scratch;
  ASSERT_NE(scratch.reserve(100), nullptr);
  EXPECT_EQ(testing::code_of([&] { scratch.reserve(kMost / 4); }), ErrorCode::kOutOfMemory);
  EXPECT_EQ(testing::code_of([&] { scratch.reserve(kMost); }), ErrorCode::kOutOfMemory);
  std::int16_t* memory = scratch.reserve(50);
  ASSERT_NE(memory, nullptr);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(memory[i], 0);
}

}  // namespace
}  // namespace edgefirst::cpu
