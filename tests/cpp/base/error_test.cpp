// SPDX-License-Identifier: Apache-2.0
#include "edgefirst/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>

#include "base/checked.hpp"
#include "base/message.hpp"

namespace edgefirst {
namespace {

TEST(ErrorTable, ListsEveryCodeOnceInOrder) {
  std::set<std::string> names;
  int expected = 0;
  for (const ErrorInfo& info : error_table()) {
    EXPECT_EQ(static_cast<int>(info.code), expected++);
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_GT(info.errno_value, 0) << info.name;
  }
  EXPECT_EQ(expected - 1, static_cast<int>(ErrorCode::kEngineFailed));
}

TEST(ErrorClass, CarriesCodeMessageAndSystemError) {
  try {
    throw Error(ErrorCode::kIo, "cannot open 'x'", ENOENT);
  } catch (const std::runtime_error& error) {
    const auto* own = dynamic_cast<const Error*>(&error);
    ASSERT_NE(own, nullptr);
    EXPECT_EQ(own->code(), ErrorCode::kIo);
    EXPECT_EQ(own->os_error(), ENOENT);
    EXPECT_STREQ(own->what(), "cannot open 'x': No such file or directory");
  }
}

TEST(Raise, JoinsThePartsOfTheMessage) {
  try {
    raise(ErrorCode::kInvalidShape, "rank ", 2, " is not ", 3);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidShape);
    EXPECT_STREQ(error.what(), "rank 2 is not 3");
  }
}

TEST(Checked, ReportsOverflowInsteadOfWrapping) {
  constexpr std::size_t kMax = ~std::size_t{0};
  EXPECT_EQ(checked_multiply(3, 4), 12U);
  EXPECT_EQ(checked_add(3, 4), 7U);
  EXPECT_EQ(round_up(65, 64), 128U);
  EXPECT_EQ(round_up(128, 64), 128U);
  EXPECT_THROW(checked_multiply(kMax, 2), Error);
  EXPECT_THROW(checked_add(kMax, 1), Error);
  EXPECT_THROW(round_up(kMax, 64), Error);
}

}  // namespace
}  // namespace edgefirst
