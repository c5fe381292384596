// SPDX-License-Identifier: Apache-2.0
// Documents as values: what is read, and what messages show of it.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "decoder/document.hpp"
#include "support/errors.hpp"

namespace edgefirst::decoding {
namespace {

std::string round_trip(std::string_view text) { return parse_json(text).text(); }

TEST(Json, KeepsEveryKindOfValue) {
  for (const char* text : {"null", "true", "false", "0", "-1", "18446744073709551615",
                           "-9223372036854775808", "0.1", "1.5e+300", "\"\"", "[]", "{}",
                           R"([null,[1,[2,"x"]],{"a":{"b":[]}}])", R"("\"\\\n\u0001 é")"}) {
    EXPECT_EQ(round_trip(text), text);
  }
  EXPECT_EQ(round_trip("3.0"), "3.0");
  EXPECT_EQ(round_trip("1e2"), "100.0");
  EXPECT_EQ(round_trip("-0"), "0");
}

TEST(Json, SortsMembersAndKeepsTheLastOfAName) {
  EXPECT_EQ(round_trip(R"({"b": 1, "a": 2, "b": [3], "c": 4, "b": 5})"), R"({"a":2,"b":5,"c":4})");
  const Json json = parse_json(R"({"b": 1, "a": 2})");
  ASSERT_NE(json.find("a"), nullptr);
  EXPECT_EQ(json.find("a")->unsigned_integer(), 2U);
  EXPECT_EQ(json.find("c"), nullptr);
  EXPECT_EQ(parse_json("[1]").find("a"), nullptr);
}

TEST(Json, TellsSignedFromUnsigned) {
  EXPECT_TRUE(parse_json("5").is_unsigned());
  EXPECT_TRUE(parse_json("-5").is_negative());
  EXPECT_FALSE(parse_json("5.0").is_integer());
  EXPECT_EQ(parse_json("-5").number(), -5.0);
}

TEST(Json, ReplacesWhatIsNoUtf8AndNoNumber) {
  EXPECT_EQ(Json(std::string("a\xFF z")).text(), "\"a\xEF\xBF\xBD z\"");
  EXPECT_EQ(Json(std::string("\xC3\xA9 \xF0\x9F\x98\x80 a\xFF")).ascii_text(),
            R"("\u00e9 \ud83d\ude00 a\ufffd")");
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).text(), "null");
}

TEST(Json, RefusesWhatIsNoDocument) {
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "nul", "1e999", "[1] 2", "\"\xFF\""}) {
    EXPECT_EQ(testing::code_of([&] { parse_json(text); }), ErrorCode::kInvalidConfig) << text;
  }
  const std::string deep = std::string(66, '[') + std::string(66, ']');
  EXPECT_EQ(testing::code_of([&] { parse_json(deep); }), ErrorCode::kInvalidConfig);
  EXPECT_NO_THROW(parse_json(deep.substr(1, 130)));
}

}  // namespace
}  // namespace edgefirst::decoding
