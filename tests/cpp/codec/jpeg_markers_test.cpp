// SPDX-License-Identifier: Apache-2.0
// Damaged and unsupported JPEG headers are refused with the right code and a text that says why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "edgefirst/codec.hpp"

#include "support/environment.hpp"
#include "support/jpeg_file.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;
using testing::Content;

const ByteVector& sample() {
  static const ByteVector file =
      testing::reference_encode(testing::make_picture(40, 24, 3, Content::kSmooth), 80, TJSAMP_420);
  return file;
}

void expect_rejected(const ByteVector& file, ErrorCode code, const char* text,
                     const DecodeOptions& options = {}) {
  ImageDecoder decoder;
  Tensor tensor = Tensor::image(64, 64, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  try {
    decoder.decode(file, tensor, options);
    FAIL() << "decoded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr(text));
  }
}

void expect_invalid(const ByteVector& file, const char* text) {
  expect_rejected(file, ErrorCode::kInvalidData, "invalid image data: ");
  expect_rejected(file, ErrorCode::kInvalidData, text);
}

ByteVector with_frame_marker(std::uint8_t marker) {
  ByteVector file = sample();
  file[testing::find_segment(file, 0xC0) + 1] = marker;
  return file;
}

/// The file with one byte of a segment changed; offset counts from the payload.
ByteVector with_byte(std::uint8_t marker, std::size_t offset, std::uint8_t value) {
  ByteVector file = sample();
  file[testing::find_segment(file, marker) + 4 + offset] = value;
  return file;
}

TEST(JpegMarkers, NamesEveryUnsupportedFrame) {
  const std::pair<std::uint8_t, const char*> frames[] = {
      {0xC5, "hierarchical JPEG (SOF5)"},
      {0xC6, "hierarchical JPEG (SOF6)"},
      {0xC7, "hierarchical JPEG (SOF7)"},
      {0xCB, "lossless arithmetic-coded JPEG (SOF11)"},
      {0xCD, "hierarchical arithmetic-coded JPEG (SOF13)"},
      {0xCE, "hierarchical arithmetic-coded JPEG (SOF14)"},
      {0xCF, "hierarchical arithmetic-coded JPEG (SOF15)"}};
  for (const auto& [marker, name] : frames) {
    expect_rejected(with_frame_marker(marker), ErrorCode::kUnsupportedFeature,
                    "unsupported image feature: ");
    expect_rejected(with_frame_marker(marker), ErrorCode::kUnsupportedFeature, name);
  }
}

TEST(JpegMarkers, RefusesMoreThanBaselineWhenStrict) {
  DecodeOptions strict;
  strict.strict = true;
  expect_rejected(with_frame_marker(0xC1), ErrorCode::kUnsupportedFeature,
                  "unsupported image feature: extended sequential JPEG (SOF1)", strict);
  ImageDecoder decoder;
  Tensor tensor = Tensor::image(64, 64, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  EXPECT_NO_THROW(decoder.decode(with_frame_marker(0xC1), tensor));
  EXPECT_NO_THROW(decoder.decode(sample(), tensor, strict));
  const testing::ScopedVariable progressive("TJ_PROGRESSIVE", "1");
  const ByteVector file =
      testing::reference_encode(testing::make_picture(40, 24, 3, Content::kSmooth), 80, TJSAMP_420);
  expect_rejected(file, ErrorCode::kUnsupportedFeature,
                  "unsupported image feature: progressive JPEG (SOF2)", strict);
  DecodeOptions few_scans;
  few_scans.max_scans = 3;
  expect_rejected(file, ErrorCode::kInvalidData, "limit of 3 scans", few_scans);
}

TEST(JpegMarkers, NamesUnsupportedFrameParameters) {
  expect_rejected(with_byte(0xC0, 0, 16), ErrorCode::kUnsupportedFeature, "precision of 16 bits");
  const ByteVector two =
      testing::replace_segment(sample(), 0xC0, {8, 0, 24, 0, 40, 2, 1, 0x11, 0, 2, 0x11, 0});
  expect_rejected(two, ErrorCode::kUnsupportedFeature, "2 components");
  expect_rejected(with_byte(0xC0, 0, 12), ErrorCode::kUnsupportedFeature, "12 bits a sample");
  const ByteVector fractional = testing::replace_segment(
      sample(), 0xC0, {8, 0, 24, 0, 40, 3, 1, 0x31, 0, 2, 0x21, 0, 3, 0x11, 0});
  expect_rejected(fractional, ErrorCode::kUnsupportedFeature, "chroma subsampling 2x1");
}

TEST(JpegMarkers, RejectsDamagedFrames) {
  expect_invalid(with_byte(0xC0, 5, 0), "0 components");
  expect_invalid(with_byte(0xC0, 5, 5), "5 components");
  expect_invalid(with_byte(0xC0, 7, 0x01), "sampling factors 0x1");
  expect_invalid(with_byte(0xC0, 7, 0x52), "sampling factors 5x2");
  expect_invalid(with_byte(0xC0, 8, 4), "quantization table 4");
  expect_invalid(with_byte(0xC0, 7, 0x44), "18 blocks");
  expect_invalid(with_byte(0xC0, 2, 0), "height 0 without DNL segment");
  expect_invalid(testing::replace_segment(sample(), 0xC0, {8, 0, 24, 0, 0, 1, 1, 0x11, 0}),
                 "0 pixels wide");
  expect_invalid(testing::replace_segment(sample(), 0xC0, {8, 0, 24, 0, 40, 3, 1, 0x11, 0}),
                 "SOF segment ends too early");
}

TEST(JpegMarkers, RejectsAScanOfComponentsThatTheFrameLacks) {
  expect_invalid(with_byte(0xC0, 9, 1), "scan component 2 is none of the frame");
}

TEST(JpegMarkers, RejectsASecondFrame) {
  const ByteVector& file = sample();
  const std::size_t at = testing::find_segment(file, 0xC0);
  const std::size_t end = testing::find_segment(file, 0xC4);
  const ByteVector frame(file.begin() + static_cast<std::ptrdiff_t>(at),
                         file.begin() + static_cast<std::ptrdiff_t>(end));
  expect_invalid(testing::with_segment(file, frame), "second SOF");
}

TEST(JpegMarkers, RejectsDamagedHuffmanTables) {
  expect_invalid(with_byte(0xC4, 0, 0x20), "class 2");
  expect_invalid(with_byte(0xC4, 0, 0x04), "table 4");
  expect_invalid(with_byte(0xC4, 1, 3), "DHT segment ends too early");
  ByteVector many(17, 16);
  many[0] = many[1] = many[2] = many[3] = many[4] = 0;
  many[16] = 255;
  expect_invalid(testing::with_segment(sample(), testing::segment(0xC4, many)), "symbols");
  expect_invalid(testing::with_segment(sample(), testing::segment(0xC4, {0, 1, 1})),
                 "DHT segment ends too early");
}

TEST(JpegMarkers, RejectsDamagedQuantizationTables) {
  expect_invalid(with_byte(0xDB, 0, 0x04), "table 4");
  expect_invalid(with_byte(0xDB, 0, 0x20), "precision 2");
  expect_invalid(testing::with_segment(sample(), testing::segment(0xDB, {0, 1, 2})),
                 "DQT segment ends too early");
}

TEST(JpegMarkers, RejectsDamagedScanHeaders) {
  expect_invalid(with_byte(0xDA, 0, 0), "scan of 0 components");
  expect_invalid(with_byte(0xDA, 0, 9), "scan of 9 components");
  expect_invalid(with_byte(0xDA, 1, 77), "scan component 77");
  expect_invalid(with_byte(0xDA, 2, 0x40), "Huffman tables 4 and 0");
  expect_invalid(with_byte(0xDA, 2, 0x05), "Huffman tables 0 and 5");
  expect_invalid(with_byte(0xDA, 2, 0x33), "no DHT defines");
  expect_invalid(with_frame_marker(0xC2), "progressive scan");
}

TEST(JpegMarkers, RejectsDamagedSegmentLengths) {
  ByteVector file = sample();
  const std::size_t at = testing::find_segment(file, 0xDB);
  file[at + 2] = file[at + 3] = 0;
  expect_invalid(file, "segment length 0");
  file[at + 3] = 1;
  expect_invalid(file, "segment length 1");
  file[at + 2] = file[at + 3] = 0xFF;
  expect_invalid(file, "segment length 65535");
  expect_invalid(testing::with_segment(sample(), testing::segment(0xDD, {1})),
                 "DRI segment ends too early");
}

TEST(JpegMarkers, RejectsEveryFileThatEndsInItsHeader) {
  const ByteVector& file = sample();
  const std::size_t scan = testing::find_segment(file, 0xDA);
  const std::size_t end =
      scan + 2 + (static_cast<std::size_t>(file[scan + 2]) << 8) + file[scan + 3];
  ImageDecoder decoder;
  Tensor tensor = Tensor::image(64, 64, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  for (std::size_t size = 0; size < end; ++size) {
    const ByteVector cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(decoder.decode(cut, tensor), Error) << size;
  }
}

TEST(JpegMarkers, SkipsFillBytesAndUnknownSegments) {
  ByteVector extra = {0xFF, 0xFF, 0xFF};
  const ByteVector comment = testing::segment(0xFE, {'h', 'i'});
  extra.insert(extra.end(), comment.begin() + 1, comment.end());
  const ByteVector file = testing::with_segment(sample(), extra);
  const Tensor plain = load_image(sample());
  const Tensor padded = load_image(file);
  const TensorMap a = plain.map(CpuAccess::kRead);
  const TensorMap b = padded.map(CpuAccess::kRead);
  ASSERT_EQ(a.size_bytes(), b.size_bytes());
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size_bytes()), 0);
}

TEST(JpegMarkers, RecognisesFilesByTheirFirstBytes) {
  expect_invalid({}, "no bytes");
  expect_invalid({0xFF, 0xD8}, "neither JPEG");
  expect_invalid({'G', 'I', 'F', '8'}, "this is GIF");
  expect_invalid({0xFF, 0xD8, 0xFF, 0xD9}, "no SOF segment");
}

}  // namespace
}  // namespace edgefirst
