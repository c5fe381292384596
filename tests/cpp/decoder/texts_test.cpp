// SPDX-License-Identifier: Apache-2.0
// Configurations as JSON, and the texts appended to model files, as tools read them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "edgefirst/decoder.hpp"

#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using ::testing::HasSubstr;
using testing::text_of;

TEST(DocumentAsJson, ReadsJsonAndYaml) {
  EXPECT_EQ(document_as_json(R"({"b": [1, 2.5, null], "a": true})"),
            R"({"a":true,"b":[1,2.5,null]})");
  EXPECT_EQ(document_as_json("a: [1, x]\nb: {c: 'yes'}\n"), R"({"a":[1,"x"],"b":{"c":"yes"}})");
  EXPECT_EQ(document_as_json("{0: 'cat', 1: \"dog's\"}"), R"({"0":"cat","1":"dog's"})");
  EXPECT_EQ(document_as_json("[640, 320]"), "[640,320]");
  EXPECT_EQ(document_as_json("plain words"), R"("plain words")");
  EXPECT_EQ(document_as_json("a: \xC3\xA9"), R"({"a":"\u00e9"})");
}

TEST(DocumentAsJson, LeavesNamesAsTheyAreWritten) {
  EXPECT_EQ(document_as_json("names: [no, true, 007, 1e3, ~, 'x']", true),
            R"({"names":["no","true","007","1e3",null,"x"]})");
  EXPECT_EQ(document_as_json(R"({"nc": 2})", true), R"({"nc":2})");
}

TEST(MismatchOf, KnowsTheConfigurationOfAnotherModel) {
  const std::string fits = R"({"outputs":[{"type":"detection","shape":[1,6,84]}])";
  const ModelListing model{"m.onnx", {{1, 6, 84}}, {"a", "b"}};
  EXPECT_EQ(mismatch_of(fits + "}", model), "");
  EXPECT_EQ(mismatch_of(fits + R"(,"classes":["a","b"],"model":"m.onnx"})", model), "");
  EXPECT_THAT(mismatch_of(fits + R"(,"model":"dir/other.tflite"})", model),
              HasSubstr("that of other.tflite"));
  EXPECT_THAT(mismatch_of(fits + "}", {"m.onnx", {{1, 7, 84}}, {}}), HasSubstr("[1, 6, 84]"));
  EXPECT_EQ(mismatch_of(fits + "}", {"m.onnx", {{1, 0, 0}}, {}}), "");   // left open
  EXPECT_EQ(mismatch_of(fits + "}", {"m.onnx", {{1, 84, 6}}, {}}), "");  // permuted
  const std::string renamed = fits + R"(,"dataset":{"classes":["x","y"]}})";
  EXPECT_EQ(code_of([&] { mismatch_of(renamed, model); }), ErrorCode::kInvalidConfig);
  EXPECT_EQ(mismatch_of(renamed, {"m.onnx", {{1, 6, 84}}, {"class0", "1"}}), "");  // made up
}

TEST(DocumentAsJson, RefusesWhatIsNeither) {
  for (const char* text :
       {"{", "a: [", "[cat]\ndog", "a: 1\n---\nb: 2", "\"x", "{\"a\": 1}}", "a: b: c"}) {
    EXPECT_EQ(code_of([&] { document_as_json(text); }), ErrorCode::kInvalidConfig) << text;
  }
}

TEST(DocumentAsJson, LimitsBytesDepthAndValues) {
  const auto error = [](const std::string& text) {
    return text_of([&] { document_as_json(text); });
  };
  EXPECT_THAT(error(std::string((4U << 20) + 1, ' ')), HasSubstr("at most 4194304"));
  EXPECT_THAT(error(R"({"a":)" + std::string(100'000, '[')), HasSubstr("nests deeper"));
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int copy = 1; copy < 10; ++copy) laughs += ", " + alias;
    laughs += "]\n";
  }
  EXPECT_THAT(error(laughs), HasSubstr("expands to more than 262144 values"));
}

TEST(DocumentAsJson, CountsTheBytesThatAliasesRepeat) {
  const std::string word(100'000, 'x');
  const auto repeated = [&](int count) {
    std::string text = "a: &a " + word + "\nb: [*a";
    for (int i = 1; i < count; ++i) text += ", *a";
    return text + "]\n";
  };
  EXPECT_EQ(document_as_json(repeated(40)).size(), 41 * (word.size() + 3) + 11);
  EXPECT_THAT(text_of([&] { document_as_json(repeated(42)); }),
              HasSubstr("expands to more than 4194304 bytes"));
  std::string keys = "a: &a " + word + "\n";
  for (int i = 0; i < 42; ++i) keys += "b" + std::to_string(i) + ": {*a : 1}\n";
  EXPECT_THAT(text_of([&] { document_as_json(keys); }), HasSubstr("expands to more than"));
}

/// A stored entry of a ZIP archive whose directory follows it at once.
class TextsFile : public ::testing::Test {
 protected:
  std::string write(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return path_;
  }
  void TearDown() override { std::remove(path_.c_str()); }

 private:
  std::string path_ = ::testing::TempDir() + "/texts_" +
                      ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

void append(std::string& bytes, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i, value >>= 8) bytes += static_cast<char>(value & 0xFF);
}

/// CRC-32 of "abc" is the check value of its own: 352441C2.
std::string archive_of(const std::string& name, std::uint32_t crc) {
  const std::string text = "abc";
  std::string bytes = "TFL3";
  const std::size_t start = bytes.size();
  append(bytes, 0x04034B50, 4);
  append(bytes, 0, 10);
  append(bytes, crc, 4);
  append(bytes, text.size(), 4);
  append(bytes, text.size(), 4);
  append(bytes, name.size(), 4);
  bytes += name + text;
  const std::size_t directory = bytes.size();
  append(bytes, 0x02014B50, 4);
  append(bytes, 0, 12);
  append(bytes, crc, 4);
  append(bytes, text.size(), 4);
  append(bytes, text.size(), 4);
  append(bytes, name.size(), 2);
  append(bytes, 0, 12);
  append(bytes, 0, 4);  // offsets count from the archive's start
  bytes += name;
  const std::size_t length = bytes.size() - directory;
  append(bytes, 0x06054B50, 4);
  append(bytes, 0, 4);
  append(bytes, 1, 2);
  append(bytes, 1, 2);
  append(bytes, length, 4);
  append(bytes, directory - start, 4);
  append(bytes, 0, 2);
  return bytes;
}

TEST_F(TextsFile, ListsTheTexts) {
  const auto texts = appended_texts(write(archive_of("labels.txt", 0x352441C2)));
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].first, "labels.txt");
  EXPECT_EQ(texts[0].second, "abc");
}

TEST_F(TextsFile, PassesOverOtherEntries) {
  EXPECT_TRUE(appended_texts(write(archive_of("weights.bin", 0x352441C2))).empty());
}

TEST_F(TextsFile, IsEmptyWithoutAnArchive) {
  EXPECT_TRUE(appended_texts(write("TFL3 without one")).empty());
}

TEST_F(TextsFile, RefusesADamagedEntry) {
  const std::string path = write(archive_of("labels.txt", 1));
  EXPECT_EQ(code_of([&] { appended_texts(path); }), ErrorCode::kInvalidData);
}

TEST_F(TextsFile, NamesAMissingFile) {
  EXPECT_EQ(code_of([&] { appended_texts("no/such/file.tflite"); }), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace edgefirst
