// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "edgefirst/tensor.hpp"

namespace edgefirst {
namespace {

std::string refusal(Tensor& tensor, const Quantization& quantization) {
  try {
    tensor.set_quantization(quantization);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidQuantization);
    return error.what();
  }
  return {};
}

TEST(Quantization, FourFormsReportTheirKind) {
  const auto tensor = Quantization::per_tensor(0.5F, -3);
  EXPECT_TRUE(tensor.is_per_tensor());
  EXPECT_FALSE(tensor.is_symmetric());
  EXPECT_EQ(tensor.zero_point(5), -3);
  EXPECT_TRUE(Quantization::per_tensor(1, 0).is_symmetric());
  EXPECT_TRUE(Quantization::per_tensor_symmetric(1).zero_points().empty());
  const auto channel = Quantization::per_channel({1, 2}, {3, 4}, 1);
  EXPECT_TRUE(channel.is_per_channel());
  EXPECT_EQ(channel.scale(1), 2);
  EXPECT_EQ(channel.zero_point(1), 4);
  EXPECT_EQ(channel.axis(), 1U);
}

TEST(Quantization, RejectsEmptyAndUnequalLists) {
  EXPECT_THROW(Quantization::per_channel_symmetric({}, 0), Error);
  EXPECT_THROW(Quantization::per_channel({1, 2}, {0}, 0), Error);
}

TEST(SetQuantization, NamesTheFieldThatDoesNotFit) {
  Tensor tensor({4, 3}, DType::kI8, TensorMemory::kMem);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(refusal(tensor, Quantization::per_channel_symmetric({1}, 0))
                .find("per_tensor_redundant_axis"),
            std::string::npos);
  EXPECT_NE(refusal(tensor, Quantization::per_channel_symmetric({1, 2}, 2)).find("axis is 2"),
            std::string::npos);
  EXPECT_NE(refusal(tensor, Quantization::per_channel_symmetric({1, 2}, 1)).find("scale.len"),
            std::string::npos);
  EXPECT_NE(refusal(tensor, Quantization::per_tensor(nan, 0)).find("scale is nan"),
            std::string::npos);
  EXPECT_NE(refusal(tensor, Quantization::per_tensor(-1, 0)).find("scale is -1"),
            std::string::npos);
  EXPECT_NE(refusal(tensor, Quantization::per_tensor(1, 999)).find("-128...127"),
            std::string::npos);
  EXPECT_EQ(tensor.quantization(), nullptr);
}

TEST(SetQuantization, KnowsTheRangeOfEveryIntegerDtype) {
  const auto accepts = [](DType dtype, std::int32_t zero_point) {
    Tensor tensor({4}, dtype, TensorMemory::kMem);
    return refusal(tensor, Quantization::per_tensor(1, zero_point)).empty();
  };
  EXPECT_TRUE(accepts(DType::kU8, 255) && !accepts(DType::kU8, 256) && !accepts(DType::kU8, -1));
  EXPECT_TRUE(accepts(DType::kI8, -128) && !accepts(DType::kI8, 128));
  EXPECT_TRUE(accepts(DType::kU16, 65535) && !accepts(DType::kU16, 65536));
  EXPECT_TRUE(accepts(DType::kI16, -32768) && !accepts(DType::kI16, 32768));
  EXPECT_TRUE(accepts(DType::kU32, 2147483647) && !accepts(DType::kU32, -1));
  EXPECT_TRUE(accepts(DType::kI32, -2147483647 - 1) && accepts(DType::kI64, -2147483647 - 1));
  EXPECT_TRUE(!accepts(DType::kF16, 0) && !accepts(DType::kF32, 0) && !accepts(DType::kF64, 0));
}

TEST(SetQuantization, KeepsTheOldValueOnFailure) {
  Tensor tensor({4}, DType::kU8, TensorMemory::kMem);
  tensor.set_quantization(Quantization::per_tensor(0.25F, 7));
  refusal(tensor, Quantization::per_tensor(0, 0));
  ASSERT_NE(tensor.quantization(), nullptr);
  EXPECT_EQ(tensor.quantization()->scale(), 0.25F);
  tensor.clear_quantization();
  EXPECT_EQ(tensor.quantization(), nullptr);
}

}  // namespace
}  // namespace edgefirst
