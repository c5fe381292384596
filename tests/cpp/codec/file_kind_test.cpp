// SPDX-License-Identifier: Apache-2.0
// What a file is told to be, from its first bytes.
#include "codec/file_kind.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "edgefirst/codec.hpp"

#include "support/png_file.hpp"

namespace edgefirst {
namespace {

using testing::HandmadePng;
using testing::PngBytes;

constexpr DecodeOptions kDefault{};

PngBytes padded(const std::string& text, std::size_t size = 300) {
  PngBytes bytes = testing::bytes_of_text(text);
  for (std::uint8_t filler = 1; bytes.size() < size; ++filler) bytes.push_back(filler | 0x80U);
  return bytes;
}

std::string refusal(const PngBytes& file, const DecodeOptions& options = kDefault) {
  try {
    recognise(file, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_LT(std::strlen(error.what()), 300U);
    return error.what();
  }
  return {};
}

TEST(FileKind, NamesWhatIsNoPictureOfOurs) {
  using namespace std::string_literals;
  const std::pair<std::string, const char*> files[] = {
      {"RIFF\x10\0\0\0WEBPVP8 "s, "WebP"},
      {"RIFF\x10\0\0\0AVI LIST"s, "AVI film"},
      {"GIF89a", "GIF"},
      {"GIF87a", "GIF"},
      {"BM\x36\x10\0\0\0\0\0\0\x36"s, "BMP"},
      {"II*\0\x08"s, "TIFF"},
      {"MM\0*\0"s, "TIFF"},
      {"II+\0"s, "BigTIFF"},
      {"\0\0\0\x18"s
       "ftypheic",
       "HEIC"},
      {"\0\0\0\x18"s
       "ftypmif1",
       "HEIC"},
      {"\0\0\0\x1C"s
       "ftypavif",
       "AVIF"},
      {"\0\0\0\x1C"s
       "ftypisom",
       "MP4"},
      {"\0\0\0\x1C"s
       "ftypqt  ",
       "QuickTime"},
      {"\xFF\x0A", "JPEG XL"},
      {"\0\0\0\x0CJXL \r\n\x87\n"s, "JPEG XL"},
      {"\0\0\0\x0CjP  \r\n\x87\n"s, "JPEG 2000"},
      {"\xFF\x4F\xFF\x51", "JPEG 2000"},
      {"<!DOCTYPE html><html>", "HTML"},
      {"\n  <HTML><body>", "HTML"},
      {"\xEF\xBB\xBF<html>", "HTML"},
      {"<?xml version='1.0'?><svg/>", "SVG"},
      {"<svg xmlns=", "SVG"},
      {"{\"error\": 404}", "JSON"},
      {"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"},
      {"\x1F\x8B\x08", "gzip"},
      {"%PDF-1.7", "PDF"},
      {"PK\x03\x04", "ZIP"},
      {"8BPS", "Photoshop"},
      {"\x76\x2F\x31\x01"s, "OpenEXR"},
      {"\x93NUMPY", "NumPy"},
      {"\0\0\1\0\1\0"s, "ICO"},
      {"\0\0\2\0\1\0"s, "CUR"},
      {"\0\0\2\0\0\0\0\0\0\0\0\0\1\0\1\0\x18"s, "TGA"},
      {"\0\0\x0A\0\0\0\0\0\0\0\0\0\1\0\1\0\x20"s, "TGA"},
      {"\x1C\0\0\0TFL3"s, "TFLite"},
      {"P6\n640 480", "PNM"},
      {"P2 640", "PNM"},
      {"qoif", "QOI"},
      {std::string(128, '\0') + "DICM", "DICOM"},
      {"#?RADIANCE", "Radiance"},
      {"SIMPLE  =", "FITS"},
      {"\x89HDF\r\n", "HDF5"},
      {"\x1A\x45\xDF\xA3", "Matroska"},
      {"/9j/4AAQSkZJRg", "base64"},
      {"iVBORw0KGgoAAAA", "base64"},
      {"data:image/png;base64,", "data URL"},
      {"https://example.com/a.jpg", "URL"},
      {"BZh9", "bzip2"},
      {"\xFD\x37zXZ", "XZ"},
  };
  for (const auto& [bytes, name] : files) {
    EXPECT_THAT(refusal(padded(bytes)), ::testing::HasSubstr(name));
    DecodeOptions tolerant;
    tolerant.tolerant = true;
    PngBytes with_jpeg = padded(bytes);
    testing::append(with_jpeg, {0xFF, 0xD8, 0xFF, 0xE0});
    EXPECT_THAT(refusal(with_jpeg, tolerant), ::testing::HasSubstr(name)) << "a JPEG is inside";
  }
  EXPECT_THAT(refusal({}), ::testing::HasSubstr("no bytes"));
  EXPECT_THAT(refusal(PngBytes(5000)), ::testing::HasSubstr("zeros"));
  EXPECT_THAT(refusal(PngBytes(1)), ::testing::HasSubstr("zeros"));
  EXPECT_THAT(refusal(padded("")), ::testing::HasSubstr("neither JPEG"));
  EXPECT_THAT(refusal(padded("BMX")), ::testing::HasSubstr("neither JPEG"));
}

TEST(FileKind, SkipsFillerInFrontOfAJpeg) {
  const PngBytes jpeg{0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10};
  const std::pair<PngBytes, std::size_t> fillers[] = {{{'\n'}, 1},
                                                      {{0}, 64},
                                                      {{' '}, 64},
                                                      {{'\r', '\n'}, 32},
                                                      {{0xFF, 0xD9}, 1},
                                                      {{0xFF, 0xD9}, 32},
                                                      {{0xFF, 0xD9, '\n', 0}, 16}};
  for (const auto& [piece, count] : fillers) {
    PngBytes file;
    for (std::size_t i = 0; i < count; ++i) testing::append(file, piece);
    const std::size_t skipped = file.size();
    testing::append(file, jpeg);
    const Recognised found = recognise(file, kDefault);
    EXPECT_EQ(found.kind, FileKind::kJpeg);
    EXPECT_EQ(found.picture.data(), file.data() + skipped);
    EXPECT_EQ(found.picture.size(), jpeg.size());
    DecodeOptions strict;
    strict.strict = true;
    EXPECT_THAT(refusal(file, strict), ::testing::HasSubstr("strict"));
  }
}

TEST(FileKind, SkipsMoreWhereAskedToBeTolerant) {
  DecodeOptions tolerant;
  tolerant.tolerant = true;
  for (PngBytes file : {PngBytes(65, ' '), PngBytes(10, 0xAA), PngBytes(100000, 0)}) {
    const std::size_t skipped = file.size();
    testing::append(file, {0xFF, 0xD8, 0xFF, 0xE0});
    EXPECT_NE(refusal(file), "");
    EXPECT_EQ(recognise(file, tolerant).picture.data(), file.data() + skipped);
  }
}

TEST(FileKind, KnowsPngs) {
  EXPECT_EQ(recognise(HandmadePng().file(), kDefault).kind, FileKind::kPng);
}

}  // namespace
}  // namespace edgefirst
