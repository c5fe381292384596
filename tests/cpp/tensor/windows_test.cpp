// SPDX-License-Identifier: Apache-2.0
// What Windows has not is absent with an error that says so.
#include <gtest/gtest.h>

#include "edgefirst/tensor.hpp"

#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;

TEST(OnWindows, OnlyHeapMemoryExists) {
  EXPECT_FALSE(is_memory_available(TensorMemory::kShm));
  EXPECT_FALSE(is_memory_available(TensorMemory::kDma));
  EXPECT_EQ(Tensor({4}, DType::kU8).memory(), TensorMemory::kMem);
  for (const TensorMemory memory : {TensorMemory::kShm, TensorMemory::kDma}) {
    EXPECT_EQ(code_of([&] { Tensor({4}, DType::kU8, memory); }), ErrorCode::kNotSupported);
  }
}

TEST(OnWindows, DescriptorsAreNoBuffers) {
  const auto name = [](const auto& call) { return testing::text_of(call).find("Windows"); };
  const auto import = [] { Tensor::from_fd(0, {1}, DType::kU8); };
  const auto describe = [] { PlaneDescriptor plane(0); };
  EXPECT_EQ(code_of(import), ErrorCode::kNotSupported);
  EXPECT_EQ(code_of(describe), ErrorCode::kNotSupported);
  EXPECT_NE(name(import), std::string::npos);
  EXPECT_NE(name(describe), std::string::npos);
  EXPECT_EQ(code_of([] { Tensor({4}, DType::kU8).clone_fd(); }), ErrorCode::kNotSupported);
}

}  // namespace
}  // namespace edgefirst
